//! Tests of the clocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use journal_log::Timestamp;

use super::{Clock, ManualClock, SystemClock};

#[test]
fn the_system_clock_goes_on_from_a_log_that_is_ahead() {
    let clock = SystemClock::new();
    let ahead = clock.now().saturating_add(Duration::from_secs(3600));
    clock.resume(ahead);
    let first = clock.now();
    assert!(first >= ahead, "{first} is before {ahead}");
    let mut second = clock.now();
    while second == first {
        second = clock.now();
    }
    assert!(second > first);
    assert!(second < ahead.saturating_add(Duration::from_secs(60)));
}

#[test]
fn the_system_clock_does_not_go_back_for_a_log_that_is_behind() {
    let clock = SystemClock::new();
    let before = clock.now();
    clock.resume(Timestamp::ZERO);
    assert!(clock.now() >= before);
}

#[test]
fn a_manual_clock_moves_only_by_hand_and_wakes_who_asked() {
    let clock = ManualClock::new(Timestamp::from_unix_nanos(5));
    let woken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&woken);
    clock.on_advance(Arc::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    assert_eq!(clock.now(), Timestamp::from_unix_nanos(5));
    clock.advance(Duration::from_nanos(2));
    assert_eq!(clock.now(), Timestamp::from_unix_nanos(7));
    assert_eq!(woken.load(Ordering::Relaxed), 1);
}
