//! `sockerless journal backup`.

use std::{path::Path, time::Duration};

use anyhow::bail;
use api_ops::CopyAsked;
use journal_log::Journal as _;
use journal_rocks::{Options, RocksJournal};

use super::{BackupArguments, draft::Draft, folded::folded, manifest::Manifest};
use crate::{control, folder, places::Places, serve, settings};

/// How often a long copy tells how far it is.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Copies the log with its keys as they are at one moment, checks the copy, and says what it is.
pub(super) fn backup(arguments: &BackupArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data.clone())?;
    let places = Places::told(&data, &arguments.keys);
    let draft = Draft::begin(&arguments.to)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(copy(places, draft.path()))?;
    let manifest = Manifest::make(draft.path(), &folded(draft.path())?)?;
    draft.finish()?;
    manifest.print();
    Ok(())
}

/// Copies, and tells now and then how far it is.
async fn copy(places: Places, to: &Path) -> anyhow::Result<()> {
    let all = folder::bytes(&places.data.join(serve::JOURNAL).join("db"));
    let mut every = tokio::time::interval(TELL_EVERY);
    every.tick().await;
    let copying = copy_by_owner(places, to);
    tokio::pin!(copying);
    loop {
        tokio::select! {
            copied = &mut copying => return copied,
            _ = every.tick() => tell(folder::bytes(to), all),
        }
    }
}

/// Has the running server copy its log, or copies it as its owner where there is none.
async fn copy_by_owner(places: Places, to: &Path) -> anyhow::Result<()> {
    let asked = serde_json::to_value(CopyAsked { to: to.to_owned() })?;
    if control::ask(&places.data, "/journal/copy", &asked).await?.is_some() {
        return Ok(());
    }
    let to = to.to_owned();
    let copied = tokio::task::spawn_blocking(move || {
        let journal = places.data.join(serve::JOURNAL);
        if !journal.exists() {
            bail!("there is no log in {}", places.data.display());
        }
        let (owned, _) = RocksJournal::open(&journal, &Options::default())
            .map_err(|error| serve::open_error(&error, &places.data))?;
        serve::copy(&owned.upkeep(), owned.reader().head(), &places, None, &to)
    });
    copied.await?
}

#[expect(clippy::print_stderr, reason = "progress of a long command")]
fn tell(copied: u64, all: u64) {
    eprintln!("{copied} of about {all} bytes copied");
}
