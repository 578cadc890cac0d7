//! What is refused: in podman's shape, by name, by policy, and on record.

use journal_log::Seq;
use serde_json::json;

use super::harness::Api;

#[tokio::test]
async fn a_field_that_is_not_built_is_refused_by_name_and_on_record() {
    let api = Api::start().await;
    let spec = json!({"image": "busybox", "timezone": "local"});
    let before = api.handle.snapshot().seq;
    let refused = api.post_json("/containers/create", spec).await;
    assert_eq!(refused.status, 501);
    let message = "not built yet: timezone";
    assert_eq!(refused.json(), json!({"cause": message, "message": message, "response": 501}));
    assert_eq!(api.handle.snapshot().seq, Seq::new(before.get() + 1));
}

#[tokio::test]
async fn a_refusal_of_the_docker_api_is_told_in_podmans_shape() {
    let api = Api::start().await;
    let absent = api.post("/containers/nosuch/start").await;
    let told = json!({"cause": "no such container", "message": "nosuch: no such container",
        "response": 404});
    assert_eq!((absent.status, absent.json()), (404, told));
}

#[tokio::test]
async fn a_configuration_is_not_passed_over_by_a_commit() {
    let api = Api::start().await;
    api.create("web", json!({})).await;
    let refused = api.post_json("/commit?container=web", json!({"Cmd": ["true"]})).await;
    assert_eq!((refused.status, &refused.json()["cause"]), (501, &json!("not built yet: config")));
}

#[tokio::test]
async fn a_path_that_is_unknown_is_told_so() {
    let api = Api::start().await;
    assert_eq!(api.get("/nowhere").await.json()["message"], "page not found");
    assert_eq!(api.post("/play/kube").await.json()["message"], "not built yet: libpod/play");
}

#[tokio::test]
async fn the_policy_of_the_docker_api_holds_here_too() {
    let rule = "[[rule]]\nname='looks'\nwho=['*']\nallow=['read.*']\nmounts=[]\nprivileges=[]";
    let api = Api::start_under(rule).await;
    assert_eq!(api.get("/containers/json").await.status, 200);
    let refused = api.post_json("/containers/create", json!({"image": "busybox"})).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
}
