//! Tests of what is counted.

use std::time::Duration;

use super::Metrics;

#[test]
fn a_value_is_counted_under_the_first_bound_that_holds_it() {
    let metrics = Metrics::new();
    for value in [1, 2, 3, 512, 513] {
        metrics.batch_records.record(value);
    }
    let report = metrics.batch_records.report();
    assert_eq!(report.bounds[..3], [1, 2, 4]);
    assert_eq!(report.counts, [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
    assert_eq!((report.sum, report.count()), (1_031, 5));
}

#[test]
fn spans_are_counted_in_microseconds() {
    let metrics = Metrics::new();
    metrics.append_micros.record_micros(Duration::from_millis(3));
    metrics.append_micros.record_micros(Duration::MAX);
    let report = metrics.append_micros.report();
    assert_eq!(report.counts[6], 1);
    assert_eq!(report.counts.last(), Some(&1));
}
