//! Files of `/proc` as kernels write them.

use super::*;

#[test]
fn the_hosts_time_is_the_sum_of_seven_counters() {
    let stat = "cpu  1 2 3 4 5 6 7 100 100 100\ncpu0 1 2 3 4 5 6 7 100 100 100\n";
    assert_eq!(host_nanos(stat), 28 * (SECOND / clock_ticks_per_second()));
}

#[test]
fn interfaces_are_read_but_for_the_loopback() {
    let text = "Inter-|   Receive   |  Transmit\n face |bytes packets ...\n    lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n  \
                eth0: 10 2 3 4 0 0 0 0 50 6 7 8 0 0 0 0\n";
    let found = interfaces(text);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["eth0"]);
    let eth0 = found["eth0"];
    assert_eq!(eth0.received, Traffic { bytes: 10, packets: 2, errors: 3, dropped: 4 });
    assert_eq!(eth0.sent, Traffic { bytes: 50, packets: 6, errors: 7, dropped: 8 });
}

#[test]
fn the_host_has_memory() {
    assert!(host_memory() > 1 << 20);
}
