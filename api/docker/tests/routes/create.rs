//! `docker create`: what is accepted, warned of and refused.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::harness::{Api, image};

/// Bodies that the docker CLI 28.2 really sends, to a server of API 1.47.
const DOCKER_CREATE: &str = include_str!("bodies/docker_create.json");
const DOCKER_CREATE_WITH_OPTIONS: &str = include_str!("bodies/docker_create_with_options.json");
const DOCKER_RUN_DETACHED: &str = include_str!("bodies/docker_run_detached.json");

async fn post(api: &Api, path: &str, body: &str) -> super::harness::Reply {
    let body = Bytes::copy_from_slice(body.as_bytes());
    api.call(Method::POST, path, Some(("application/json", body))).await
}

#[tokio::test]
async fn what_the_docker_cli_sends_is_accepted() {
    let api = Api::start().await;
    for (name, body) in [
        ("plain", DOCKER_CREATE),
        ("options", DOCKER_CREATE_WITH_OPTIONS),
        ("detached", DOCKER_RUN_DETACHED),
    ] {
        let reply = post(&api, &format!("/v1.47/containers/create?name={name}"), body).await;
        assert_eq!(reply.status, 201, "{name}: {}", reply.text());
        assert_eq!(reply.json()["Warnings"], json!([]));
        assert_eq!(reply.json()["Id"].as_str().unwrap().len(), 64);
        assert_eq!(reply.header("x-sockerless-seq"), api.handle.snapshot().seq.to_string());
    }
}

#[tokio::test]
async fn options_of_the_docker_cli_are_honoured() {
    let api = Api::start().await;
    post(&api, "/containers/create?name=web", DOCKER_CREATE_WITH_OPTIONS).await;
    let shown = api.get("/containers/web/json").await.json();
    let (config, host) = (&shown["Config"], &shown["HostConfig"]);
    for (field, value) in [
        ("Hostname", json!("h")),
        ("User", json!("1000:1000")),
        ("Tty", json!(true)),
        ("OpenStdin", json!(true)),
        ("StdinOnce", json!(true)),
        ("Env", json!(["A=1", "PATH=/bin"])),
        ("Cmd", json!(["-c", "echo hi"])),
        ("Entrypoint", json!(["sh"])),
        ("WorkingDir", json!("/x")),
        ("Labels", json!({"k": "v", "made": "here"})),
        ("StopSignal", json!("SIGHUP")),
        ("StopTimeout", json!(3)),
    ] {
        assert_eq!(config[field], value, "{field}");
    }
    for (field, value) in [
        ("NetworkMode", json!("none")),
        ("AutoRemove", json!(true)),
        ("CapAdd", json!(["CAP_NET_ADMIN"])),
        ("Dns", json!(["1.1.1.1"])),
        ("ExtraHosts", json!(["a:1.2.3.4"])),
        ("ReadonlyRootfs", json!(true)),
        ("SecurityOpt", json!(["no-new-privileges"])),
        ("Tmpfs", json!({"/t": ""})),
        ("ShmSize", json!(1_048_576)),
        ("Sysctls", json!({"net.ipv4.ip_forward": "1"})),
        ("Memory", json!(67_108_864)),
        ("NanoCpus", json!(500_000_000)),
        ("PidsLimit", json!(10)),
        ("Ulimits", json!([{"Name": "nofile", "Hard": 20, "Soft": 10}])),
        ("Init", json!(true)),
    ] {
        assert_eq!(host[field], value, "{field}");
    }
}

