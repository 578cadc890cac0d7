//! What a client gets for what it says.

use super::*;

fn check(accept: &str, expected: &str) {
    let accept = (!accept.is_empty()).then_some(accept);
    assert_eq!(EventForm::chosen(accept).media_type(), expected, "{accept:?}");
}

#[test]
fn what_is_not_asked_for_is_json_as_ever() {
    check("", "application/json");
    check("*/*", "application/json");
    check("text/html, application/xml;q=0.9", "application/json");
    check("application/json-seq;q=0", "application/json");
}

#[test]
fn the_form_that_is_liked_best_is_given() {
    check("application/json-seq", "application/json-seq");
    check("application/jsonl;q=0.5, application/x-ndjson;q=0.9", "application/x-ndjson");
    check("application/jsonl, application/json-seq", "application/jsonl");
    check("Application/JSONL ; q=1, */*", "application/jsonl");
    check("application/json;q=0.1, application/json-seq;q=nonsense", "application/json");
}
