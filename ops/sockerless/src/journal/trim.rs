//! `sockerless journal trim`.

use api_ops::TrimAsked;
use serde_json::Value;

use super::{KeyArguments, TrimArguments, on_record::operator};
use crate::{
    control,
    places::Places,
    serve::{Beginning, Offline},
    settings,
};

/// Gives up the beginning of the log: has the running server do it, or does it as the owner where there is none.
pub(super) fn trim(arguments: &TrimArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data.clone())?;
    let asked = TrimAsked {
        before: arguments.before.clone(),
        reason: arguments.reason.clone(),
        require_export: arguments.require_export,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let request = serde_json::to_value(&asked)?;
    if let Some(done) = runtime.block_on(control::ask(&data, "/journal/trim", &request))? {
        print(&done);
        return Ok(());
    }
    let places = Places::told(&data, &KeyArguments::default());
    let offline = Offline::open(places, Beginning::default())?;
    let done = runtime.block_on(offline.upkeep().give_up(asked, operator()));
    runtime.block_on(offline.close());
    print(&done?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what was asked for")]
fn print(done: &Value) {
    println!(
        "{} records trimmed; the log begins at record {} and every replay at the snapshot of record {}",
        done["records"], done["first"], done["snapshot"]
    );
    println!("recorded as {}", done["seq"]);
    println!("bytes {} before, {} after", done["bytes_before"], done["bytes_after"]);
}
