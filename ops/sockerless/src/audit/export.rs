//! `sockerless audit export` and `sockerless audit prove`.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::{Context as _, bail};
use api_ops::{AuditAsk, AuditQuery};
use journal_log::Seq;

use super::{
    arguments::{ExportArguments, PartArguments, ProveArguments},
    ask::{self, Place},
    book, cursor, keep,
};

/// Writes records out.
pub(super) fn export(arguments: &ExportArguments) -> anyhow::Result<()> {
    let place = Place::of(&arguments.place)?;
    let from = match &arguments.cursor {
        Some(path) => cursor::read(path)?.unwrap_or(1),
        None => arguments.from_seq.unwrap_or(1),
    };
    let query = AuditQuery { from: Some(from), proofs: arguments.proofs, ..query(&arguments.part) };
    if arguments.mark_exported && !is_everything(&query) {
        bail!("--mark-exported says that all was exported, so nothing can be left out");
    }
    let mut out = Out::open(arguments.output.as_deref())?;
    // The end is fixed before, so that the next export begins exactly behind it.
    let next = end_of(&place)?.max(from);
    let asked = AuditAsk::Export(AuditQuery { to: Some(next - 1), ..query });
    let written = ask::ask(&place, &asked, |piece| out.writer().write_all(piece));
    match written.and_then(|()| out.finish()) {
        Err(error) if ask::is_closed_pipe(&error) => return Ok(()),
        written => written?,
    }
    if let Some(path) = &arguments.cursor {
        cursor::write(path, next)?;
    }
    if arguments.mark_exported { mark(&place.data, from, next) } else { Ok(()) }
}

/// Prints a proof.
pub(super) fn prove(arguments: &ProveArguments) -> anyhow::Result<()> {
    let place = Place::of(&arguments.place)?;
    let asked = match (arguments.seq, &arguments.older) {
        (Some(seq), _) => AuditAsk::Proof(Seq::new(seq)),
        (None, Some(path)) => AuditAsk::Growth(size_of(path)?),
        (None, None) => bail!("say which record, or --older CHECKPOINT"),
    };
    ask::print(&place, &asked)
}

/// Gives the question for a part of the log, from its beginning.
pub(super) fn query(part: &PartArguments) -> AuditQuery {
    AuditQuery {
        format: part.format,
        from: None,
        to: None,
        since: part.since.clone(),
        until: part.until.clone(),
        actor: part.actor.clone(),
        container: part.container.clone(),
        proofs: false,
    }
}

fn is_everything(query: &AuditQuery) -> bool {
    let parts = [&query.since, &query.until, &query.actor, &query.container];
    parts.iter().all(|part| part.is_none())
}

/// Asks where the log ends now; gives the number after.
fn end_of(place: &Place) -> anyhow::Result<u64> {
    let mut note = Vec::new();
    ask::ask(place, &AuditAsk::Checkpoint, |piece| note.write_all(piece))?;
    Ok(size_in(&String::from_utf8_lossy(&note)).context("the log's checkpoint has no size")? + 1)
}

fn size_of(path: &Path) -> anyhow::Result<u64> {
    let shown = path.display();
    let note = fs::read_to_string(path).with_context(|| format!("reading {shown}"))?;
    size_in(&note).with_context(|| format!("{shown} is not a checkpoint"))
}

/// The second line of a checkpoint is the number of records.
pub(super) fn size_in(note: &str) -> Option<u64> {
    note.lines().nth(1)?.parse().ok()
}

/// Notes that everything before `next` was exported, where the exports so far reach to `from`.
fn mark(data: &Path, from: u64, next: u64) -> anyhow::Result<()> {
    let path = data.join(book::FOLDER).join(keep::MARK);
    let marked = keep::exported_through(data)?;
    if from > marked + 1 {
        bail!("records {} to {} were not exported yet: export from there", marked + 1, from - 1);
    }
    fs::create_dir_all(data.join(book::FOLDER)).context("making the folder of the mark")?;
    cursor::write(&path, marked.max(next - 1))
}

/// Where an export goes: standard output, or a file that appears whole.
enum Out {
    Standard(BufWriter<io::Stdout>),
    File { writer: BufWriter<File>, fresh: std::path::PathBuf, path: std::path::PathBuf },
}

impl Out {
    fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::Standard(BufWriter::new(io::stdout()))) };
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".part");
        let file = File::create(&fresh).with_context(|| format!("writing {}", path.display()))?;
        Ok(Self::File { writer: BufWriter::new(file), fresh: fresh.into(), path: path.to_owned() })
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Standard(writer) => writer,
            Self::File { writer, .. } => writer,
        }
    }

    /// An export that broke off keeps its name with `.part`, so that nobody takes it for whole.
    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Standard(mut writer) => Ok(writer.flush()?),
            Self::File { writer, fresh, path } => {
                let file = writer.into_inner().map_err(|error| error.into_error())?;
                file.sync_all()?;
                Ok(fs::rename(fresh, path)?)
            }
        }
    }
}
