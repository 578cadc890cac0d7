//! Figures of lines, and their sums.

use super::*;

fn of(line: &str) -> Figures {
    Figures::of_line(line).unwrap().unwrap()
}

#[test]
fn a_line_with_figures_is_found_in_what_a_test_says() {
    let line = r#"test kills ... {"suite":"kill-loop","seed":7,"tried":300,"lost":0,"records":9,"note":"x"}"#;
    let figures = of(line);
    assert_eq!((figures.suite.as_str(), figures.tried, figures.lost), ("kill-loop", 300, 0));
    assert_eq!(figures.seeds, [7]);
    assert_eq!(figures.counts, [("records".to_owned(), 9)].into());
    assert_eq!(Figures::of_line("test kills ... ok").unwrap(), None);
}

#[test]
fn figures_that_do_not_say_what_was_lost_are_an_error() {
    assert!(Figures::of_line(r#"{"suite":"kill-loop","tried":300}"#).is_err());
    assert!(Figures::of_line(r#"{"suite":"kill-loop","tried":"#).is_err());
}

#[test]
fn figures_add_up_by_suite_and_a_maximum_stays_one() {
    let mut all = Vec::new();
    for line in [
        r#"{"suite":"a","seed":1,"tried":3,"lost":0,"took_ms_max":50,"repaired":2}"#,
        r#"{"suite":"b","seed":1,"tried":1,"lost":0}"#,
        r#"{"suite":"a","seed":2,"tried":4,"lost":1,"took_ms_max":20,"repaired":4}"#,
    ] {
        of(line).add_to(&mut all);
    }
    let [a, b] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((a.tried, a.lost, b.tried), (7, 1, 1));
    assert_eq!(a.seeds, [1, 2]);
    assert_eq!(a.counts, [("took_ms_max".to_owned(), 50), ("repaired".to_owned(), 6)].into());
}

#[test]
fn thousands_stand_apart() {
    assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
}