#[tokio::test]
async fn refusals_of_a_create_have_dockers_texts() {
    let api = Api::start().await;
    let id = api.create("taken", json!({})).await;
    let taken = format!(
        "Conflict. The container name \"/taken\" is already in use by container \"{id}\". You have to remove \
         (or rename) that container to be able to reuse that name."
    );
    let table: [(&str, Value, u16, &str); 6] = [
        ("taken", json!({"Image": "busybox"}), 409, &taken),
        ("x", json!({"Image": "nosuch"}), 404, "No such image: nosuch:latest"),
        (
            "-x",
            json!({"Image": "busybox"}),
            400,
            "Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
        ),
        ("none", json!({"Image": "bare"}), 400, "no command specified"),
        (
            "ports",
            json!({"Image": "busybox", "HostConfig": {"PortBindings": {"80/sctp": [{"HostPort": "8080"}]}}}),
            501,
            "not built yet: HostConfig.PortBindings of 80/sctp; tcp and udp are published",
        ),
        (
            "memory",
            json!({"Image": "busybox", "HostConfig": {"Memory": 1024}}),
            400,
            "Minimum memory limit allowed is 6MB",
        ),
    ];
    let mut bare = image(3);
    bare.config.cmd = None;
    api.add_image("bare", bare).await;
    for (name, body, status, message) in table {
        let reply = api.post_json(&format!("/containers/create?name={name}"), &body).await;
        assert_eq!((reply.status, reply.message().as_str()), (status, message), "{name}");
    }
    assert_eq!(api.get("/containers/json?all=1").await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_image_for_another_platform_is_not_found() {
    let api = Api::start().await;
    let body = json!({"Image": "busybox"});
    let reply = api.post_json("/containers/create?platform=linux/arm64", &body).await;
    assert_eq!(reply.status, 404);
    assert!(
        reply.message().contains("wanted linux/arm64, actual: linux/amd64"),
        "{}",
        reply.message()
    );
    let reply = api.post_json("/containers/create?platform=linux/amd64", &body).await;
    assert_eq!(reply.status, 201);
    let reply = api.post_json("/containers/create?platform=a/b/c/d", &body).await;
    assert_eq!(reply.status, 400);
}

#[tokio::test]
async fn d_301_the_same_create_under_one_key_is_done_once() {
    let api = Api::start().await;
    let body = json!({"Image": "busybox", "Cmd": ["true"]});
    let first = api.post_once("/containers/create?name=once", "k-1", &body).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, ""));
    let again = api.post_once("/containers/create?name=once", "k-1", &body).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
    assert_eq!(again.json(), first.json());
    assert_eq!(api.get("/containers/json?all=1").await.json().as_array().unwrap().len(), 1);
    let unversioned = api.post_once("/v1.44/containers/create?name=once", "k-1", &body).await;
    assert_eq!(unversioned.json(), first.json(), "the version of the API is no part of the call");
    assert_eq!(api.delete("/containers/once").await.status, 204);
    let gone = api.post_once("/containers/create?name=once", "k-1", &body).await;
    assert_eq!(gone.json()["Id"], first.json()["Id"], "removed meanwhile: still the first answer");
}

#[tokio::test]
async fn a_key_with_another_request_or_without_sense_is_refused() {
    let api = Api::start().await;
    let body = json!({"Image": "busybox", "Cmd": ["true"]});
    api.post_once("/containers/create", "k-1", &body).await;
    let other = json!({"Image": "busybox", "Cmd": ["false"]});
    for (path, body) in [("/containers/create", &other), ("/containers/create?name=other", &body)] {
        let reply = api.post_once(path, "k-1", body).await;
        assert_eq!(reply.status, 422, "{path}");
        assert!(reply.message().contains("Idempotency-Key was used before"), "{}", reply.message());
    }
    for key in ["", "a b", &"x".repeat(256)] {
        let reply = api.post_once("/containers/create", key, &body).await;
        assert_eq!(reply.status, 400, "{key:?}");
    }
    let id = api.create("third", json!({})).await;
    let reply = api.post_once(&format!("/containers/{id}/start"), "k-2", &json!({})).await;
    assert_eq!(reply.status, 501);
    assert!(reply.message().contains("Idempotency-Key on POST"), "{}", reply.message());
}
