//! The beginning of the log is given up behind a snapshot, and everything else stays.

use std::collections::BTreeMap;
use std::time::Duration;

use journal_log::{Actor, Body, ReadError, Seq, SnapshotManifest, SnapshotStore};
use projector_engine::{
    FeedError, ReplayError, ReplayOptions, StartError, TrimError, TrimPlan, TrimRequest, replay,
};
use projector_machine::testkit::{CounterState, Counters};
use projector_machine::{Machine, in_form};

use crate::rig::{NOW, Rig, Running};

/// An engine with `count` commands and a snapshot after each ten.
async fn filled(rig: &Rig, count: u64) -> Running {
    let running = rig.start();
    for number in 1..=count {
        rig.clock.advance(Duration::from_secs(1));
        running.add("a", number).await;
        if number.is_multiple_of(10) {
            running.handle.save_snapshot("0.0.0").unwrap();
        }
    }
    running
}

/// Does what an owner of the files does.
async fn trim(rig: &Rig, running: &Running, before: Seq) -> (TrimPlan, Seq) {
    let plan = running.handle.plan_trim(before).unwrap();
    let request = TrimRequest {
        actor: Actor { principal: "uid:7".to_owned(), ..Actor::default() },
        reason: "older than the test allows".to_owned(),
        now: NOW,
    };
    let stamp = running.handle.record_trim(&plan, request).await.unwrap();
    rig.store.trim(plan.begin);
    running.handle.forget_snapshots(&plan).unwrap();
    (plan, stamp.seq)
}

#[tokio::test]
async fn j_015_a_trim_is_a_record_and_what_is_left_comes_to_the_same_state() {
    let rig = Rig::new();
    let running = filled(&rig, 35).await;
    let (plan, seq) = trim(&rig, &running, Seq::new(28)).await;
    // The epoch record is the first, so the snapshot after the twentieth command is of record 21.
    assert_eq!(
        (plan.first, plan.root.seq, plan.begin.seq),
        (Seq::FIRST, Seq::new(21), Seq::new(20))
    );
    let bodies = rig.bodies();
    let Some(Body::Trim(body)) = bodies.last() else { panic!("no record of the trim") };
    assert_eq!(body.begin(), plan.begin);
    assert_eq!((body.snapshot, body.snapshot_state_hash), (plan.root.seq, plan.root.state_hash));
    assert_eq!((body.actor.principal.as_str(), seq), ("uid:7", Seq::new(37)));
    assert_eq!(rig.records()[0].header.seq, plan.root.seq);
    running.add("a", 1).await;
    let hash = running.state_hash();
    running.kill().await;
    for _ in 0..2 {
        let running = rig.start();
        assert_eq!(running.state_hash(), hash);
        running.kill().await;
    }
    // From the snapshot at the beginning alone, with every hash in the log compared.
    let kept = rig.snapshots.manifests().unwrap();
    assert_eq!(kept.last().unwrap().seq, plan.root.seq);
    for manifest in kept.iter().filter(|manifest| manifest.seq > plan.root.seq) {
        rig.snapshots.remove(manifest).unwrap();
    }
    let running = rig.start();
    assert_eq!(running.report.snapshot, Some(plan.root.seq));
    assert_eq!(running.state_hash(), hash);
}

/// Puts every snapshot into the form of an earlier schema, in which the state's last field is not.
fn age(rig: &Rig, schema: u32, states: &BTreeMap<Seq, CounterState>) {
    for manifest in rig.snapshots.manifests().unwrap() {
        let mut state = rig.snapshots.load(&manifest).unwrap();
        if manifest.schema == Counters::SCHEMA {
            assert_eq!(state.pop(), Some(0), "bytes without a meaning, of which none have come in");
        }
        let state_hash = in_form(schema, || Counters::state_hash(&states[&manifest.seq]));
        rig.snapshots.remove(&manifest).unwrap();
        let size_bytes = state.len() as u64;
        let aged = SnapshotManifest { schema, state_hash, size_bytes, ..manifest };
        rig.snapshots.save(&aged, &state).unwrap();
    }
}

#[tokio::test]
async fn j_013_a_trimmed_log_begins_with_its_snapshot_also_in_an_earlier_form() {
    let rig = Rig::new();
    let running = filled(&rig, 25).await;
    let states = [11, 21].map(|seq| {
        let options = ReplayOptions { until: Some(Seq::new(seq)), ..ReplayOptions::default() };
        let replayed = replay::<Counters>(&rig.store, &rig.snapshots, &options).unwrap();
        (Seq::new(seq), replayed.world.state)
    });
    let states = BTreeMap::from(states);
    let (plan, _) = trim(&rig, &running, Seq::new(11)).await;
    let hash = running.state_hash();
    running.kill().await;
    age(&rig, Counters::SCHEMA_OLDEST, &states);
    let running = rig.start();
    assert_eq!(running.report.snapshot, Some(plan.root.seq));
    let passed: Vec<Seq> = running.report.rejected.iter().map(|one| one.seq).collect();
    assert_eq!(passed, [Seq::new(21)], "what is made of records that are there is made anew");
    assert_eq!(running.state_hash(), hash);
    running.kill().await;
    // Its hash is compared in its own form.
    let mut root = rig.snapshots.manifests().unwrap().pop().unwrap();
    let state = rig.snapshots.load(&root).unwrap();
    root.state_hash = plan.root.state_hash;
    rig.snapshots.save(&root, &state).unwrap();
    assert!(trimmed(&rig).contains("another hash"));
    age(&rig, Counters::SCHEMA_OLDEST - 1, &states);
    assert!(trimmed(&rig).contains("its schema is 0"));
}

