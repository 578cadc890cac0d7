//! The short ways of a row.

use serde_json::json;

use super::merge;

#[test]
fn fields_are_put_into_the_body_at_every_depth() {
    let mut body = json!({"Image": "a", "HostConfig": {"Memory": 1}});
    merge(&mut body, json!({"HostConfig": {"Init": true}, "Image": "b"}));
    assert_eq!(body, json!({"Image": "b", "HostConfig": {"Memory": 1, "Init": true}}));
}

#[test]
fn nothing_more_changes_nothing() {
    let mut body = json!({"Image": "a"});
    merge(&mut body, json!(null));
    assert_eq!(body, json!({"Image": "a"}));
}
