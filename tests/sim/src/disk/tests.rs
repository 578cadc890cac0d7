//! What is left of a group that was cut off.

use journal_log::{Journal as _, MemoryJournal, Record, conformance};

use super::{recover, torn};

fn group() -> Vec<Record> {
    let mut chain = journal_log::Chain::new(MemoryJournal::new().tail());
    let drafts = vec![conformance::epoch_draft(), conformance::epoch_draft()];
    chain.group(journal_log::Timestamp::ZERO, drafts)
}

#[test]
fn a_group_is_there_whole_or_not_at_all_wherever_it_is_cut() {
    let group = group();
    for part in 0..1000 {
        assert_eq!(recover(&torn(&group, part)), [], "cut at {part} thousandths");
    }
    assert_eq!(recover(&torn(&group, 1000)), group);
}
