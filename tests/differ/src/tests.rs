//! Scripts, patterns and comparisons.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::Difference;
use crate::allowed::{Allowed, matches};
use crate::compare::compare;
use crate::differ::encoded;
use crate::script::{Body, Ending, parse, substituted};
use tests_conformance::Reply;

fn reply(status: u16, body: &'static str) -> Reply {
    let status = StatusCode::from_u16(status).expect("a status");
    Reply { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) }
}

fn places(reference: Reply, subject: Reply) -> Vec<String> {
    compare("GET /x", &[reference, subject]).into_iter().map(|found| found.place).collect()
}

#[test]
fn a_script_has_calls_bodies_and_names() {
    let text = "# words\nGET /version\n\nPOST /containers/create\n{\"a\":\n1}\n> id = /Id\n\nPOST /images/load\n@images\n";
    let steps = parse(text).expect("a script");
    assert_eq!(steps.len(), 3);
    assert_eq!((steps[0].call.as_str(), &steps[0].body), ("GET /version", &Body::None));
    assert_eq!(steps[1].body, Body::Json("{\"a\":\n1}".into()));
    assert_eq!(steps[1].kept, [("id".to_owned(), "/Id".to_owned())]);
    assert_eq!(steps[2].body, Body::Images);
}

#[test]
fn an_answer_may_be_read_later_or_not_at_all() {
    let text =
        "POST /x/attach\n@upgrade\n@open\n\nGET /events\n@cut\n\nPOST /build\n@file bodies/a\n";
    let steps = parse(text).expect("a script");
    let told: Vec<_> = steps.iter().map(|step| (step.upgrade, step.ending)).collect();
    assert_eq!(told, [(true, Ending::Open), (false, Ending::Cut), (false, Ending::AtOnce)]);
    assert_eq!(steps[2].body, Body::File("bodies/a".into()));
}

#[test]
fn texts_of_a_build_are_put_together() {
    let one = "{\"stream\":\"a\"}\r\n{\"stream\":\"b\\n\"}\r\n{\"aux\":{}}\r\n";
    let other = "{\"stream\":\"ab\\n\"}\r\n{\"aux\":{}}\r\n";
    assert!(places(reply(200, one), reply(200, other)).is_empty());
}

#[test]
fn names_are_replaced_and_a_shells_own_are_kept() {
    let values = BTreeMap::from([("id".to_owned(), "abc".to_owned())]);
    assert_eq!(substituted("/x/$id/json?a=$id", &values), "/x/abc/json?a=abc");
    assert_eq!(substituted("echo $HOME $((1+1))", &values), "echo $HOME $((1+1))");
}

#[test]
fn filters_are_encoded() {
    assert_eq!(
        encoded("/x?filters={\"a\":[\"b c\"]}"),
        "/x?filters=%7B%22a%22:%5B%22b%20c%22%5D%7D"
    );
}

#[test]
fn ids_times_and_sizes_may_differ() {
    let one = r#"{"Id":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","State":{"Pid":7,"StartedAt":"2024-01-01T00:00:00.5Z"},"Size":3}"#;
    let other = r#"{"Id":"f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","State":{"Pid":9,"StartedAt":"2025-01-01T00:00:00Z"},"Size":5}"#;
    assert!(places(reply(200, one), reply(200, other)).is_empty());
}

#[test]
fn a_time_that_never_was_and_a_zero_are_kept() {
    let one = r#"{"StartedAt":"0001-01-01T00:00:00Z","Pid":0}"#;
    let other = r#"{"StartedAt":"2025-01-01T00:00:00Z","Pid":9}"#;
    assert_eq!(places(reply(200, one), reply(200, other)), ["/Pid", "/StartedAt"]);
}

#[test]
fn status_missing_fields_and_values_are_told() {
    let one = r#"{"a":1,"b":[{"c":null}],"d":"x"}"#;
    let other = r#"{"a":2,"b":[{}],"e":true,"d":"x"}"#;
    assert_eq!(places(reply(200, one), reply(404, other)), ["status", "/a", "/b/0/c", "/e"]);
}

#[test]
fn lines_of_json_are_compared_one_by_one() {
    let one = "{\"status\":\"a\"}\r\n{\"status\":\"b\"}\r\n";
    let other = "{\"status\":\"a\"}\r\n{\"status\":\"c\"}\r\n";
    assert_eq!(places(reply(200, one), reply(200, other)), ["/1/status"]);
}

#[test]
fn an_allowed_difference_names_call_and_place_and_says_why() {
    let allowed =
        Allowed::parse("# words\nGET /info | /Plugins/* | none of ours\n").expect("a list");
    let difference = |call: &str, place: &str| Difference {
        call: call.into(),
        place: place.into(),
        reference: String::new(),
        subject: String::new(),
    };
    assert!(allowed.has(&difference("GET /info", "/Plugins/Log")));
    assert!(!allowed.has(&difference("GET /info", "/ID")));
    assert!(!allowed.has(&difference("GET /version", "/Plugins/Log")));
    assert!(Allowed::parse("GET /info | /Plugins\n").is_err());
    assert!(matches("*", "") && matches("a*b*c", "a--b--c") && !matches("a*b", "a--"));
}

#[test]
fn every_committed_script_can_be_read() {
    let folder = Path::new("scripts");
    for entry in std::fs::read_dir(folder).expect("there are scripts") {
        let file = entry.expect("a file").path();
        if file.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a text");
        if file.ends_with("allowed.txt") {
            Allowed::parse(&text).expect("a list");
        } else {
            let steps = parse(&text).expect("a script");
            for step in steps {
                let (method, path) = step.call.split_once(' ').expect("METHOD path");
                let is_method = method.chars().all(|letter| letter.is_ascii_uppercase());
                if let Body::File(name) = &step.body {
                    assert!(folder.join(name).is_file(), "{}: {name}", file.display());
                }
                assert!(is_method && path.starts_with('/'), "{}: {}", file.display(), step.call);
            }
        }
    }
}
