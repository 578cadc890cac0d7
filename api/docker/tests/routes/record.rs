//! Every changing call is one record, whatever came of it; a read is none.

use bytes::Bytes;
use http::Method;
use journal_domain::{Command, SystemCommand};
use journal_log::{Outcome, Wire as _};
use serde_json::json;

use super::harness::Api;

#[tokio::test]
async fn a_call_is_on_record_with_who_made_it() {
    let api = Api::start().await;
    let before = api.handle.snapshot().seq;
    let body = json!({"Image": "busybox"});
    let reply = api.post_json("/v1.47/containers/create?name=web", &body).await;
    let records = api.records(before.next());
    let [(seq, record)] = &records[..] else { panic!("{records:?}") };
    assert_eq!(reply.header("x-sockerless-seq"), seq.to_string());
    assert_eq!(reply.header("x-request-id"), record.request.to_string());
    let uid = rustix::process::getuid().as_raw();
    assert_eq!(record.actor.principal, format!("uid:{uid}"));
    assert_eq!(record.actor.source, format!("unix:{}", api.socket.display()));
    assert_eq!(record.actor.agent, "test/1");
    assert_eq!(record.outcome, Outcome::Accepted);
}

#[tokio::test]
async fn a_refusal_is_one_record_too() {
    let api = Api::start().await;
    let before = api.handle.snapshot().seq;
    let reply = api.post("/containers/nosuch/start").await;
    let records = api.records(before.next());
    let [(seq, record)] = &records[..] else { panic!("{records:?}") };
    assert_eq!(reply.header("x-sockerless-seq"), seq.to_string());
    let message = "No such container: nosuch".to_owned();
    assert_eq!(record.outcome, Outcome::Refused { code: 1, message });
}

#[tokio::test]
async fn a_call_that_became_no_command_is_one_record_too() {
    let api = Api::start().await;
    for (path, body, status) in [
        ("/containers/create", "{", 400),
        ("/containers/create", r#"{"Image":"a","HostConfig":{"Privileged":1}}"#, 400),
        ("/containers/create", r#"{"Image":"a","HostConfig":{"Cgroup":"container:x"}}"#, 501),
        ("/containers/web/kill?signal=NOPE", "", 400),
        ("/build?version=2", "", 501),
        ("/v1.47/nothing", "", 404),
        ("/v1.99/containers/create", "", 400),
    ] {
        let before = api.handle.snapshot().seq;
        let sent = Some(("application/json", Bytes::copy_from_slice(body.as_bytes())));
        let reply = api.call(Method::POST, path, sent).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        let records = api.records(before.next());
        let [(seq, record)] = &records[..] else { panic!("{path}: {records:?}") };
        assert_eq!(reply.header("x-sockerless-seq"), seq.to_string());
        let outcome = Outcome::Refused { code: 10, message: reply.message() };
        assert_eq!(record.outcome, outcome, "{path}");
        let command = Command::from_tagged(&record.command).unwrap();
        let Command::System(SystemCommand::Reject(reject)) = command else { panic!("{command:?}") };
        assert_eq!((reject.method.as_str(), reject.status), ("POST", status));
        assert_eq!(reject.path, path.split('?').next().unwrap());
    }
}

#[tokio::test]
async fn a_read_is_no_record_whatever_comes_of_it() {
    let api = Api::start().await;
    let before = api.handle.snapshot().seq;
    for path in [
        "/containers/json",
        "/containers/nosuch/json",
        "/images/json",
        "/nothing",
        "/networks",
        "/v1.99/info",
    ] {
        api.get(path).await;
    }
    assert_eq!(api.records(before.next()), []);
    assert_eq!(api.handle.snapshot().seq, before);
}
