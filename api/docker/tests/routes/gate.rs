//! While the disk is full, or the log only looked at: what is refused, what goes on, and what is on record of it.

use api_docker::Level;
use http::Method;
use serde_json::json;

use super::harness::{Api, Reply};

/// Calls that bring new bytes, with a container `web` that runs.
const GROWING: [(&str, &str); 6] = [
    ("POST", "/containers/create?name=more"),
    ("POST", "/containers/web/exec"),
    ("POST", "/images/load"),
    ("POST", "/images/create?fromSrc=-&repo=new"),
    ("POST", "/images/create?fromImage=registry.invalid/none&tag=1"),
    ("PUT", "/containers/web/archive?path=/"),
];

/// Reads of the same container.
const READS: [&str; 5] = [
    "/containers/json?all=1",
    "/containers/web/json",
    "/containers/web/logs?stdout=1",
    "/images/json",
    "/info",
];

async fn call(api: &Api, method: &str, path: &str) -> Reply {
    let body = json!({"Image": "busybox", "Cmd": ["true"]}).to_string();
    let kind = if path.contains("images") || method == "PUT" {
        "application/x-tar"
    } else {
        "application/json"
    };
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    api.call(method, path, Some((kind, body.into()))).await
}

pub(super) async fn with_a_running_container() -> Api {
    let api = Api::start().await;
    let id = api.run("web").await;
    let stat = backends_core::PathStat {
        name: "/".to_owned(),
        size_bytes: 0,
        mode: 0o040_755,
        mtime: (0, 0),
        link_target: String::new(),
    };
    api.fake.put_file(id, "/", stat, b"");
    api
}

#[tokio::test]
async fn what_grows_is_refused_on_record_while_the_disk_is_nearly_full() {
    let api = with_a_running_container().await;
    api.gate.set(Level::NoGrowth, "no room: 5 bytes are free");
    for (method, path) in GROWING {
        let before = api.handle.snapshot().seq;
        let reply = call(&api, method, path).await;
        assert_eq!((reply.status, reply.message().as_str()), (503, "no room: 5 bytes are free"));
        let records = api.records(before.next());
        assert_eq!(records.len(), 1, "{path}: {records:?}");
        assert_eq!(reply.header("x-sockerless-seq"), records[0].0.to_string(), "{path}");
    }
    for path in READS {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    let warnings = api.get("/info").await.json()["Warnings"].to_string();
    assert!(warnings.contains("no room"), "{warnings}");
    assert_eq!(api.post("/containers/web/rename?name=other").await.status, 204);
    assert_eq!(api.delete("/containers/other?force=1").await.status, 204);
    api.gate.set(Level::Open, "");
    assert_eq!(call(&api, "POST", "/containers/create?name=more").await.status, 201);
}

#[tokio::test]
async fn only_what_frees_room_is_taken_and_recorded_while_the_disk_is_full() {
    let api = with_a_running_container().await;
    api.gate.set(Level::FreesOnly, "full");
    let before = api.handle.snapshot().seq;
    let more = [("POST", "/containers/web/rename?name=b"), ("POST", "/containers/web/restart")];
    for (method, path) in GROWING.into_iter().chain(more) {
        let reply = call(&api, method, path).await;
        assert_eq!((reply.status, reply.message().as_str()), (503, "full"), "{path}");
    }
    // A flood of refusals would take the room that is kept for what frees some.
    assert_eq!(api.handle.snapshot().seq, before);
    for path in READS {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    assert_eq!(api.post("/containers/web/kill").await.status, 204);
    assert_eq!(api.delete("/containers/web?force=1").await.status, 204);
    assert_eq!(api.post("/containers/prune").await.status, 200);
    assert_eq!(api.post("/images/prune").await.status, 200);
    assert_eq!(api.delete("/images/busybox").await.status, 200);
    assert!(api.handle.snapshot().seq > before);
}

#[tokio::test]
async fn nothing_is_taken_while_the_log_is_only_looked_at() {
    let api = with_a_running_container().await;
    api.gate.set(Level::ReadOnly, "this server is read-only");
    let before = api.handle.snapshot().seq;
    let more = [
        ("POST", "/containers/web/kill"),
        ("POST", "/containers/web/wait"),
        ("DELETE", "/containers/web"),
        ("POST", "/nothing/of/the/kind"),
    ];
    for (method, path) in GROWING.into_iter().chain(more) {
        let reply = call(&api, method, path).await;
        assert_eq!((reply.status, reply.message().as_str()), (403, "this server is read-only"));
    }
    for path in READS {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    assert_eq!(api.handle.snapshot().seq, before);
}
