//! What is done to and seen of a container that runs: pause, health, policy, top and stats.

use std::time::Duration;

use serde_json::{Value, json};

use super::harness::Api;

/// Waits until a container is what Docker calls so, and gives its state.
async fn status(api: &Api, status: &str) -> Value {
    api.until(async || {
        let state = api.state("web").await;
        (state["Status"] == status).then_some(state)
    })
    .await
}

#[tokio::test]
async fn a_pause_answers_when_the_processes_stand_and_a_kill_lets_them_go() {
    let api = Api::start().await;
    let id = api.run("web").await;
    assert_eq!(api.post("/containers/web/pause").await.status, 204);
    assert!(api.fake.is_frozen(id));
    let state = api.state("web").await;
    assert_eq!((&state["Status"], &state["Paused"]), (&json!("paused"), &json!(true)));
    assert_eq!(api.get("/info").await.json()["ContainersPaused"], 1);
    let attach = api.post("/containers/web/attach?stream=1&stdout=1").await;
    assert_eq!(attach.status, 409, "{}", attach.text());
    assert_eq!(api.post("/containers/web/unpause").await.status, 204);
    assert!(!api.fake.is_frozen(id));
    assert_eq!(api.post("/containers/web/unpause").await.status, 500);
    assert_eq!(api.post("/containers/web/pause").await.status, 204);
    assert_eq!(api.post("/containers/web/kill").await.status, 204);
    assert_eq!(api.state("web").await["ExitCode"], 137);
}

#[tokio::test]
async fn health_is_told_when_a_probe_is_due() {
    let api = Api::start().await;
    let probe = json!({"Test": ["CMD", "true", "yes"], "Interval": 10_000_000_000_u64});
    api.create("web", json!({"Healthcheck": probe})).await;
    assert_eq!(api.post("/containers/web/start").await.status, 204);
    assert_eq!(api.state("web").await["Health"]["Status"], "starting");
    api.clock.advance(Duration::from_secs(10));
    let health = api
        .until(async || {
            let health = api.state("web").await["Health"].clone();
            (health["Status"] != "starting").then_some(health)
        })
        .await;
    assert_eq!((&health["Status"], &health["FailingStreak"]), (&json!("healthy"), &json!(0)));
    assert_eq!(health["Log"][0]["Output"], "true yes");
    let listed = api.get("/containers/json").await.json();
    assert_eq!(listed[0]["Status"], "Up 10 seconds (healthy)");
}

#[tokio::test]
async fn a_policy_starts_the_next_run_when_its_pause_is_over() {
    let api = Api::start().await;
    let policy = json!({"HostConfig": {"RestartPolicy": {"Name": "always"}}});
    api.create("web", policy).await;
    assert_eq!(api.post("/containers/web/start").await.status, 204);
    let id = api.handle.snapshot().state.find("web").unwrap().id;
    assert!(api.fake.exit(id, 3).await);
    let waits = status(&api, "restarting").await;
    assert_eq!((&waits["Running"], &waits["ExitCode"]), (&json!(true), &json!(3)));
    assert_eq!(api.post("/containers/web/exec").await.status, 400);
    api.clock.advance(Duration::from_millis(100));
    status(&api, "running").await;
    let inspected = api.get("/containers/web/json").await.json();
    assert_eq!(inspected["RestartCount"], 1);
    assert_eq!(api.post("/containers/web/stop").await.status, 204);
    assert_eq!(api.state("web").await["Status"], "exited");
}

#[tokio::test]
async fn top_and_stats_are_asked_of_the_backend() {
    let api = Api::start().await;
    api.create("web", json!({})).await;
    assert_eq!(api.get("/containers/web/top").await.status, 409);
    let idle = api.get("/containers/web/stats?stream=0").await.json();
    assert_eq!(idle["cpu_stats"]["cpu_usage"]["total_usage"], 0);
    assert_eq!(api.post("/containers/web/start").await.status, 204);
    let top = api.get("/containers/web/top?ps_args=-o%20pid").await.json();
    assert_eq!(
        (&top["Titles"], &top["Processes"][0][0]),
        (&json!(["PID", "ARGS"]), &json!("-o pid"))
    );
    let stats = api.get("/containers/web/stats?stream=0&one-shot=1").await.json();
    assert_eq!(stats["cpu_stats"]["cpu_usage"]["total_usage"], 1_000_000_000_u64);
    assert_eq!(
        (&stats["name"], &stats["memory_stats"]["usage"]),
        (&json!("/web"), &json!(1 << 20))
    );
    assert_eq!(api.get("/containers/web/stats?one-shot=1").await.status, 400);
}

#[tokio::test]
async fn an_update_answers_when_the_limits_hold() {
    let api = Api::start().await;
    let id = api.run("web").await;
    let body = json!({"Memory": 64 << 20, "RestartPolicy": {"Name": "always"}});
    let reply = api.post_json("/containers/web/update", &body).await;
    assert_eq!((reply.status, reply.json()), (200, json!({"Warnings": []})));
    assert_eq!(api.fake.workload(id).unwrap().spec.limits.memory_bytes, 64 << 20);
    let host = api.get("/containers/web/json").await.json()["HostConfig"].clone();
    assert_eq!(
        (&host["Memory"], &host["RestartPolicy"]["Name"]),
        (&json!(64 << 20), &json!("always"))
    );
    let unbuilt = json!({"BlkioDeviceReadBps": [{"Path": "/dev/x", "Rate": 1}]});
    assert_eq!(api.post_json("/containers/web/update", &unbuilt).await.status, 501);
    assert_eq!(api.post_json("/containers/nosuch/update", &json!({})).await.status, 404);
}
