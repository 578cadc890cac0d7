//! The page of a report.

use expect_test::expect;

use super::*;

#[test]
fn the_page_has_the_totals_and_the_newest_run_first() {
    let line = |tried, lost| {
        let line = format!(
            r#"{{"suite":"kill-loop","seed":7,"tried":{tried},"lost":{lost},"took_ms_max":{tried}}}"#
        );
        Figures::of_line(&line).unwrap().unwrap()
    };
    let run = |date: &str, tried, lost| Entry {
        date: date.to_owned(),
        commit: "0123456789ab".to_owned(),
        seed: 7,
        budget_seconds: 60,
        took_seconds: 75,
        suites: vec![line(tried, lost)],
        red: if lost > 0 { vec!["kill-loop: 1 lost".to_owned()] } else { Vec::new() },
    };
    let report =
        Report { runs: vec![run("1970-01-02 00:00", 1200, 1), run("1970-01-03 00:00", 300, 0)] };
    let text = page(&report);
    let tables: String = text
        .lines()
        .filter(|line| line.starts_with('|'))
        .fold(String::new(), |text, line| text + line + "\n");
    expect![[r#"
        | suite | what was tried | tried | of | lost | in detail |
        |---|---|--:|--:|--:|---|
        | kill-loop | kills of the server under load; every acknowledged change is there once after the restart | 1,500 | 10,000 | 1; 300 since | 1,200 took ms max |
        | began | commit | time | seed | tried | verdict |
        |---|---|--:|--:|---|---|
        | 1970-01-03 00:00 | 0123456789ab | 1:15 | 7 | kill-loop 300 | green |
        | 1970-01-02 00:00 | 0123456789ab | 1:15 | 7 | kill-loop 1,200 | red: kill-loop: 1 lost |
    "#]]
    .assert_eq(&tables);
}
