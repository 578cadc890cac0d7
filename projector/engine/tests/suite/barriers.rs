//! What older releases cannot read stands behind a barrier, which keeps them out wherever they begin to read.

use journal_log::{Body, MemorySnapshots, Seq, SnapshotStore};
use projector_engine::{ReplayError, StartError};
use projector_machine::testkit::{CounterCommand, Counters};

use crate::rig::{Rig, Running};

/// A rig whose program calls itself `binary`.
fn rig(binary: &str) -> Rig {
    let mut rig = Rig::new();
    rig.options.opening.binary = binary.to_owned();
    rig
}

/// The same log under another program.
fn under(rig: &Rig, binary: &str) -> Rig {
    let mut other = rig.clone();
    other.options.opening.binary = binary.to_owned();
    other
}

async fn reset(running: &Running) -> Seq {
    let command = CounterCommand::Reset { name: "a".to_owned() };
    running.submit(command).await.unwrap().stamp.seq
}

fn barriers(rig: &Rig) -> Vec<(u64, String)> {
    let numbered = rig.records();
    let bodies = rig.bodies();
    let both = numbered.iter().zip(bodies);
    both.filter_map(|(record, body)| match body {
        Body::VersionBarrier(body) => Some((record.header.seq.get(), body.min_binary)),
        Body::Command(_)
        | Body::Observation(_)
        | Body::Timer(_)
        | Body::Epoch(_)
        | Body::StateHash(_)
        | Body::SnapshotRef(_)
        | Body::Seal(_)
        | Body::Trim(_)
        | Body::Skip(_) => None,
    })
    .collect()
}

fn refusal(rig: &Rig) -> String {
    let Err(StartError::Replay(error)) = rig.try_start() else { panic!("it should be refused") };
    error.to_string()
}

#[tokio::test]
async fn j_014_a_barrier_stands_before_the_first_record_that_older_releases_cannot_read() {
    let rig = rig("1.2.0");
    let running = rig.start();
    running.add("a", 3).await;
    assert_eq!(barriers(&rig), []);
    let seq = reset(&running).await;
    assert_eq!(barriers(&rig), [(seq.get() - 1, "1.2.0".to_owned())]);
    let state = running.handle.snapshot().state.clone();
    let changed = state.counts().next().unwrap().1.changed;
    assert_eq!(changed.seq, seq, "the event is stamped with its own place, not the barrier's");
    // One is enough for all that follow.
    reset(&running).await;
    assert_eq!(barriers(&rig).len(), 1);
    let hash = running.state_hash();
    running.kill().await;
    let again = rig.start();
    assert_eq!(again.state_hash(), hash);
}

#[tokio::test]
async fn j_014_a_release_that_went_back_is_refused_and_the_newer_one_goes_on() {
    let old = rig("1.1.9");
    let running = old.start();
    running.add("a", 3).await;
    running.kill().await;
    let new = under(&old, "1.2.0");
    let running = new.start();
    let seq = reset(&running).await;
    running.kill().await;
    let before = old.records();
    let told = refusal(&old);
    let barrier = seq.get() - 1;
    assert_eq!(
        told,
        format!("record {barrier} asks for release 1.2.0 or a newer one, this is 1.1.9")
    );
    assert_eq!(old.records(), before, "a refusal writes nothing");
    let running = under(&old, "1.3.0").start();
    assert_eq!(running.value("a"), 0);
}

#[tokio::test]
async fn j_014_a_snapshot_does_not_lead_an_older_release_past_a_barrier() {
    let new = rig("1.2.0").with_snapshots_every(5);
    let running = new.start();
    reset(&running).await;
    running.add("a", 1).await;
    let manifest = running.handle.save_snapshot("1.2.0").unwrap();
    running.kill().await;
    let old = under(&new, "1.1.9");
    assert!(refusal(&old).contains("asks for release 1.2.0"));
    // Where nothing but the snapshot is left of it, the snapshot says who has written it.
    let records = new.records();
    let last = records.iter().rfind(|record| record.header.seq < manifest.seq).unwrap();
    new.store.trim(journal_log::ChainVerifier::after(last).tail());
    let told = refusal(&old);
    assert!(told.contains("release 1.2.0 has written it, this is 1.1.9"), "{told}");
    assert_eq!(new.start().report.snapshot, Some(manifest.seq));
    let mut bare = new.clone();
    bare.snapshots = MemorySnapshots::default();
    assert!(bare.snapshots.manifests().unwrap().is_empty());
    let Err(StartError::Replay(error)) = bare.try_start() else { panic!("nothing to begin with") };
    assert!(
        matches!(error, ReplayError::Trimmed { first, .. } if first == manifest.seq),
        "{error}"
    );
}

#[test]
fn the_release_that_brought_the_newest_event_is_what_the_tests_ask_for() {
    assert_eq!(Counters::LATER.to_string(), "1.2.0");
}
