//! The suite of journals.

use std::thread;

use super::{NOW, command_draft, epoch_draft, must};
use crate::{
    AppendError, BODY_BYTES_MAX, BodyCodec, Chain, ChainVerifier, Draft, Epoch, GROUP_RECORDS_MAX,
    Journal, JournalReader, Record, RecordKind, RequestId, Seq, Tail,
};

/// Checks that the journals made by `open` keep the contract of [`Journal`].
///
/// The first call has to find an empty store. Each further call is made on the same store, after the journal
/// of the call before is gone, and stands for a restart.
pub fn check_journal<J: Journal>(open: impl Fn() -> J) {
    let mut kept = Vec::new();
    a_new_journal_is_empty(&open());
    an_opening_begins_with_its_epoch(&mut open(), &mut kept);
    what_was_appended_is_found_by_later_openings(&open, &mut kept);
    what_does_not_continue_the_chain_changes_nothing(&mut begin(open(), &mut kept), &mut kept);
    limits_are_kept(&mut begin(open(), &mut kept), &mut kept);
    readers_see_what_is_durable(&mut begin(open(), &mut kept), &mut kept);
    readers_run_beside_the_writer(&mut begin(open(), &mut kept), &mut kept);
    let journal = open();
    assert_eq!(read(&*journal.reader(), Seq::FIRST), kept, "everything is there at the end");
}

fn a_new_journal_is_empty(journal: &impl Journal) {
    let tail = journal.tail();
    assert_eq!(Tail { epoch: Epoch::ZERO, ..tail }, Tail::GENESIS, "a new journal has no tail");
    assert!(tail.epoch > Epoch::ZERO, "an opening has an epoch");
    assert_eq!(journal.reader().head(), Seq::GENESIS);
    assert!(read(&*journal.reader(), Seq::GENESIS).is_empty(), "a new journal has no records");
}

fn an_opening_begins_with_its_epoch<J: Journal>(journal: &mut J, kept: &mut Vec<Record>) {
    let tail = journal.tail();
    assert!(tail.epoch > Epoch::new(1), "each opening has a higher epoch, also without records");
    let group = Chain::new(tail).group(NOW, vec![command_draft(1, 10)]);
    assert_refused(journal, &group, "the first record of an opening is its epoch record");
    assert_eq!(journal.tail(), tail, "a refused group changes nothing");
    must(journal.append(&[]), "an empty group is accepted");
    assert_eq!(journal.tail(), tail, "an empty group changes nothing");
    append(journal, vec![epoch_draft(), command_draft(1, 10), command_draft(2, 0)], kept);
}

fn what_was_appended_is_found_by_later_openings<J: Journal>(
    open: &impl Fn() -> J,
    kept: &mut Vec<Record>,
) {
    for round in 0..3 {
        let before = open().tail();
        let mut journal = begin(open(), kept);
        assert!(journal.tail().epoch > before.epoch, "each opening has a higher epoch");
        for number in 0..5 {
            append(
                &mut journal,
                (0..=number).map(|n| command_draft(n + round, 100)).collect(),
                kept,
            );
        }
    }
}

fn what_does_not_continue_the_chain_changes_nothing<J: Journal>(
    journal: &mut J,
    kept: &mut Vec<Record>,
) {
    let tail = journal.tail();
    let good = Chain::new(tail).group(NOW, (1..=3).map(|n| command_draft(n, 20)).collect());
    let made_after = |tail| Chain::new(tail).group(NOW, vec![command_draft(1, 20)]);
    let wrong = [
        ("a gap", made_after(Tail { seq: tail.seq.next(), ..tail })),
        ("a repeat", made_after(Tail { seq: tail.seq.previous(), ..tail })),
        ("a link to another record", made_after(Tail { hash: good[0].hash(), ..tail })),
        ("a later epoch", made_after(Tail { epoch: tail.epoch.next(), ..tail })),
        ("a group without its end", good[..2].to_vec()),
        ("a group without its beginning", good[1..].to_vec()),
        ("a group in another order", vec![good[0].clone(), good[2].clone(), good[1].clone()]),
    ];
    for (what, group) in wrong {
        assert_refused(journal, &group, what);
        assert_eq!(journal.tail(), tail, "{what} changes nothing");
        assert_eq!(journal.reader().head(), tail.seq, "{what} changes nothing");
    }
    must(journal.append(&good), "after a refused group the right one is accepted");
    kept.extend(good);
}

