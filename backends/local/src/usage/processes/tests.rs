//! What a process tells of itself.

use super::*;

#[test]
fn this_process_has_threads_and_memory() {
    let own = BTreeSet::from([std::process::id()]);
    assert!(pids(&own).current >= 1);
    let used = memory(&own, 7);
    assert!(used.bytes > 100 << 10 && used.limit_bytes == 7, "{used:?}");
    // One that has ended uses nothing.
    assert_eq!(pids(&BTreeSet::from([u32::MAX])).current, 0);
    assert_eq!(memory(&BTreeSet::from([u32::MAX]), 7).bytes, 0);
}

#[test]
fn fields_are_those_at_the_beginning_of_a_line() {
    let text = "7f-ff ---p 0 00:00 0 [rollup]\nRss:  12 kB\nPss:  8 kB\nPss_Dirty:  4 kB\n";
    assert_eq!((field(text, "Pss:"), field(text, "Uss:")), (Some(8), None));
}
