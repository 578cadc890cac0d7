//! Ping, version, info, sizes, and what every answer carries.

use expect_test::expect;
use http::Method;
use serde_json::json;

use super::harness::{Api, image};

#[tokio::test]
async fn ping_answers_get_and_head() {
    let api = Api::start().await;
    for (method, body) in [(Method::GET, "OK"), (Method::HEAD, "")] {
        let reply = api.call(method, "/_ping", None).await;
        assert_eq!((reply.status, reply.text().as_str()), (200, body));
        for (name, value) in [
            ("api-version", "1.47"),
            ("docker-experimental", "false"),
            ("ostype", "linux"),
            ("server", "sockerless/0.1.0 (linux)"),
            ("builder-version", "1"),
            ("cache-control", "no-cache, no-store, must-revalidate"),
            ("pragma", "no-cache"),
            ("content-type", "text/plain; charset=utf-8"),
        ] {
            assert_eq!(reply.header(name), value, "{name}");
        }
    }
}

#[tokio::test]
async fn versions_from_1_24_to_1_47_and_none_are_answered() {
    let api = Api::start().await;
    for version in ["", "/v1.24", "/v1.41", "/v1.47"] {
        let reply = api.get(&format!("{version}/containers/json")).await;
        assert_eq!(reply.status, 200, "{version}: {}", reply.text());
    }
    for (version, message) in [
        ("1.48", "client version 1.48 is too new. Maximum supported API version is 1.47"),
        (
            "1.23",
            "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade \
             your client to a newer version",
        ),
    ] {
        let reply = api.get(&format!("/v{version}/containers/json")).await;
        assert_eq!((reply.status, reply.message().as_str()), (400, message));
        assert_eq!(reply.header("api-version"), "1.47");
    }
}

#[tokio::test]
async fn version_tells_the_engine_twice() {
    let api = Api::start().await;
    let reply = api.get("/version").await;
    assert_eq!(reply.header("x-sockerless-as-of"), api.handle.snapshot().seq.to_string());
    let version = reply.json();
    assert_eq!(version["Components"][0]["Version"], version["Version"]);
    assert_eq!(version["Components"][0]["Details"]["ApiVersion"], version["ApiVersion"]);
    let mut version = version;
    version.as_object_mut().unwrap().remove("Components");
    expect![[r#"{"ApiVersion":"1.47","Arch":"amd64","BuildTime":"2024-01-01T00:00:00Z","GitCommit":"abcdef","GoVersion":"rustc","KernelVersion":"6.1.0","MinAPIVersion":"1.24","Os":"linux","Platform":{"Name":"sockerless"},"Version":"0.1.0"}"#]]
    .assert_eq(&version.to_string());
}

#[tokio::test]
async fn info_counts_containers_by_their_phase() {
    let api = Api::start().await;
    api.run("up").await;
    api.create("idle", json!({})).await;
    let info = api.get("/info").await.json();
    let counted: Vec<_> =
        ["Containers", "ContainersRunning", "ContainersPaused", "ContainersStopped", "Images"]
            .map(|field| info[field].as_i64().unwrap())
            .to_vec();
    assert_eq!(counted, [2, 1, 0, 1, 1]);
    for (field, value) in [
        ("OSType", json!("linux")),
        ("Driver", json!("overlay2")),
        ("NCPU", json!(2)),
        ("MemTotal", json!(1 << 30)),
        ("DefaultRuntime", json!("auto")),
        ("ServerVersion", json!("0.1.0")),
        ("CgroupVersion", json!("2")),
        ("LiveRestoreEnabled", json!(true)),
    ] {
        assert_eq!(info[field], value, "{field}");
    }
}

#[tokio::test]
async fn a_layer_that_two_images_share_takes_space_once() {
    let api = Api::start().await;
    let mut second = image(2);
    second.layers.insert(0, image(1).layers[0]);
    second.size_bytes = 2_000_000;
    api.add_image("second", second).await;
    let id = api.run("up").await;
    api.fake.set_written(id, 4096);
    let sizes = api.get("/system/df").await.json();
    assert_eq!(sizes["LayersSize"], 2_000_000);
    assert_eq!(sizes["Images"].as_array().unwrap().len(), 2);
    for image in sizes["Images"].as_array().unwrap() {
        assert_eq!(image["SharedSize"], 1_000_000, "{image}");
    }
    assert_eq!(sizes["Images"][0]["Containers"], 1);
    assert_eq!(sizes["Containers"][0]["SizeRw"], 4096);
    assert_eq!(sizes["Containers"][0]["SizeRootFs"], 1_004_096);
    assert_eq!((&sizes["Volumes"], &sizes["BuildCache"]), (&json!([]), &json!([])));
    assert_eq!(sizes["Images"][0]["VirtualSize"], json!(null));
    let old = api.get("/v1.43/system/df").await.json();
    assert_eq!(old["Images"][0]["VirtualSize"], old["Images"][0]["Size"]);
    let only = api.get("/system/df?type=image").await.json();
    assert_eq!(only["Containers"], json!([]));
    assert_eq!(api.get("/system/df?type=moon").await.status, 400);
}
