//! `sockerless journal fork`.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, anyhow};
use journal_domain::{ContainerCommand, ObserveLost};
use journal_log::{Actor, JournalReader as _, RequestId, Seq};
use journal_rocks::{DirSnapshots, ReadOnly, fork as fork_records};
use projector_containers::{Command, Containers, State};
use projector_engine::{Past, Point, Submission};
use projector_machine::Machine as _;

use super::draft::{self, Draft};
use crate::{
    cli::ForkArguments,
    serve::{self, Beginning, Offline},
    settings,
    version::VERSION,
};

/// What of the images is linked into a fork.
const IMAGES: [&str; 2] = ["blobs", "layers"];

/// Rounds in which what runs is put on record as lost; a restart that was under way makes one more run.
const ROUNDS_MAX: usize = 4;

/// Makes a data directory whose state is the one at a point, and which is another cluster.
#[expect(clippy::print_stdout, reason = "it is what was asked for")]
pub(super) fn fork(arguments: &ForkArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data.clone())?;
    let journal = ReadOnly::open(&data.join(serve::JOURNAL)).context("opening the log")?;
    let reader = journal.reader();
    let snapshots = DirSnapshots::look(&data.join(serve::SNAPSHOTS));
    let past = Past::<Containers>::new(reader.clone(), Arc::new(snapshots.clone()), VERSION);
    let world = past.world_at(point(&arguments.at)?, reader.head())?;
    let state = hex::encode(Containers::state_hash(&world.state));
    let draft = Draft::begin(&arguments.to)?;
    let made = fill(&data, draft.path(), world.seq, !arguments.without_images, || {
        fork_records(&*reader, world.seq, &draft.path().join(serve::JOURNAL), tell)
            .map_err(anyhow::Error::new)
    });
    let (cluster, lost) = match made {
        Ok(made) => made,
        Err(error) => {
            draft.abandon();
            return Err(error);
        }
    };
    draft.finish()?;
    println!("record {} at {}", world.seq, world.at);
    println!("state {state}");
    println!("cluster {}", hex::encode(cluster));
    println!("{lost} containers that ran then are on record as lost: a fork runs nothing");
    Ok(())
}

fn fill(
    data: &Path,
    to: &Path,
    seq: Seq,
    with_images: bool,
    records: impl FnOnce() -> anyhow::Result<journal_rocks::Fork>,
) -> anyhow::Result<([u8; 16], usize)> {
    let forked = records()?;
    let snapshots = DirSnapshots::look(&data.join(serve::SNAPSHOTS));
    snapshots.copy_to(&to.join(serve::SNAPSHOTS), Seq::FIRST..=seq)?;
    for name in IMAGES.iter().filter(|name| with_images && data.join(name).exists()) {
        draft::link(&data.join(name), &to.join(name))?;
    }
    let mut told = vec![format!("forked after record {seq} of the log in {}", data.display())];
    if forked.is_cut {
        told.push(format!("record {seq} stood inside a group, which it ends here"));
    }
    let offline = Offline::open(to, Beginning { has_no_witness: true, told })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let lost = runtime.block_on(async {
        let lost = lose(&offline, seq).await;
        offline.close().await;
        lost
    })?;
    Ok((forked.cluster, lost))
}

/// Puts on record that nothing of what ran at the point runs here; returns how many runs these were.
async fn lose(offline: &Offline, seq: Seq) -> anyhow::Result<usize> {
    let mut lost = 0;
    for _ in 0..ROUNDS_MAX {
        let gone = running(&offline.handle().snapshot().state, seq);
        if gone.is_empty() {
            break;
        }
        lost += gone.len();
        for observed in gone {
            let actor = Actor { principal: "fork".into(), ..Actor::default() };
            let command = Command::from(ContainerCommand::from(observed));
            let submission = Submission { actor, request: RequestId::NONE, cause: None, command };
            let submitted = offline.handle().submit(submission).await;
            submitted.map_err(|error| anyhow!("a lost container was not recorded: {error}"))?;
        }
    }
    Ok(lost)
}

fn running(state: &State, seq: Seq) -> Vec<ObserveLost> {
    let reason = format!("it ran in the log that this one was forked from, after record {seq}");
    let lost = |container: &projector_containers::Container| ObserveLost {
        id: container.id,
        incarnation: container.incarnation,
        reason: reason.clone(),
    };
    state.active().map(|container| lost(container)).collect()
}

/// Reads a point: the number of a record, or an RFC 3339 time.
fn point(text: &str) -> anyhow::Result<Point> {
    match text.parse() {
        Ok(number) => Ok(Point::Record(Seq::new(number))),
        Err(_) => text
            .parse()
            .map(Point::Time)
            .with_context(|| format!("{text:?} is no record and no RFC 3339 time")),
    }
}

#[expect(clippy::print_stderr, reason = "progress of a long command")]
fn tell(seq: Seq) {
    eprintln!("record {seq} copied");
}
