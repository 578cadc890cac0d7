//! Snapshots bound a replay, and are nothing but a cache.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use journal_log::{
    Body, JournalReader, MemoryJournal, Seq, SnapshotManifest, SnapshotRefBodyV1, SnapshotStore,
};
use projector_engine::{
    Engine, Handle, ManualClock, ReplayError, ReplayOptions, StartError, replay,
};
use projector_machine::Machine;
use projector_machine::testkit::Counters;

use crate::held_up::HeldUp;
use crate::rig::{NOW, Rig, Running, add, eventually, submission};

/// Adds until `count` snapshots were made.
async fn snapshots(running: &Running, count: u64) {
    let metrics = || running.handle.metrics();
    while metrics().snapshots_saved < count {
        running.add("a", 1).await;
    }
}

/// Waits until a snapshot is named in the log; returns the first that is.
async fn named(rig: &Rig) -> SnapshotRefBodyV1 {
    let first = || {
        rig.bodies().into_iter().find_map(|body| match body {
            Body::SnapshotRef(body) => Some(body),
            Body::Command(_)
            | Body::Observation(_)
            | Body::Timer(_)
            | Body::Epoch(_)
            | Body::StateHash(_)
            | Body::Seal(_)
            | Body::Trim(_)
            | Body::VersionBarrier(_)
            | Body::Skip(_) => None,
        })
    };
    eventually("a snapshot is named in the log", || first().is_some()).await;
    first().unwrap()
}

#[tokio::test]
async fn a_snapshot_is_named_in_the_log_with_its_hash() {
    let rig = Rig::new().with_snapshots_every(10);
    let running = rig.start();
    snapshots(&running, 1).await;
    let named = named(&rig).await;
    let manifests = rig.snapshots.manifests().unwrap();
    let manifest = manifests.iter().find(|manifest| manifest.seq == named.seq).unwrap();
    assert_eq!((named.seq, named.state_hash), (manifest.seq, manifest.state_hash));
    assert_eq!(named.record_hash, rig.records()[manifest.seq.get() as usize - 1].hash());
    assert_eq!(running.handle.metrics().snapshots_failed, 0);
}

#[tokio::test]
async fn a_start_begins_with_the_newest_snapshot() {
    let rig = Rig::new().with_snapshots_every(10);
    let running = rig.start();
    snapshots(&running, 3).await;
    named(&rig).await;
    let hash = running.state_hash();
    running.kill().await;
    let (newest, head) = (rig.snapshots.manifests().unwrap()[0].seq, rig.store.head());
    let running = rig.start();
    assert_eq!(running.report.snapshot, Some(newest));
    assert_eq!(running.report.records, head.get() - newest.get());
    assert_eq!(running.state_hash(), hash);
}

#[tokio::test]
async fn every_snapshot_and_none_come_to_the_same_state() {
    let rig = Rig::new().with_snapshots_every(10);
    let running = rig.start();
    snapshots(&running, 4).await;
    named(&rig).await;
    let hash = running.state_hash();
    running.kill().await;
    let reader = rig.store.clone();
    for manifest in rig.snapshots.manifests().unwrap() {
        let replayed =
            replay::<Counters>(&reader, &rig.snapshots, &ReplayOptions::default()).unwrap();
        assert_eq!(replayed.report.snapshot, Some(manifest.seq));
        assert_eq!(Counters::state_hash(&replayed.world.state), hash);
        rig.snapshots.remove(&manifest).unwrap();
    }
    let options = ReplayOptions { verify_state: true, ..ReplayOptions::default() };
    let replayed = replay::<Counters>(&reader, &rig.snapshots, &options).unwrap();
    assert_eq!(replayed.report.snapshot, None);
    assert!(replayed.report.hashes_checked >= 3, "{}", replayed.report.hashes_checked);
    assert_eq!(Counters::state_hash(&replayed.world.state), hash);
}

#[tokio::test]
async fn a_bad_snapshot_falls_back_to_the_one_before_and_then_to_none() {
    let rig = Rig::new().with_snapshots_every(10);
    let running = rig.start();
    snapshots(&running, 2).await;
    let hash = running.state_hash();
    running.kill().await;
    let manifests = rig.snapshots.manifests().unwrap();
    rig.snapshots.damage(manifests[0].seq);
    let running = rig.start();
    assert_eq!(running.report.snapshot, Some(manifests[1].seq));
    assert_eq!(running.report.rejected[0].seq, manifests[0].seq);
    assert_eq!(running.state_hash(), hash);
    running.kill().await;
    for manifest in rig.snapshots.manifests().unwrap() {
        rig.snapshots.damage(manifest.seq);
    }
    let running = rig.start();
    assert_eq!(running.report.snapshot, None);
    assert_eq!(running.state_hash(), hash);
}

/// Saves the newest snapshot once more with `change` made to its manifest.
fn forge(rig: &Rig, change: impl FnOnce(&mut SnapshotManifest)) {
    let mut manifest = rig.snapshots.manifests().unwrap().remove(0);
    let state = rig.snapshots.load(&manifest).unwrap();
    change(&mut manifest);
    rig.snapshots.save(&manifest, &state).unwrap();
}

async fn with_one_snapshot() -> Rig {
    let rig = Rig::new().with_snapshots_every(10);
    let running = rig.start();
    snapshots(&running, 1).await;
    running.kill().await;
    // Another one may have been begun meanwhile.
    for older in &rig.snapshots.manifests().unwrap()[1..] {
        rig.snapshots.remove(older).unwrap();
    }
    rig
}

