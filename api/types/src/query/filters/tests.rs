//! Filters in both forms, their errors, and their ways to match.

use std::collections::BTreeMap;

use super::Filters;

fn parse(json: &str) -> Filters {
    Filters::parse(json).unwrap()
}

#[test]
fn both_forms_of_the_object_mean_the_same() {
    let list = parse(r#"{"status":["running","paused"],"label":["a=b"]}"#);
    let set = parse(r#"{"status":{"paused":true,"running":true},"label":{"a=b":true,"c":false}}"#);
    assert_eq!(list, set);
    assert_eq!(list.get("status").collect::<Vec<_>>(), ["paused", "running"]);
    assert!(parse("").is_empty());
    assert!(parse("{}").is_empty());
    assert!(parse(r#"{"status":null}"#).contains("status"));
}

#[test]
fn other_shapes_are_refused() {
    for json in [
        "x",
        "[]",
        "null",
        "1",
        r#"{"a":1}"#,
        r#"{"a":"b"}"#,
        r#"{"a":[1]}"#,
        r#"{"a":{"b":1}}"#,
        "{",
    ] {
        let error = Filters::parse(json).unwrap_err().to_string();
        assert_eq!(error, "invalid filter", "{json}");
    }
}

#[test]
fn unknown_keys_and_values_are_refused_with_the_words_of_docker() {
    let filters = parse(r#"{"dangling":["maybe","x"],"status":["running"]}"#);
    assert_eq!(filters.validate(&["dangling", "status"]), Ok(()));
    let error = filters.validate(&["dangling"]).unwrap_err().to_string();
    assert_eq!(error, "invalid filter 'status'");
    let error = filters.bool_or("dangling", false).unwrap_err().to_string();
    assert_eq!(error, "invalid filter 'dangling=[maybe x]'");
    let empty = parse(r#"{"dangling":[]}"#);
    let error = empty.bool_or("dangling", false).unwrap_err().to_string();
    assert_eq!(error, "invalid filter 'dangling'");
}

#[test]
fn booleans_must_be_clear() {
    assert_eq!(parse(r#"{"d":["1"]}"#).bool_or("d", false), Ok(true));
    assert_eq!(parse(r#"{"d":["false","0"]}"#).bool_or("d", true), Ok(false));
    assert_eq!(parse("").bool_or("d", true), Ok(true));
    assert!(parse(r#"{"d":["1","0"]}"#).bool_or("d", true).is_err());
}

#[test]
fn values_of_a_key_are_alternatives_and_labels_are_not() {
    let filters = parse(r#"{"id":["ab","cd"],"label":["a=b","c"]}"#);
    assert!(filters.exact_match("id", "ab"));
    assert!(!filters.exact_match("id", "abc"));
    assert!(filters.exact_match("name", "anything"));
    assert!(filters.prefix_match("id", "cdef"));
    assert!(!filters.prefix_match("id", "def"));
    let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    assert!(filters.label_match("label", &labels(&[("a", "b"), ("c", "d")])));
    assert!(!filters.label_match("label", &labels(&[("a", "b")])));
    assert!(!filters.label_match("label", &labels(&[("a", "x"), ("c", "d")])));
    assert!(filters.label_match("other", &labels(&[])));
}

#[test]
fn names_match_as_patterns_or_exactly() {
    let filters = parse(r#"{"name":["^web[0-9]$","a(b"]}"#);
    let names = filters.patterns("name");
    assert!(names.is_match("web1"));
    assert!(!names.is_match("web10"));
    assert!(names.is_match("a(b"));
    assert!(parse("").patterns("name").is_match("x"));
    assert!(!parse(r#"{"name":["x"]}"#).patterns("name").is_match("y"));
}

#[test]
fn a_huge_pattern_is_not_compiled() {
    let filters = parse(r#"{"name":["(a{1000}){1000}"]}"#);
    assert!(!filters.patterns("name").is_match("a"));
}
