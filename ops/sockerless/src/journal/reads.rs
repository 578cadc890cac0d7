//! `sockerless journal reads`.

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use journal_log::Timestamp;
use journal_reads::{Entry, Found};
use serde_json::{Value, json};

use super::ls::is_closed_pipe;
use crate::{cli::ReadsArguments, serve, settings};

/// Lists entries of the side log. A running server writes them meanwhile, some tenths of a second behind.
pub(super) fn reads(arguments: &ReadsArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data.clone())?;
    let mut out = BufWriter::new(io::stdout().lock());
    let listed =
        list(&data.join(serve::READS), arguments, &mut out).and_then(|()| Ok(out.flush()?));
    match listed {
        // Whoever reads us has seen enough.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        listed => listed,
    }
}

#[expect(clippy::print_stderr, reason = "it is not one of the entries that were asked for")]
fn list(dir: &Path, arguments: &ReadsArguments, out: &mut impl Write) -> anyhow::Result<()> {
    for found in journal_reads::entries(dir)? {
        match found? {
            Found::Entry(entry) => {
                let at = entry.at();
                let wanted = arguments.from.is_none_or(|from| from <= at)
                    && arguments.to.is_none_or(|to| at <= to);
                match (wanted, arguments.json) {
                    (false, _) => {}
                    (true, true) => writeln!(out, "{}", as_json(&entry))?,
                    (true, false) => writeln!(out, "{entry}")?,
                }
            }
            Found::Damaged { path, at_byte } => {
                eprintln!("{} is damaged from byte {at_byte} on", path.display());
            }
        }
    }
    Ok(())
}

fn as_json(entry: &Entry) -> Value {
    let time = |at: Timestamp| at.to_string();
    match entry {
        Entry::Access(access) => json!({
            "time": time(access.at),
            "caller": access.caller,
            "source": access.source,
            "agent": access.agent,
            "method": access.method,
            "route": access.route,
            "path": access.path,
            "query": access.query,
            "status": access.status,
            "as_of": access.as_of.map(|seq| seq.get()),
            "took_micros": access.took_micros,
        }),
        Entry::LeftOut(left_out) => json!({
            "time": time(left_out.to),
            "since": time(left_out.from),
            "left_out": left_out.count,
        }),
    }
}
