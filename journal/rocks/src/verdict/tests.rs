//! The table of `verdict`, row by row.

use journal_log::Seq;

use super::{JournalEnd, Refusal, Verdict, WitnessEnd, judge};

fn journal(group: u64, last: u64) -> JournalEnd {
    JournalEnd { exists: true, last: Seq::new(last), group: Seq::new(group) }
}

fn witness(first: u64, last: u64) -> Option<WitnessEnd> {
    let acknowledged = Seq::new(last.saturating_sub(1));
    Some(WitnessEnd { first: Seq::new(first), last: Seq::new(last), acknowledged })
}

fn check(journal: JournalEnd, witness: Option<WitnessEnd>, expected: Verdict) {
    assert_eq!(judge(journal, witness, false), expected, "{journal:?} {witness:?}");
}

#[test]
fn equal_ends_start() {
    check(journal(9, 10), witness(5, 10), Verdict::Start);
    check(journal(0, 0), witness(0, 0), Verdict::Start);
}

#[test]
fn a_lost_end_is_taken_back_where_the_witness_has_all_of_it() {
    let (first, last) = (Seq::new(8), Seq::new(10));
    check(journal(7, 7), witness(5, 10), Verdict::TakeBack { first, last });
    check(journal(7, 7), witness(8, 10), Verdict::TakeBack { first, last });
    check(journal(0, 0), witness(1, 10), Verdict::TakeBack { first: Seq::FIRST, last });
}

#[test]
fn a_lost_end_is_named_where_the_witness_lacks_a_part() {
    let refusal = Refusal::Lost { first: Seq::new(8), last: Seq::new(9) };
    check(journal(7, 7), witness(9, 10), Verdict::Refuse(refusal));
}

#[test]
fn one_group_beyond_the_witness_is_kept() {
    check(journal(11, 11), witness(5, 10), Verdict::Witness { first: Seq::new(11) });
    check(journal(11, 14), witness(5, 10), Verdict::Witness { first: Seq::new(11) });
    check(journal(1, 3), witness(0, 0), Verdict::Witness { first: Seq::FIRST });
}

#[test]
fn more_than_a_group_beyond_the_witness_is_refused_or_rebuilt() {
    check(journal(12, 14), witness(5, 10), Verdict::Refuse(Refusal::WitnessBehind));
    assert_eq!(judge(journal(12, 14), witness(5, 10), true), Verdict::Rebuild);
}

#[test]
fn a_lost_witness_is_refused_or_rebuilt_unless_there_is_nothing_to_witness() {
    check(journal(9, 10), None, Verdict::Refuse(Refusal::NoWitness));
    assert_eq!(judge(journal(9, 10), None, true), Verdict::Rebuild);
    check(journal(0, 0), None, Verdict::Rebuild);
}

#[test]
fn a_wiped_database_is_refused_whatever_the_witness_has() {
    let wiped = JournalEnd { exists: false, ..journal(0, 0) };
    check(wiped, witness(1, 10), Verdict::Refuse(Refusal::Wiped));
    assert_eq!(judge(wiped, witness(1, 10), true), Verdict::Refuse(Refusal::Wiped));
    check(wiped, witness(0, 0), Verdict::Start);
    check(wiped, None, Verdict::Rebuild);
}
