//! Starts on logs that were written before, also by others.

use std::sync::{Arc, Mutex};

use journal_log::{
    Body, ChainVerifier, CommandBodyV1, Draft, JournalReader, Outcome, ReadError, Record,
    RequestId, Seq, SkipBodyV1, SnapshotRefBodyV1, SnapshotStore, StateHashBodyV1, Tagged,
    VersionBarrierBodyV1, Wire, stand_ins,
};
use projector_engine::{Progress, ReplayError, ReplayOptions, StartError, replay};
use projector_machine::Machine;
use projector_machine::testkit::{CounterEvent, Counters};

use crate::rig::{NOW, Rig, add};

fn draft(body: &Body) -> Draft {
    Draft::new(RequestId::NONE, body).unwrap()
}

fn command(events: Vec<Tagged>) -> Draft {
    draft(&Body::Command(CommandBodyV1 {
        actor: Default::default(),
        request: RequestId::NONE,
        now: NOW,
        cause: None,
        command: add("a", 1).to_tagged().unwrap(),
        outcome: Outcome::Accepted,
        events,
    }))
}

fn error_of(rig: &Rig) -> ReplayError {
    match rig.try_start() {
        Err(StartError::Replay(error)) => error,
        Err(error) => panic!("not a fault of the replay: {error}"),
        Ok(_) => panic!("the start should have been refused"),
    }
}

#[tokio::test]
async fn a_killed_engine_comes_back_with_the_same_state() {
    let rig = Rig::new();
    let mut hash = None;
    for round in 0..5 {
        let running = rig.start();
        if let Some(hash) = hash {
            assert_eq!(running.state_hash(), hash);
        }
        for number in 0..20 {
            let _ = running.submit(add(&format!("counter-{number}"), number * round)).await;
        }
        hash = Some(running.state_hash());
        running.kill().await;
    }
    let epochs: Vec<_> =
        rig.bodies().into_iter().filter(|body| matches!(body, Body::Epoch(_))).collect();
    assert_eq!(epochs.len(), 5);
}

#[tokio::test]
async fn the_epoch_record_tells_about_the_start() {
    let mut rig = Rig::new();
    rig.options.opening.node = "host".to_owned();
    rig.options.opening.binary = "1.2.3".to_owned();
    rig.options.opening.recovery = vec!["a torn group was dropped".to_owned()];
    rig.start().kill().await;
    let Body::Epoch(body) = &rig.bodies()[0] else { panic!("no epoch") };
    assert_eq!((body.node.as_str(), body.binary.as_str()), ("host", "1.2.3"));
    assert_eq!(body.recovery, rig.options.opening.recovery);
}

#[test]
fn an_event_of_a_newer_release_is_refused_by_its_number() {
    let rig = Rig::new();
    rig.append(vec![command(vec![Tagged { kind: 0x7f09, version: 3, bytes: vec![] }])]);
    let error = error_of(&rig);
    assert_eq!(
        error.to_string(),
        "record 2 holds kind 0x7f09 version 3, which only a newer release knows"
    );
    assert_eq!(rig.records().len(), 2, "nothing is appended to such a log");
}

#[test]
fn a_body_of_a_newer_release_is_refused_by_its_number() {
    let rig = Rig::new();
    let mut newer = command(vec![]);
    newer.version = 9;
    rig.append(vec![newer]);
    let unknown = error_of(&rig);
    assert!(matches!(unknown, ReplayError::Unknown { kind: 1, version: 9, .. }), "{unknown}");
}

#[test]
fn a_barrier_names_the_release_that_is_needed() {
    for (needed, is_met) in [("0.0.0", true), ("0.0.1", false), ("1.0.0", false), ("next", false)] {
        let rig = Rig::new();
        let body = VersionBarrierBodyV1 { min_binary: needed.to_owned() };
        rig.append(vec![draft(&Body::VersionBarrier(body))]);
        match rig.try_start() {
            Ok(_) => assert!(is_met, "{needed}"),
            Err(error) => {
                assert!(!is_met, "{needed}");
                let StartError::Replay(error) = error else { panic!("{error}") };
                assert!(error.to_string().contains(needed), "{error}");
            }
        }
    }
}

#[test]
fn a_record_that_makes_the_machine_panic_is_named() {
    let rig = Rig::new();
    rig.append(vec![command(vec![CounterEvent::Broken.to_tagged().unwrap()])]);
    let error = error_of(&rig);
    assert_eq!(
        error.to_string(),
        "record 2 (command) makes this release panic: apply is made to break"
    );
}

#[test]
fn a_state_that_is_not_the_one_of_the_log_is_refused() {
    let added = CounterEvent::Added { name: "a".to_owned(), by: 1 };
    for body in [
        Body::StateHash(StateHashBodyV1 { seq: Seq::new(2), state_hash: [7; 32] }),
        Body::SnapshotRef(SnapshotRefBodyV1 {
            seq: Seq::new(2),
            record_hash: journal_log::RecordHash::ZERO,
            state_hash: [7; 32],
            schema: Counters::SCHEMA,
            size_bytes: 1,
        }),
    ] {
        let rig = Rig::new();
        rig.append(vec![command(vec![added.to_tagged().unwrap()]), command(vec![]), draft(&body)]);
        let error = error_of(&rig);
        assert!(
            matches!(error, ReplayError::StateHash { seq, .. } if seq == Seq::new(2)),
            "{error}"
        );
        let mut unverified = rig.clone();
        unverified.options.verify_state = false;
        assert!(unverified.try_start().is_ok());
    }
}

