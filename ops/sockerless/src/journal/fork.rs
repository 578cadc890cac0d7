//! `sockerless journal fork`.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, anyhow};
use journal_domain::{Command, ContainerCommand, ObserveLost};
use journal_keys::copy_keys;
use journal_log::{Actor, JournalReader, RequestId, Seq};
use journal_rocks::{DirSnapshots, Fork, fork as fork_records};
use projector_containers::{Containers, State};
use projector_engine::{Past, Submission};
use projector_machine::Machine as _;

use super::{ForkArguments, KeyArguments, draft::Draft, folded, on_record::now};
use crate::{
    audit, folder,
    places::Places,
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
    let keys = KeyArguments { kek_file: arguments.kek_file.clone(), audit_key: None };
    let places = Places::told(&data, &keys);
    let journal = folded::open(&data)?;
    let reader = journal.reader();
    let snapshots = Arc::new(DirSnapshots::look(&data.join(serve::SNAPSHOTS)));
    let past = Past::<Containers>::new(Arc::clone(&reader), snapshots, VERSION);
    let world = past.world_at(api_ops::parse_point(&arguments.at, now())?, reader.head())?;
    let state = hex::encode(Containers::state_hash(&world.state));
    let draft = Draft::begin(&arguments.to)?;
    let forked = fill(&places, &*reader, world.seq, draft.path())?;
    for name in IMAGES.iter().filter(|_| !arguments.without_images) {
        if data.join(name).exists() {
            folder::link(&data.join(name), &draft.path().join(name))?;
        }
    }
    let mut told =
        vec![format!("forked after record {} of the log in {}", world.seq, data.display())];
    if forked.is_cut {
        told.push(format!("record {} stood inside a group, which it ends here", world.seq));
    }
    let lost = begin(draft.path(), told, world.seq)?;
    let target = Places::told(draft.target(), &KeyArguments::default());
    if draft.path().join(serve::KEYS).exists() {
        folder::copy_secret(&places.kek, &target.kek)
            .context("the key that wraps those of sealed values goes with them")?;
    }
    draft.finish()?;
    println!("record {} at {}", world.seq, world.at);
    println!("state {state}");
    println!("cluster {}", hex::encode(forked.cluster));
    println!("{lost} containers that ran then are on record as lost: a fork runs nothing");
    Ok(())
}

/// Copies the log up to `seq` with what belongs to it. The key that signs it does not: a fork is another log, and what
/// it signs is not the original's word.
fn fill(places: &Places, reader: &dyn JournalReader, seq: Seq, to: &Path) -> anyhow::Result<Fork> {
    let forked = fork_records(reader, seq, &to.join(serve::JOURNAL), tell)?;
    // A snapshot of the last record names its hash, which is another where a group was cut.
    let last = if forked.is_cut { seq.previous() } else { seq };
    let snapshots = DirSnapshots::look(&places.data.join(serve::SNAPSHOTS));
    snapshots.copy_to(&to.join(serve::SNAPSHOTS), Seq::FIRST..=last)?;
    audit::fork(&places.data, reader, to)?;
    copy_keys(&places.data.join(serve::KEYS), &to.join(serve::KEYS))?;
    Ok(forked)
}

/// Opens the fork for the first time, and puts on record that nothing of what ran runs here; returns how many runs these
/// were.
fn begin(to: &Path, told: Vec<String>, seq: Seq) -> anyhow::Result<usize> {
    let places = Places::told(to, &KeyArguments::default());
    let offline = Offline::open(places, Beginning { has_no_witness: true, told })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let lost = lose(&offline, seq).await;
        offline.close().await;
        lost
    })
}

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

#[expect(clippy::print_stderr, reason = "progress of a long command")]
fn tell(seq: Seq) {
    eprintln!("record {seq} copied");
}
