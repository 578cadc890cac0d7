//! How figures are written.

use std::time::Duration;

use expect_test::expect;

use super::{grouped, head, rows, verdicts};
use crate::figure::{Figure, Spread, Unit};
use crate::subject::Kind;

#[test]
fn thousands_stand_apart_and_small_figures_have_two_digits() {
    let written: Vec<String> = [0.128, 99.5, 100.4, 1234.0, 1_234_567.8].map(grouped).to_vec();
    assert_eq!(written, ["0.13", "99.50", "100", "1,234", "1,234,568"]);
}

#[test]
fn a_row_has_what_was_measured_and_the_goals_follow() {
    let mut figure =
        Figure::plain("inspect, 16 clients", Kind::Sockerless, 27_000.0, Unit::PerSecond);
    figure.spread =
        Some(Spread { p50: Duration::from_micros(500), p99: Duration::from_micros(1500) });
    figure.cpu = Some(Duration::from_micros(41));
    let constant = Figure::plain("inspect, 16 clients", Kind::Constant, 30_000.0, Unit::PerSecond);
    let figures = [figure, constant];
    expect![[r#"
        what                                   subject           figure          p50 ms    p99 ms    cpu µs
        inspect, 16 clients                    sockerless        27,000 /s         0.50      1.50        41
        inspect, 16 clients                    constant          30,000 /s

        met     inspect, 16 clients: 0.90 × constant, wanted 0.8 ×"#]]
    .assert_eq(&format!("{}\n{}\n{}", head(), rows(&figures), verdicts(&figures)));
}