#[tokio::test]
async fn a_changed_record_breaks_the_chain_after_it() {
    let rig = Rig::new();
    let running = rig.start();
    for _ in 0..5 {
        running.add("a", 1).await;
    }
    running.kill().await;
    rig.store.tamper(|records| records[2].body = records[3].body.clone());
    let ReplayError::Chain(error) = error_of(&rig) else { panic!("the chain is broken") };
    assert_eq!(error.seq, Seq::new(4));
}

#[tokio::test]
async fn a_missing_record_is_named() {
    let rig = Rig::new();
    let running = rig.start();
    for _ in 0..5 {
        running.add("a", 1).await;
    }
    running.kill().await;
    rig.store.tamper(|records| drop(records.remove(3)));
    let ReplayError::Chain(error) = error_of(&rig) else { panic!("the chain is broken") };
    assert_eq!(error.seq, Seq::new(4));
}

#[tokio::test]
async fn a_point_in_the_log_is_a_state() {
    let rig = Rig::new().with_snapshots_every(7);
    let running = rig.start();
    let mut seqs = Vec::new();
    for _ in 0..30 {
        seqs.push(running.add("a", 1).await);
    }
    running.kill().await;
    for (index, seq) in seqs.into_iter().enumerate() {
        let options = ReplayOptions { until: Some(seq), ..ReplayOptions::default() };
        let replayed = replay::<Counters>(&rig.store, &rig.snapshots, &options).unwrap();
        assert_eq!(replayed.world.seq, seq);
        assert_eq!(replayed.world.state.value("a"), index as u64 + 1);
    }
}

/// A reader that gives each record only after what stands for a second has gone by.
struct Sluggish {
    inner: journal_log::MemoryStore,
    read: Mutex<u64>,
}

impl JournalReader for Sluggish {
    fn read(
        &self,
        from: Seq,
    ) -> Result<Box<dyn Iterator<Item = Result<Record, ReadError>> + Send + '_>, ReadError> {
        let records = self.inner.read(from)?;
        Ok(Box::new(records.inspect(|_| {
            let mut read = self.read.lock().unwrap();
            *read += 1;
            if *read == 600 {
                std::thread::sleep(std::time::Duration::from_millis(1_100));
            }
        })))
    }

    fn head(&self) -> Seq {
        self.inner.head()
    }
}

#[tokio::test]
async fn a_replay_that_takes_over_a_second_tells_how_far_it_is() {
    let rig = Rig::new();
    let running = rig.start();
    for _ in 0..1_200 {
        running.add("a", 1).await;
    }
    let hash = running.state_hash();
    running.kill().await;
    let told = Arc::new(Mutex::new(Vec::<Progress>::new()));
    let sink = Arc::clone(&told);
    let options = ReplayOptions {
        verify_state: false,
        on_progress: Some(Arc::new(move |progress| sink.lock().unwrap().push(progress))),
        ..ReplayOptions::default()
    };
    let reader = Sluggish { inner: rig.store.clone(), read: Mutex::new(0) };
    let replayed = replay::<Counters>(&reader, &rig.snapshots, &options).unwrap();
    assert_eq!(Counters::state_hash(&replayed.world.state), hash);
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].seq, told[0].head), (Seq::new(1024), Seq::new(1_201)));
}

#[tokio::test]
async fn lost_records_are_passed_over_where_a_record_says_so_and_only_there() {
    let rig = Rig::new().with_snapshots_every(4);
    let running = rig.start();
    for _ in 0..9 {
        running.add("a", 1).await;
    }
    running.kill().await;
    let records = rig.records();
    let lost = SkipBodyV1 {
        now: NOW,
        operator: "uid:0".to_owned(),
        reason: "a test".to_owned(),
        first: Seq::new(3),
        last: Seq::new(4),
        resumes: Some(records[4].header.previous),
        damage: String::new(),
    };
    let mut before = ChainVerifier::from_genesis();
    for record in &records[..2] {
        before.check(record).unwrap();
    }
    let stands = stand_ins(&before, Some(&records[4].header), &lost).unwrap();
    rig.store.tamper(|records| drop(records.splice(2..4, stands)));
    // What was hashed before the loss is another state; a record of the act has to say so.
    rig.append(vec![draft(&Body::Skip(lost))]);
    for manifest in rig.snapshots.manifests().unwrap() {
        rig.snapshots.remove(&manifest).unwrap();
    }
    let running = rig.start();
    assert_eq!(running.value("a"), 7);
    assert_eq!(running.report.skipped, [(Seq::new(3), Seq::new(4))]);
    running.add("a", 1).await;
    running.kill().await;
    assert_eq!(rig.start().value("a"), 8);
}