#[tokio::test]
async fn snapshots_of_another_log_schema_or_state_are_passed_over() {
    for (change, reason) in [
        ((|it| it.schema += 1) as fn(&mut SnapshotManifest), "schema"),
        (|it| it.record_hash = journal_log::RecordHash::ZERO, "another log"),
        (|it| it.state_hash = [0; 32], "another hash"),
    ] {
        let rig = with_one_snapshot().await;
        forge(&rig, change);
        let running = rig.start();
        assert_eq!(running.report.snapshot, None, "{reason}");
        let told = &running.report.rejected[0].reason;
        assert!(told.contains(reason), "{told}");
    }
}

#[tokio::test]
async fn a_snapshot_ahead_of_the_log_tells_that_the_log_has_lost_its_end() {
    let rig = with_one_snapshot().await;
    rig.store.tamper(|records| records.truncate(3));
    let error = rig.try_start().err().unwrap();
    assert!(
        matches!(error, StartError::Replay(ReplayError::AheadOfLog { head, .. }) if head == Seq::new(3))
    );
}

#[tokio::test]
async fn old_snapshots_are_given_up() {
    let rig = Rig::new().with_snapshots_every(5);
    let running = rig.start();
    snapshots(&running, 9).await;
    running.kill().await;
    // The three newest, and the first of the fifty thousand records.
    assert_eq!(rig.snapshots.manifests().unwrap().len(), 4);
}

#[tokio::test]
async fn a_snapshot_is_made_once_for_as_many_records_as_the_policy_says() {
    let rig = Rig::new().with_snapshots_every(10);
    let running = rig.start();
    for _ in 0..10 {
        running.add("a", 1).await;
    }
    named(&rig).await;
    for _ in 0..9 {
        running.add("a", 1).await;
    }
    running.kill().await;
    let manifests = rig.snapshots.manifests().unwrap();
    assert_eq!(manifests.len(), 1);
    // The epoch record and ten commands.
    assert_eq!(manifests[0].seq, Seq::new(11));
}

#[tokio::test]
async fn commands_go_on_while_one_snapshot_and_no_second_is_made() {
    let rig = Rig::new().with_snapshots_every(5);
    let store = HeldUp::new(&rig.snapshots);
    let saves = store.saves.clone();
    saves.gate.shut();
    let handle = start_on(&rig, store);
    for _ in 0..50 {
        handle.submit(submission(add("a", 1))).await.unwrap();
    }
    let waited = saves.gate.clone();
    tokio::task::spawn_blocking(move || waited.until_waited_at()).await.unwrap();
    assert_eq!(saves.came(), 1);
    saves.gate.open();
    named(&rig).await;
    handle.submit(submission(add("a", 1))).await.unwrap();
    eventually("the next one is begun", || saves.came() == 2).await;
}

pub(crate) fn start_on(rig: &Rig, store: impl SnapshotStore + 'static) -> Handle<Counters> {
    let started = Engine::start::<Counters, _>(
        MemoryJournal::open(&rig.store),
        Arc::new(store),
        Arc::<ManualClock>::clone(&rig.clock),
        rig.options.clone(),
        |error| panic!("{error}"),
    );
    started.unwrap().0
}

#[tokio::test]
async fn a_snapshot_that_fails_is_counted_and_nothing_else() {
    let rig = Rig::new().with_snapshots_every(5);
    let handle = start_on(&rig, HeldUp::without_room(&rig.snapshots));
    while handle.metrics().snapshots_failed < 2 {
        handle.submit(submission(add("a", 1))).await.unwrap();
    }
    assert!(rig.bodies().iter().all(|body| !matches!(body, Body::SnapshotRef(_))));
}

#[tokio::test]
async fn the_world_before_a_time_is_the_nearest_that_is_older_and_a_feed_from_it_tells_the_rest() {
    // Snapshots that the engine makes come when its thread finds time, and two of them may be of one minute.
    let rig = Rig::new();
    let running = rig.start();
    for number in 1..=3 {
        rig.clock.advance(Duration::from_secs(60));
        running.add("a", number).await;
        running.handle.save_snapshot("0.0.0").unwrap();
    }
    rig.clock.advance(Duration::from_secs(60));
    running.add("late", 1).await;
    let present = running.handle.snapshot();
    let kept = rig.snapshots.manifests().unwrap();
    assert_eq!(kept.len(), 3);
    let mut begun = BTreeSet::new();
    for second in (0..=300).step_by(20) {
        let at = NOW.saturating_add(Duration::from_secs(second));
        let world = running.handle.world_before(at).await.unwrap();
        begun.insert(world.seq);
        assert!(world.seq == Seq::GENESIS || world.at < at, "{second}");
        let mut feed = running.handle.feed(world.seq.next());
        let mut state = world.state;
        while let Some(item) = feed.next_up_to(present.seq).await.unwrap() {
            for event in item.events.iter() {
                Counters::apply(&mut state, event, item.stamp);
            }
        }
        assert_eq!(Counters::state_hash(&state), running.state_hash(), "{second}");
    }
    let mut wanted = BTreeSet::from([Seq::GENESIS, present.seq]);
    wanted.extend(kept.iter().map(|manifest| manifest.seq));
    assert_eq!(begun, wanted);
}
