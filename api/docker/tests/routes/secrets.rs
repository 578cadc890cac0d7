//! Values of variables: in plain for who asks and for what runs, and nowhere on record.

use http::Method;
use journal_log::Seq;
use serde_json::{Value, json};

use super::harness::Api;

const SECRET: &str = "hunter2-and-more";

fn environment() -> Value {
    json!({"Env": [format!("TOKEN={SECRET}"), "LANG=C"]})
}

/// Tells whether any record holds the secret, whatever its kind.
fn is_on_record(api: &Api) -> bool {
    let reader = api.handle.reader();
    let mut records = reader.read(Seq::FIRST).unwrap().map(|record| record.unwrap());
    records.any(|record| record.body.windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes()))
}

#[tokio::test]
async fn a_value_is_shown_and_run_and_not_on_record() {
    let api = Api::start().await;
    let id = api.create("web", environment()).await;
    assert!(!is_on_record(&api));
    let wanted = json!([format!("TOKEN={SECRET}"), "LANG=C", "PATH=/bin"]);
    for _ in 0..2 {
        let shown = api.get("/containers/web/json").await.json();
        assert_eq!(shown["Config"]["Env"], wanted);
    }
    assert_eq!(api.post("/containers/web/start").await.status, 204);
    let workload = api.fake.workload(id.parse().unwrap()).unwrap();
    assert_eq!(json!(workload.spec.env), wanted);
    // The control: a label is not sealed, and the search finds it.
    api.create("labelled", json!({"Labels": {"l": SECRET}})).await;
    assert!(is_on_record(&api));
}

#[tokio::test]
async fn a_removal_destroys_the_key_before_it_is_answered() {
    let api = Api::start().await;
    api.create("web", environment()).await;
    let world = api.handle.snapshot();
    let key = world.state.keys().next().unwrap();
    assert!(api.keys.has(key));
    assert_eq!(api.delete("/containers/web").await.status, 204);
    assert!(!api.keys.has(key));
    // A look at the state as it was before shows that there was one.
    let before = world.state.find("web").unwrap();
    let shown = api.keys.show_environment(&before.spec.env, before.sealed_environment());
    assert_eq!(shown[..2], ["TOKEN=<destroyed>", "LANG=C"]);
}

#[tokio::test]
async fn a_refused_create_leaves_no_value_and_no_key() {
    let api = Api::start().await;
    api.create("taken", json!({})).await;
    let mut body = environment();
    body["Image"] = json!("busybox");
    let reply = api.post_json("/containers/create?name=taken", &body).await;
    assert_eq!(reply.status, 409, "{}", reply.text());
    body["Image"] = json!("nosuch");
    assert_eq!(api.post_json("/containers/create", &body).await.status, 404);
    assert!(!is_on_record(&api));
    assert_eq!(api.keys.count(), 0);
}

#[tokio::test]
async fn an_exec_shares_the_key_of_its_container() {
    let api = Api::start().await;
    api.create("web", environment()).await;
    api.post("/containers/web/start").await;
    let exec = json!({"Cmd": ["true"], "Env": [format!("OWN={SECRET}")]});
    for _ in 0..2 {
        let reply = api.post_json("/containers/web/exec", &exec).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
    assert_eq!(api.keys.count(), 1);
    // One without sealed values of its own gets a key with the first exec that needs it.
    api.run("plain").await;
    for _ in 0..2 {
        api.post_json("/containers/plain/exec", &exec).await;
    }
    assert_eq!(api.keys.count(), 2);
    let reply = api.post_json("/containers/nosuch/exec", &exec).await;
    assert_eq!(reply.status, 404);
    assert_eq!(api.keys.count(), 2, "a refused exec leaves no key");
    assert!(!is_on_record(&api));
}

#[tokio::test]
async fn a_container_without_secrets_has_no_key() {
    let api = Api::start().await;
    api.create("web", json!({"Env": ["PATH=/bin", "TERM=xterm", "EMPTY=", "NAMED"]})).await;
    assert_eq!(api.keys.count(), 0);
    let shown = api.call(Method::GET, "/containers/web/json", None).await.json();
    assert_eq!(shown["Config"]["Env"], json!(["PATH=/bin", "TERM=xterm", "EMPTY=", "NAMED"]));
}
