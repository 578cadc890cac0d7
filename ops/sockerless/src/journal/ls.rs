//! `sockerless journal ls`.

use std::{
    io::{self, BufWriter, ErrorKind, Write},
    path::Path,
};

use anyhow::Context as _;
use api_ops::RecordView;
use journal_log::Seq;

use super::folded;
use crate::{cli::ListArguments, control, settings};

/// Lists records: those of a running server through its control socket, else those in the directory.
pub(super) fn ls(arguments: &ListArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data.clone())?;
    let mut out = BufWriter::new(io::stdout().lock());
    let listed = list(&data, arguments, &mut out).and_then(|()| Ok(out.flush()?));
    match listed {
        // Whoever reads us has seen enough.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        listed => listed,
    }
}

fn list(data: &Path, arguments: &ListArguments, out: &mut impl Write) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let to = arguments.to.map(|to| format!("&to={to}")).unwrap_or_default();
    let from = arguments.from.map(|from| format!("&from={from}")).unwrap_or_default();
    let target = format!("/journal/records?{from}{to}");
    let asked = control::lines(data, &target, |line| print_line(line, arguments.json, out));
    if runtime.block_on(asked)? {
        return Ok(());
    }
    let journal = folded::open(data)?;
    let reader = journal.reader();
    for record in reader.read(arguments.from.map_or(reader.first(), Seq::new))? {
        let record = record?;
        if arguments.to.is_some_and(|to| record.header.seq.get() > to) {
            break;
        }
        let view = RecordView::of(&record)
            .with_context(|| format!("record {} cannot be told", record.header.seq))?;
        print(&view, arguments.json, out)?;
    }
    Ok(())
}

fn print(view: &RecordView, json: bool, out: &mut impl Write) -> io::Result<()> {
    if json { writeln!(out, "{}", serde_json::to_string(view)?) } else { writeln!(out, "{view}") }
}

fn print_line(line: &[u8], json: bool, out: &mut impl Write) -> io::Result<()> {
    if json {
        out.write_all(line)?;
        return out.write_all(b"\n");
    }
    let view: RecordView = serde_json::from_slice(line)?;
    writeln!(out, "{view}")
}

pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