fn limits_are_kept<J: Journal>(journal: &mut J, kept: &mut Vec<Record>) {
    let raw = |size_bytes: usize| Draft {
        kind: RecordKind::Command,
        version: 1,
        request: RequestId::NONE,
        body: vec![0xa5; size_bytes].into(),
    };
    append(journal, vec![raw(BODY_BYTES_MAX), raw(0), raw(1)], kept);
    append(journal, (0..GROUP_RECORDS_MAX).map(|_| raw(3)).collect(), kept);
    let tail = journal.tail();
    for drafts in [vec![raw(3); GROUP_RECORDS_MAX + 1], vec![raw(BODY_BYTES_MAX); 4]] {
        let group = Chain::new(tail).group(NOW, drafts);
        let result = journal.append(&group);
        assert!(matches!(result, Err(AppendError::TooLarge { .. })), "limits of groups are kept");
        assert_eq!(journal.tail(), tail, "too large a group changes nothing");
    }
    let found = read(&*journal.reader(), Seq::FIRST);
    assert_eq!(found, *kept, "small and large bodies are kept byte for byte");
    assert!(found.iter().all(|record| record.header.codec == BodyCodec::Bincode2));
}

fn readers_see_what_is_durable<J: Journal>(journal: &mut J, kept: &mut Vec<Record>) {
    let reader = journal.reader();
    let head = journal.tail().seq;
    assert_eq!(reader.head(), head);
    for from in [0, 1, 2, head.get() / 2, head.get() - 1, head.get()] {
        let skipped = usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX);
        assert_eq!(
            read(&*reader, Seq::new(from)),
            kept[skipped..],
            "reading begins where it is asked"
        );
    }
    for from in [head.next(), Seq::new(u64::MAX)] {
        assert!(read(&*reader, from).is_empty(), "there is nothing past the head");
    }
    let begun = must(reader.read(head), "the head can be read");
    append(journal, vec![command_draft(1, 5), command_draft(2, 5)], kept);
    assert_eq!(begun.count(), 1, "a reading ends at the head of its beginning");
    assert_eq!(read(&*reader, head.next()).len(), 2, "a reader sees what was appended since");
    assert_eq!(reader.head(), journal.tail().seq);
}

fn readers_run_beside_the_writer<J: Journal>(journal: &mut J, kept: &mut Vec<Record>) {
    /// Groups written while the readers run.
    const GROUPS: u64 = 50;
    let readers = [journal.reader(), journal.reader()];
    let end = Seq::new(journal.tail().seq.get() + 2 * GROUPS);
    thread::scope(|scope| {
        for reader in &readers {
            scope.spawn(move || {
                while reader.head() < end {
                    let promised = reader.head();
                    let found = read(&**reader, Seq::FIRST);
                    assert!(found.len() as u64 >= promised.get(), "the head can be read at once");
                }
            });
        }
        for number in 0..GROUPS {
            append(journal, vec![command_draft(number, 9), command_draft(number, 900)], kept);
        }
    });
}

/// Appends the epoch record that every opening begins with.
fn begin<J: Journal>(mut journal: J, kept: &mut Vec<Record>) -> J {
    append(&mut journal, vec![epoch_draft()], kept);
    journal
}

fn append<J: Journal>(journal: &mut J, drafts: Vec<Draft>, kept: &mut Vec<Record>) {
    let mut chain = Chain::new(journal.tail());
    let group = chain.group(NOW, drafts);
    must(journal.append(&group), "a group that continues the chain is accepted");
    assert_eq!(journal.tail(), chain.tail(), "the tail is the last record appended");
    kept.extend(group);
}

/// Reads all there is, and checks the chain.
fn read(reader: &dyn JournalReader, from: Seq) -> Vec<Record> {
    let records: Vec<Record> = must(reader.read(from), "a journal can be read")
        .map(|record| must(record, "each record can be read"))
        .collect();
    if let Some((first, rest)) = records.split_first() {
        let mut verifier = ChainVerifier::after(first);
        for record in rest {
            must(verifier.check(record), "records are read in order");
        }
        must(verifier.finish(), "groups are read whole");
    }
    records
}

fn assert_refused(journal: &mut impl Journal, group: &[Record], what: &str) {
    let result = journal.append(group);
    let is_refused = matches!(result, Err(AppendError::Epoch { .. } | AppendError::Chain(_)));
    assert!(is_refused, "{what} is refused as a fault of the chain, not: {result:?}");
}
