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
fn the_newest_are_kept_and_the_first_of_each_span() {
    let policy =
        SnapshotPolicy { keep_newest: 2, keep_spacing_records: 100, ..SnapshotPolicy::default() };
    assert_eq!(
        kept(&policy, &[30, 60, 90, 130, 160, 240, 310, 320, 330]),
        [30, 130, 240, 310, 320, 330]
    );
    assert_eq!(kept(&policy, &[30, 60]), [30, 60]);
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
