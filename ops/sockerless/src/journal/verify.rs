//! `sockerless journal verify`.

use std::{error::Error, ops::ControlFlow, sync::Arc};

use anyhow::bail;
use journal_log::{JournalReader, Seq, SnapshotError, SnapshotManifest, SnapshotStore, Tail};
use journal_rocks::{DirSnapshots, ReadOnly};
use projector_containers::Containers;
use projector_engine::{Progress, ReplayOptions, Replayed, StateHashes, replay};
use projector_machine::Machine as _;

use super::{VerifyArguments, folded};
use crate::{
    exit::{self, Coded},
    serve, settings,
    version::VERSION,
};

/// Checks every record and every link, folds them all, and compares the state with every hash in the log.
#[expect(clippy::print_stdout, reason = "it is what was asked for")]
pub(super) fn verify(arguments: &VerifyArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data.clone())?;
    let journal = folded::open(&data)?;
    let (tail, hashes) = check(&journal)?;
    let reader = journal.reader();
    let snapshots = DirSnapshots::look(&data.join(serve::SNAPSHOTS));
    let mut points: Vec<Option<Seq>> =
        snapshots.manifests()?.iter().rev().map(|manifest| Some(manifest.seq)).collect();
    points.retain(|point| point.is_some_and(|seq| seq <= tail.seq));
    // A log that was trimmed begins with its oldest snapshot, any other with nothing.
    if reader.first() == Seq::FIRST {
        points.insert(0, None);
    }
    let Some((begin, others)) = points.split_first() else {
        bail!(
            "the log begins at record {}, and there is no snapshot to begin with",
            reader.first()
        );
    };
    let whole = fold(&*reader, &snapshots, *begin, hashes.clone())?;
    let state = Containers::state_hash(&whole.world.state);
    for point in others.iter().filter(|_| arguments.from_snapshots) {
        let found = Containers::state_hash(
            &fold(&*reader, &snapshots, *point, hashes.clone())?.world.state,
        );
        if found != state {
            let seq = point.unwrap_or_default();
            let (found, state) = (hex::encode(found), hex::encode(state));
            let message =
                format!("from the snapshot of record {seq} the state is {found}, not {state}");
            return Err(Coded { code: exit::DAMAGED, message }.into());
        }
    }
    if arguments.from_snapshots {
        println!("the same state from each of {} beginnings", points.len());
    }
    let Replayed { world, report, .. } = whole;
    let seconds = report.took.as_secs_f64().max(1e-9);
    println!(
        "{} records, {} bytes, verified in {seconds:.3} s ({:.0} records/s); {} state hashes checked",
        report.records,
        report.record_bytes,
        report.records as f64 / seconds,
        report.hashes_checked
    );
    for (first, last) in &report.skipped {
        println!(
            "records {first} to {last} were lost and passed over: see `journal ls --from {first}`"
        );
    }
    println!("head {} hash {}", tail.seq, tail.hash);
    println!("state {}", hex::encode(Containers::state_hash(&world.state)));
    Ok(())
}

/// Checks every record and every link, and collects the hashes of the state that the log tells.
fn check(journal: &ReadOnly) -> anyhow::Result<(Tail, StateHashes)> {
    let (mut hashes, mut fault) = (StateHashes::default(), None);
    let tail = journal.verify(|record| match hashes.take::<Containers>(record) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            fault = Some(error);
            ControlFlow::Break(())
        }
    });
    match fault {
        Some(error) => Err(damaged(&error)),
        None => Ok((tail.map_err(|error| damaged(&error))?, hashes)),
    }
}

/// Folds the log from the snapshot of `begin`, or from nothing.
fn fold(
    reader: &dyn JournalReader,
    snapshots: &DirSnapshots,
    begin: Option<Seq>,
    hashes: StateHashes,
) -> anyhow::Result<Replayed<Containers>> {
    let options = ReplayOptions {
        until: None,
        use_snapshots: begin.is_some(),
        verify_state: true,
        hashes: Some(hashes),
        binary: VERSION.into(),
        on_progress: Some(Arc::new(tell)),
    };
    let one = OneSnapshot { snapshots, point: begin.unwrap_or_default() };
    replay::<Containers>(reader, &one, &options).map_err(|error| damaged(&error))
}

/// A store with one of its snapshots, so that nothing else can be begun with.
struct OneSnapshot<'s> {
    snapshots: &'s DirSnapshots,
    point: Seq,
}

impl SnapshotStore for OneSnapshot<'_> {
    fn save(&self, manifest: &SnapshotManifest, _state: &[u8]) -> Result<(), SnapshotError> {
        Err(SnapshotError::Missing { seq: manifest.seq })
    }

    fn manifests(&self) -> Result<Vec<SnapshotManifest>, SnapshotError> {
        let mut manifests = self.snapshots.manifests()?;
        manifests.retain(|manifest| manifest.seq == self.point);
        Ok(manifests)
    }

    fn load(&self, manifest: &SnapshotManifest) -> Result<Vec<u8>, SnapshotError> {
        self.snapshots.load(manifest)
    }

    fn remove(&self, manifest: &SnapshotManifest) -> Result<(), SnapshotError> {
        Err(SnapshotError::Missing { seq: manifest.seq })
    }
}

#[expect(clippy::print_stderr, reason = "progress of a long command")]
pub(super) fn tell(progress: Progress) {
    eprintln!("record {} of {}", progress.seq, progress.head);
}

pub(super) fn damaged(error: &dyn Error) -> anyhow::Error {
    Coded { code: exit::DAMAGED, message: exit::chain(error) }.into()
}
