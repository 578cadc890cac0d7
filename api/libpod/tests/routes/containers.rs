//! The life of a container, as podman's client leads it.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::harness::Api;

#[tokio::test]
async fn a_client_finds_out_who_answers() {
    let api = Api::start().await;
    let ping = api.get("/_ping").await;
    assert_eq!((ping.status, &*ping.text()), (200, "OK"));
    assert_eq!(ping.headers["libpod-api-version"], "5.0.0");
    let version = api.get("/version").await.json();
    assert_eq!(version["Components"][0]["Name"], "Podman Engine");
    assert_eq!(api.get("/info").await.json()["store"]["imageStore"]["number"], 1);
}

#[tokio::test]
async fn a_container_is_created_started_waited_for_and_removed() {
    let api = Api::start().await;
    let id = api.run("web", json!({"labels": {"a": "b"}})).await;
    let shown = api.get("/containers/web/json?size=false").await.json();
    assert_eq!(
        (&shown["Name"], &shown["ImageName"]),
        (&json!("web"), &json!("docker.io/library/busybox"))
    );
    assert_eq!(shown["State"]["Running"], true);
    // Until podman 5 these are a text and a number.
    assert_eq!(
        (&shown["Config"]["Entrypoint"], &shown["Config"]["StopSignal"]),
        (&json!(""), &json!(15))
    );
    assert!(api.fake.exit(id.parse().unwrap(), 3).await);
    assert_eq!(api.post("/containers/web/wait").await.text().trim(), "3");
    let removed = api.delete("/containers/web?v=true").await;
    assert_eq!(removed.json(), json!([{"Id": id, "Err": null}]));
    assert_eq!(api.get("/containers/web/exists").await.status, 404);
}

#[tokio::test]
async fn the_end_of_a_container_that_is_gone_is_remembered() {
    let api = Api::start().await;
    let id = api.run("web", json!({"remove": true})).await;
    assert!(api.fake.exit(id.parse().unwrap(), 7).await);
    let waited = api.post(&format!("/containers/{id}/wait")).await;
    assert_eq!(waited.text().trim(), "7");
}

#[tokio::test]
async fn containers_are_listed_in_podmans_shape() {
    let api = Api::start().await;
    api.run("web", json!({"labels": {"a": "b"}})).await;
    api.create("idle", json!({})).await;
    let running = api.get("/containers/json").await.json();
    assert_eq!(running.as_array().unwrap().len(), 1);
    let line = &running[0];
    assert_eq!((&line["Names"], &line["State"]), (&json!(["web"]), &json!("running")));
    assert_eq!((&line["Command"], &line["Status"]), (&json!(["sleep", "60"]), &json!("")));
    let created =
        api.get("/containers/json?all=true&filters=%7B%22status%22%3A%5B%22configured%22%5D%7D");
    let names: Vec<Value> = created
        .await
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["Names"][0].clone())
        .collect();
    assert_eq!(names, ["idle"]);
}

#[tokio::test]
async fn what_stands_already_is_not_modified() {
    let api = Api::start().await;
    api.run("web", json!({})).await;
    assert_eq!(api.post("/containers/web/start").await.status, 304);
    assert_eq!(api.post("/containers/web/pause").await.status, 204);
    assert_eq!(api.post("/containers/web/unpause").await.status, 204);
    assert_eq!(api.post("/containers/web/rename?name=other").await.status, 204);
    assert_eq!(api.get("/containers/other/exists").await.status, 204);
}

#[tokio::test]
async fn an_exec_becomes_a_stream_though_its_client_does_not_ask() {
    let api = Api::start().await;
    api.run("web", json!({})).await;
    let exec =
        api.post_json("/containers/web/exec", json!({"Cmd": ["ls"], "AttachStdout": true})).await;
    assert_eq!(exec.status, 201, "{}", exec.text());
    let id = exec.json()["Id"].as_str().unwrap().to_owned();
    let mut client = api.connect().await;
    let body = r#"{"Detach":false}"#;
    let head = format!(
        "POST /v4.3.1/libpod/exec/{id}/start HTTP/1.1\r\nHost: d\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 101");
}

#[tokio::test]
async fn an_exec_that_does_not_run_is_removed_at_once() {
    let api = Api::start().await;
    let id = api.run("web", json!({})).await;
    let body = json!({"Cmd": ["true"], "AttachStdout": true});
    let made = api.post_json(&format!("/containers/{id}/exec"), body).await.json();
    let exec = made["Id"].as_str().unwrap().to_owned();
    let removed = api.post_json(&format!("/exec/{exec}/remove"), json!({"Force": false})).await;
    assert_eq!(removed.status, 200);
    assert_eq!(api.get(&format!("/exec/{exec}/json")).await.status, 404);
    let again = api.post_json(&format!("/exec/{exec}/remove"), json!({"Force": false})).await;
    assert_eq!(again.status, 404);
}
