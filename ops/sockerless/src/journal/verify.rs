//! `sockerless journal verify`.

use std::{error::Error, ops::ControlFlow, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use journal_log::MemorySnapshots;
use journal_rocks::ReadOnly;
use projector_containers::Containers;
use projector_engine::{Progress, ReplayOptions, Replayed, replay};
use projector_machine::Machine as _;

use crate::{
    exit::{self, Coded},
    serve, settings,
    version::VERSION,
};

/// Checks every record and every link, folds them all, and compares the state with every hash in the log.
#[expect(clippy::print_stdout, reason = "it is what was asked for")]
pub(super) fn verify(data: Option<PathBuf>) -> anyhow::Result<()> {
    let data = settings::data_dir(data)?;
    let journal = ReadOnly::open(&data.join(serve::JOURNAL)).context("opening the log")?;
    let tail = journal.verify(|_| ControlFlow::Continue(())).map_err(|error| damaged(&error))?;
    let options = ReplayOptions {
        until: None,
        use_snapshots: false,
        verify_state: true,
        binary: VERSION.into(),
        on_progress: Some(Arc::new(tell)),
    };
    // The whole log is folded, so no snapshot is wanted.
    let replayed = replay::<Containers>(&*journal.reader(), &MemorySnapshots::default(), &options);
    let Replayed { world, report, .. } = replayed.map_err(|error| damaged(&error))?;
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

#[expect(clippy::print_stderr, reason = "progress of a long command")]
fn tell(progress: Progress) {
    eprintln!("record {} of {}", progress.seq, progress.head);
}

fn damaged(error: &dyn Error) -> anyhow::Error {
    Coded { code: exit::DAMAGED, message: exit::chain(error) }.into()
}
