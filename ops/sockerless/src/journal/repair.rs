//! `sockerless journal repair`.

use std::path::Path;

use anyhow::Context as _;
use journal_log::{Seq, SnapshotManifest, SnapshotStore as _};
use journal_rocks::{DirSnapshots, ReadOnly, Rescue, RescueError};

use super::on_record::{operator, put_on_record};
use crate::{
    cli::RepairArguments,
    exit::{self, Coded},
    serve, settings,
};

/// Brings the log back from everything that still has its records, and puts on record where they came from.
#[expect(clippy::print_stdout, reason = "it is what was asked for")]
pub(super) fn repair(arguments: &RepairArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data.clone())?;
    let folder = data.join(serve::JOURNAL);
    let mut rescue = Rescue::begin(&folder).map_err(|error| refused(&error.into()))?;
    if let Some(backup) = &arguments.from_backup {
        // A data directory is as good as the journal in it.
        let inner = backup.join(serve::JOURNAL);
        let backup = if inner.is_dir() { &inner } else { backup };
        rescue.add_backup(backup).with_context(|| format!("opening {}", backup.display()))?;
    }
    let survey = rescue.survey(Seq::FIRST).context("looking at the log")?;
    let mut told = Vec::new();
    if let Some(bad) = &survey.bad {
        println!("{bad}\n{survey}");
        let report = rescue.repair(tell).map_err(|error| refused(&error))?;
        told.extend(report.taken.iter().map(ToString::to_string));
        told.push(format!("the damaged files are kept in {}", report.quarantine.display()));
        told.push(format!("the log was repaired by {}", operator()));
    } else {
        drop(rescue);
    }
    if let Some(backup) = &arguments.from_backup {
        told.extend(take_snapshots(&data, backup)?);
    }
    let told = put_on_record(&folder, told, &[])?;
    for sentence in &told {
        println!("{sentence}");
    }
    println!("{}", if told.is_empty() { "there is nothing to repair" } else { "the log is whole" });
    Ok(())
}

/// Takes the snapshots of a backup where the log was trimmed and none stands for its beginning any more; says so.
///
/// They are only copied: a start believes one where it belongs to the log.
fn take_snapshots(data: &Path, backup: &Path) -> anyhow::Result<Option<String>> {
    let journal = ReadOnly::open(&data.join(serve::JOURNAL)).context("opening the log")?;
    let (reader, own) = (journal.reader(), DirSnapshots::open(&data.join(serve::SNAPSHOTS))?);
    let is_whole = |manifest: &SnapshotManifest| own.load(manifest).is_ok();
    if reader.first() == Seq::FIRST || own.manifests()?.iter().any(is_whole) {
        return Ok(None);
    }
    let kept = DirSnapshots::look(&backup.join(serve::SNAPSHOTS));
    let count = kept.copy_to(&data.join(serve::SNAPSHOTS), reader.first()..=reader.head())?;
    Ok((count > 0).then(|| format!("{count} snapshots were taken from a backup")))
}

/// Gives the error its exit code.
pub(super) fn refused(error: &RescueError) -> anyhow::Error {
    let code = match error {
        RescueError::Open(journal_rocks::OpenError::Locked { .. }) => exit::OWNED,
        RescueError::Lost { .. } => exit::DAMAGED,
        RescueError::Open(_)
        | RescueError::OtherLoss { .. }
        | RescueError::NotLost { .. }
        | RescueError::StandIn(_) => 1,
    };
    let message = format!("nothing was changed: {}", exit::chain(error));
    Coded { code, message }.into()
}

#[expect(clippy::print_stderr, reason = "progress of a long command")]
pub(super) fn tell(seq: Seq) {
    /// Between two lines: about one a second.
    const EVERY: u64 = 500_000;
    if seq.get().is_multiple_of(EVERY) {
        eprintln!("record {seq}");
    }
}
