//! Tests of what is kept, and when a snapshot is due.

use std::time::Duration;

use journal_log::{RecordHash, Seq, SnapshotManifest};

use super::SnapshotPolicy;

fn manifests(seqs: &[u64]) -> Vec<SnapshotManifest> {
    let manifest = |seq: &u64| SnapshotManifest {
        seq: Seq::new(*seq),
        record_hash: RecordHash::ZERO,
        state_hash: [0; 32],
        schema: 1,
        binary: String::new(),
        size_bytes: 0,
    };
    seqs.iter().rev().map(manifest).collect()
}

fn kept(policy: &SnapshotPolicy, seqs: &[u64]) -> Vec<u64> {
    let manifests = manifests(seqs);
    let surplus: Vec<_> = policy.surplus(&manifests).map(|it| it.seq.get()).collect();
    seqs.iter().copied().filter(|seq| !surplus.contains(seq)).collect()
}

#[test]
fn the_newest_are_kept_and_as_many_of_the_others_as_keep_the_gaps_short() {
    let policy =
        SnapshotPolicy { keep_newest: 2, keep_spacing_records: 100, ..SnapshotPolicy::default() };
    assert_eq!(
        kept(&policy, &[30, 60, 90, 130, 160, 240, 310, 320, 330]),
        [30, 130, 160, 240, 320, 330]
    );
    assert_eq!(kept(&policy, &[30, 60]), [30, 60]);
}

#[test]
fn what_is_kept_while_snapshots_come_in_never_lies_further_apart_than_the_spacing() {
    let policy = SnapshotPolicy { keep_spacing_records: 100, ..SnapshotPolicy::default() };
    let mut seqs = Vec::new();
    for number in 1..=300_u64 {
        // Steps from 1 to 61 records, as time and restarts make them.
        let last = seqs.last().copied().unwrap_or(0);
        seqs.push(last + 1 + number * 37 % 61);
        seqs = kept(&policy, &seqs);
    }
    let gaps: Vec<u64> = seqs.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().all(|gap| *gap <= 100), "{gaps:?}");
    let (records, kept) = (seqs[seqs.len() - 1], seqs.len() as u64);
    assert!(kept <= 2 * records / 100 + 3, "{kept} snapshots of {records} records");
}

#[test]
fn at_least_one_is_kept() {
    let policy =
        SnapshotPolicy { keep_newest: 0, keep_spacing_records: 0, ..SnapshotPolicy::default() };
    assert_eq!(kept(&policy, &[7]), [7]);
    assert!(kept(&policy, &[]).is_empty());
}

#[test]
fn a_snapshot_is_due_after_records_bytes_or_time() {
    let policy = SnapshotPolicy::default();
    let (some, long) = (Duration::from_secs(5), Duration::from_secs(600));
    assert!(!policy.is_due(49_999, (64 << 20) - 1, some));
    assert!(policy.is_due(50_000, 0, some));
    assert!(policy.is_due(1, 64 << 20, some));
    assert!(policy.is_due(1, 0, long));
    assert!(!policy.is_due(0, 0, long), "nothing new is no snapshot");
}