/// Why a log that does not begin with its first record cannot be opened.
fn trimmed(rig: &Rig) -> String {
    let Err(StartError::Replay(error)) = rig.try_start() else { panic!("nothing to begin with") };
    assert!(matches!(error, ReplayError::Trimmed { .. }), "{error}");
    error.to_string()
}

#[tokio::test]
async fn j_015_nothing_is_given_up_without_a_snapshot_to_begin_with() {
    let rig = Rig::new();
    let running = filled(&rig, 15).await;
    let error = running.handle.plan_trim(Seq::new(9)).unwrap_err();
    assert!(matches!(error, TrimError::NoSnapshot { .. }), "{error}");
    rig.snapshots.damage(Seq::new(11));
    let error = running.handle.plan_trim(Seq::LAST).unwrap_err().to_string();
    assert!(
        error.contains("no usable snapshot") && error.contains("the one of record 11"),
        "{error}"
    );
    running.handle.save_snapshot("0.0.0").unwrap();
    let (plan, _) = trim(&rig, &running, Seq::LAST).await;
    assert_eq!(plan.root.seq, Seq::new(16));
    let error = running.handle.plan_trim(Seq::LAST).unwrap_err();
    assert!(matches!(error, TrimError::Nothing { first, .. } if first == Seq::new(16)), "{error}");
}

#[tokio::test]
async fn j_015_what_was_given_up_is_refused_by_that_name() {
    let rig = Rig::new();
    let running = filled(&rig, 35).await;
    let mut slow = running.handle.feed(Seq::FIRST);
    trim(&rig, &running, Seq::LAST).await;
    let first = Seq::new(31);
    let gone = |error: &ReadError| matches!(error, ReadError::Trimmed { first: found, .. } if *found == first);
    assert!(matches!(running.handle.reader().read(Seq::new(30)), Err(error) if gone(&error)));
    running.kill().await;
    // The ring of a new engine does not reach back, so a feed has to read.
    let running = rig.start();
    let mut early = running.handle.feed(Seq::new(2));
    for feed in [&mut early, &mut slow] {
        match feed.next().await {
            Err(FeedError::Read(error)) => assert!(gone(&error), "{error}"),
            // The old engine's ring has them still.
            Ok(item) => assert_eq!(item.stamp.seq, Seq::new(2)),
            Err(error) => panic!("{error}"),
        }
    }
    let before = running.handle.world_before(NOW.saturating_add(Duration::from_secs(12))).await;
    assert!(matches!(before, Err(ReplayError::Trimmed { .. })), "{before:?}");
    let after = running.handle.world_before(NOW.saturating_add(Duration::from_secs(33))).await;
    assert_eq!(after.unwrap().seq, first);
    let until = |seq| ReplayOptions { until: Some(Seq::new(seq)), ..ReplayOptions::default() };
    let error = replay::<Counters>(&rig.store, &rig.snapshots, &until(12)).unwrap_err();
    assert!(error.to_string().contains("the log begins at record 31"), "{error}");
    let replayed = replay::<Counters>(&rig.store, &rig.snapshots, &until(33)).unwrap();
    assert_eq!(replayed.world.state.value("a"), (1..=32).sum::<u64>());
}

#[tokio::test]
async fn j_015_a_trimmed_log_without_its_snapshot_is_refused() {
    let rig = Rig::new();
    let running = filled(&rig, 15).await;
    trim(&rig, &running, Seq::LAST).await;
    running.kill().await;
    rig.snapshots.damage(Seq::new(11));
    let Err(StartError::Replay(error)) = rig.try_start() else { panic!("nothing to begin with") };
    let told = error.to_string();
    assert!(told.contains("the log begins at record 11") && told.contains("damaged"), "{told}");
    let options = ReplayOptions { use_snapshots: false, ..ReplayOptions::default() };
    let error = replay::<Counters>(&rig.store, &rig.snapshots, &options).unwrap_err();
    assert!(matches!(error, ReplayError::Trimmed { .. }), "{error}");
}

#[tokio::test]
async fn a_group_is_never_cut_by_a_trim() {
    let rig = Rig::new();
    let (running, gate) = rig.start_gated();
    let first = tokio::spawn({
        let handle = running.handle.clone();
        async move { handle.submit(crate::rig::submission(crate::rig::add("a", 1))).await }
    });
    let waited = gate.clone();
    tokio::task::spawn_blocking(move || waited.until_waited_at()).await.unwrap();
    let handle = running.handle.clone();
    let others: Vec<_> = (0..5)
        .map(|_| {
            let handle = handle.clone();
            tokio::spawn(async move {
                handle.submit(crate::rig::submission(crate::rig::add("a", 1))).await
            })
        })
        .collect();
    crate::rig::eventually("all wait", || handle.metrics().queued_commands == 5).await;
    gate.open();
    first.await.unwrap().unwrap();
    for other in others {
        other.await.unwrap().unwrap();
    }
    running.handle.save_snapshot("0.0.0").unwrap();
    let (plan, _) = trim(&rig, &running, Seq::LAST).await;
    // Records 3 to 7 are one group, and the snapshot is of its last.
    assert_eq!((plan.root.seq, plan.begin.seq), (Seq::new(7), Seq::new(2)));
    let hash = Counters::state_hash(&running.handle.snapshot().state);
    running.kill().await;
    assert_eq!(rig.start().state_hash(), hash);
}
