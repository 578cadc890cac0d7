//! Tests of `error`.

use super::*;

fn of_docker(status: u16, message: &str) -> (String, String) {
    let body = serde_json::json!({ "message": message }).to_string();
    let failure = Failure::of_docker(StatusCode::from_u16(status).unwrap(), body.as_bytes());
    (failure.cause, failure.message)
}

#[test]
fn what_is_not_there_is_told_in_the_words_that_podmans_clients_look_for() {
    let told = |message: &str| of_docker(404, message);
    assert_eq!(
        told("No such container: web"),
        ("no such container".into(), "web: no such container".into())
    );
    assert_eq!(told("No such image: app:1").0, "image not known");
    assert_eq!(told("get data: no such volume").0, "no such volume");
    assert_eq!(
        told("network blue not found"),
        ("network not found".into(), "network blue not found: network not found".into())
    );
}

#[test]
fn other_refusals_keep_their_words() {
    let message = "container web is not running";
    assert_eq!(of_docker(409, message), (message.into(), message.into()));
}
