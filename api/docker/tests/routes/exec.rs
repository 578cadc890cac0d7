//! Execs: create, inspect, resize.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::harness::Api;

/// What the docker CLI 28.2 sends for `docker exec -d`.
const DOCKER_EXEC: &str = include_str!("bodies/docker_exec.json");

#[tokio::test]
async fn what_the_docker_cli_sends_is_accepted() {
    let api = Api::start().await;
    api.run("web").await;
    let body = Some(("application/json", Bytes::from_static(DOCKER_EXEC.as_bytes())));
    let reply = api.call(Method::POST, "/v1.47/containers/web/exec", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let id = reply.json()["Id"].as_str().unwrap().to_owned();
    let shown = api.get(&format!("/exec/{id}/json")).await.json();
    assert_eq!((&shown["ID"], &shown["Running"]), (&json!(id), &json!(false)));
    assert_eq!((&shown["ExitCode"], &shown["Pid"]), (&json!(null), &json!(0)));
    assert_eq!(
        shown["ProcessConfig"],
        json!({"tty": false, "entrypoint": "echo", "arguments": ["hi"], "privileged": false, "user": "root"})
    );
}

#[tokio::test]
async fn an_exec_needs_a_running_container_and_a_program() {
    let api = Api::start().await;
    api.create("idle", json!({})).await;
    api.run("web").await;
    for (name, body, status, message) in [
        ("nosuch", json!({"Cmd": ["true"]}), 404, "No such container: nosuch"),
        ("web", json!({}), 400, "No exec command specified"),
        (
            "web",
            json!({"Cmd": ["a"], "WorkingDir": "b"}),
            400,
            "the working directory 'b' is invalid, it needs to be an absolute path",
        ),
        (
            "web",
            json!({"Cmd": ["a"], "DetachKeys": "ctrl-?"}),
            400,
            "Invalid detach keys (ctrl-?) provided",
        ),
    ] {
        let reply = api.post_json(&format!("/containers/{name}/exec"), &body).await;
        assert_eq!((reply.status, reply.message().as_str()), (status, message));
    }
    let reply = api.post_json("/containers/idle/exec", &json!({"Cmd": ["true"]})).await;
    assert_eq!(reply.status, 409);
    assert!(reply.message().contains("is not running"), "{}", reply.message());
    assert_eq!(api.get("/exec/nosuch/json").await.message(), "No such exec instance: nosuch");
    assert_eq!(api.post("/exec/nosuch/resize?h=1&w=1").await.status, 404);
}

#[tokio::test]
async fn inspect_of_the_container_lists_execs_that_run() {
    let api = Api::start().await;
    let container = api.run("web").await;
    let body = json!({"Cmd": ["sleep"], "Tty": true, "AttachStdout": true});
    let reply = api.post_json("/containers/web/exec", &body).await;
    let id = reply.json()["Id"].as_str().unwrap().to_owned();
    let ids = async || api.get("/containers/web/json").await.json()["ExecIDs"].clone();
    assert_eq!(ids().await, json!(null));
    let started = api.post_json(&format!("/exec/{id}/start"), &json!({"Detach": true})).await;
    assert_eq!(started.status, 200, "{}", started.text());
    assert_eq!(ids().await, json!([id]));
    assert_eq!(api.post(&format!("/exec/{id}/resize?h=5&w=6")).await.status, 200);
    let size = api.fake.exec_size(id.parse().unwrap()).unwrap();
    assert_eq!((size.rows, size.columns), (5, 6));
    api.fake.exit_exec(id.parse().unwrap(), 7).await;
    let path = format!("/exec/{id}/json");
    let ended = async || (api.get(&path).await.json()["ExitCode"] == 7).then_some(());
    api.until(ended).await;
    assert_eq!(ids().await, json!(null));
    assert_eq!(api.fake.signals(container), []);
}
