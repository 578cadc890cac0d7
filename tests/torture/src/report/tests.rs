//! A report that grows.

use super::*;

fn entry(red: &[&str], lines: &[&str]) -> Entry {
    let mut entry = Entry::begin(7, Duration::from_secs(60)).unwrap();
    entry.red = red.iter().map(|why| (*why).to_owned()).collect();
    let figures = lines.iter().map(|line| Figures::of_line(line).unwrap().unwrap());
    entry.take("kill-loop", figures.collect());
    entry
}

#[test]
fn a_report_is_read_as_it_was_written_and_grows() {
    let folder = std::env::temp_dir().join(format!("torture-{}", std::process::id()));
    let path = folder.join("a/report.json");
    let mut report = Report::read(&path).unwrap();
    for number in 1..=3 {
        report.add(entry(&[], &[r#"{"suite":"kill-loop","seed":7,"tried":300,"lost":0}"#]));
        report.write(&path).unwrap();
        report = Report::read(&path).unwrap();
        assert_eq!(report.runs.len(), number);
    }
    assert_eq!(report.totals()[0].tried, 900);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_lost_makes_a_run_red_once() {
    let line = r#"{"suite":"kill-loop","seed":7,"tried":300,"lost":2}"#;
    assert_eq!(entry(&[], &[line]).red, ["kill-loop: 2 lost"]);
    assert_eq!(entry(&["kill-loop: exit 1"], &[line]).red, ["kill-loop: exit 1"]);
}
