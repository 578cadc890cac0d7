//! The state at any point of the log.

use std::sync::Arc;
use std::time::Duration;

use journal_log::{JournalReader, MemorySnapshots, ReadError, Seq};
use projector_engine::{Past, PastError, Point, ReplayError};
use projector_machine::Machine;
use projector_machine::testkit::Counters;

use crate::held_up::HeldUp;
use crate::rig::{NOW, Rig, Running, eventually};
use crate::snapshots::start_on;

/// Writes `count` records, and returns the hash of the state after each by its place.
async fn written(running: &Running, count: u64) -> Vec<(Seq, [u8; 32])> {
    let mut hashes = Vec::new();
    for number in 0..count {
        let seq = running.add(&format!("counter-{}", number % 7), number + 1).await;
        hashes.push((seq, running.state_hash()));
    }
    hashes
}

fn hash_of(world: &projector_engine::World<Counters>) -> [u8; 32] {
    Counters::state_hash(&world.state)
}

#[tokio::test]
async fn every_point_of_a_log_has_the_state_of_then() {
    let rig = Rig::new().with_snapshots_every(25);
    let running = rig.start();
    let hashes = written(&running, 120).await;
    for (seq, hash) in hashes.iter().rev().chain(&hashes) {
        let world = running.handle.world_at(Point::Record(*seq)).await.unwrap();
        assert_eq!((world.seq, hash_of(&world)), (*seq, *hash));
    }
    // The same without a server, and without any snapshot.
    let reader: Arc<dyn JournalReader> = Arc::new(rig.store.clone());
    let past = Past::<Counters>::new(reader, Arc::new(MemorySnapshots::default()), "0.0.0");
    for (seq, hash) in &hashes {
        let world = past.world_at(Point::Record(*seq), rig.store.head()).unwrap();
        assert_eq!((world.seq, hash_of(&world)), (*seq, *hash));
    }
}

#[tokio::test]
async fn j_043_random_points_have_the_state_hash_of_then() {
    const SEED: u64 = 43;
    let rig = Rig::new().with_snapshots_every(100);
    let running = rig.start();
    let hashes = written(&running, 1_500).await;
    let reader: Arc<dyn JournalReader> = Arc::new(rig.store.clone());
    let past = Past::<Counters>::new(reader, Arc::new(rig.snapshots.clone()), "0.0.0");
    let mut random = SEED;
    for _ in 0..1_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (seq, hash) = hashes[(random >> 33) as usize % hashes.len()];
        let world = past.world_at(Point::Record(seq), rig.store.head()).unwrap();
        assert_eq!(hash_of(&world), hash, "seed {SEED}, record {seq}");
    }
}

#[tokio::test]
async fn a_time_stands_for_the_last_record_that_is_not_later() {
    // Snapshots put records into the log that carry no time of their own.
    let rig = Rig::new().with_snapshots_every(3);
    let running = rig.start();
    let mut written = vec![(NOW, Seq::FIRST)];
    for number in 1..=20 {
        rig.clock.advance(Duration::from_secs(10));
        let seq = running.add("a", number).await;
        written.push((NOW.saturating_add(Duration::from_secs(10 * number)), seq));
    }
    for (at, seq) in &written {
        for (later, reason) in [(0, "at its time"), (9_999_999_999, "just before the next")] {
            let at = at.saturating_add(Duration::from_nanos(later));
            let world = running.handle.world_at(Point::Time(at)).await.unwrap();
            let after = written.iter().find(|(_, next)| next > seq).map(|(_, next)| *next);
            let is_between = *seq <= world.seq && after.is_none_or(|after| world.seq < after);
            assert!(is_between, "{reason}: {} for {seq}", world.seq);
            let sum: u64 = (1..).take_while(|n| written[*n as usize - 1].1 < *seq).sum();
            assert_eq!(world.state.value("a"), sum, "{reason}");
        }
    }
    let early = journal_log::Timestamp::from_unix_nanos(NOW.as_unix_nanos() - 1);
    let error = running.handle.world_at(Point::Time(early)).await.unwrap_err();
    assert_eq!(error.to_string(), "the point is before the first record of the log");
}

#[tokio::test]
async fn a_point_that_the_log_does_not_tell_of_is_refused_with_the_reason() {
    let rig = Rig::new();
    let running = rig.start();
    let head = running.add("a", 1).await;
    let at = |number| running.handle.world_at(Point::Record(Seq::new(number)));
    assert!(matches!(at(0).await, Err(PastError::BeforeFirst)));
    let error = at(head.get() + 1).await.unwrap_err();
    assert_eq!(error.to_string(), "record 3 has not been written: the log ends at record 2");
    for number in 2..5 {
        running.add("a", number).await;
    }
    // A hole is no trimmed beginning: it is told as what it is.
    let reader: Arc<dyn JournalReader> = Arc::new(Holed(rig.store.clone(), Seq::new(3)));
    let past = Past::<Counters>::new(reader, Arc::new(rig.snapshots.clone()), "0.0.0");
    let error = past.world_at(Point::Record(Seq::new(4)), Seq::new(5)).unwrap_err();
    let PastError::Replay(ReplayError::Read(ReadError::Missing { seq })) = error else {
        panic!("{error:?}");
    };
    assert_eq!(seq, Seq::new(3));
}

/// A log that has lost a record.
struct Holed(journal_log::MemoryStore, Seq);

impl JournalReader for Holed {
    fn read(
        &self,
        from: Seq,
    ) -> Result<
        Box<dyn Iterator<Item = Result<journal_log::Record, ReadError>> + Send + '_>,
        ReadError,
    > {
        let lost = |record: journal_log::Record| match record.header.seq {
            seq if seq == self.1 => Err(ReadError::Missing { seq }),
            _ => Ok(record),
        };
        Ok(Box::new(self.0.read(from)?.map(move |record| record.and_then(lost))))
    }

    fn head(&self) -> Seq {
        self.0.head()
    }
}

#[tokio::test]
async fn a_point_that_was_asked_for_lately_is_not_folded_again() {
    let rig = Rig::new();
    let running = rig.start();
    written(&running, 30).await;
    let at = |number| running.handle.world_at(Point::Record(Seq::new(number)));
    let first = at(10).await.unwrap();
    assert!(Arc::ptr_eq(&first, &at(10).await.unwrap()));
    for number in 11..28 {
        at(number).await.unwrap();
    }
    assert!(!Arc::ptr_eq(&first, &at(10).await.unwrap()), "only so many are kept");
}

#[tokio::test]
async fn few_folds_run_at_once_and_one_that_nobody_waits_for_still_counts() {
    let rig = Rig::new();
    written(&rig.start(), 30).await;
    let store = HeldUp::new(&rig.snapshots);
    let lists = store.lists.clone();
    let handle = start_on(&rig, store);
    lists.gate.shut();
    let ask = |number| {
        let handle = handle.clone();
        tokio::spawn(async move { handle.world_at(Point::Record(Seq::new(number))).await })
    };
    let given_up: Vec<_> = (2..4).map(ask).collect();
    eventually("two folds run", || lists.most() == 2).await;
    given_up.iter().for_each(tokio::task::JoinHandle::abort);
    let asked: Vec<_> = (4..20).map(ask).collect();
    lists.gate.open();
    for (number, world) in (4..20).zip(asked) {
        assert_eq!(world.await.unwrap().unwrap().seq, Seq::new(number));
    }
    assert_eq!(lists.most(), 2);
}
