//! Start, stop, kill, restart, rename, remove, resize: each answers when the world has followed.

use std::time::Duration;

use journal_domain::{Signal, TerminalSize};
use serde_json::json;

use super::harness::Api;

#[tokio::test]
async fn a_start_answers_when_the_container_runs() {
    let api = Api::start().await;
    api.create("web", json!({})).await;
    let reply = api.post("/containers/web/start").await;
    assert_eq!((reply.status, reply.text().as_str()), (204, ""));
    let state = api.state("web").await;
    assert_eq!((&state["Status"], &state["Running"]), (&json!("running"), &json!(true)));
    assert_eq!(state["StartedAt"], "2024-01-01T00:00:00.000000000Z");
    let again = api.post("/containers/web/start").await;
    assert_eq!((again.status, again.text().as_str()), (304, ""));
    assert_ne!(again.header("x-sockerless-seq"), "");
}

#[tokio::test]
async fn a_start_that_fails_tells_why_in_dockers_words() {
    let api = Api::start().await;
    for (program, code, words) in [
        ("nosuch", 127, "exec: \"nosuch\": executable file not found in $PATH"),
        ("/etc/passwd", 126, "exec: \"/etc/passwd\": permission denied"),
    ] {
        let name = format!("fails{code}");
        api.create(&name, json!({"Cmd": [program]})).await;
        let reply = api.post(&format!("/containers/{name}/start")).await;
        let message = words.to_owned();
        assert_eq!((reply.status, reply.message()), (400, message.clone()));
        let state = api.state(&name).await;
        assert_eq!((&state["Status"], &state["ExitCode"]), (&json!("created"), &json!(code)));
        assert_eq!(state["Error"], message);
    }
    api.create("broken", json!({"Cmd": ["broken"]})).await;
    let message = "no space left on device".to_owned();
    api.fake.refuse("broken", backends_core::StartError { exit_code: 128, message });
    let reply = api.post("/containers/broken/start").await;
    assert_eq!((reply.status, reply.message().as_str()), (500, "no space left on device"));
}

#[tokio::test]
async fn a_stop_answers_when_the_run_has_ended() {
    let api = Api::start().await;
    let id = api.run("web").await;
    let reply = api.post("/containers/web/stop?t=20").await;
    assert_eq!(reply.status, 204);
    let state = api.state("web").await;
    assert_eq!((&state["Running"], &state["ExitCode"]), (&json!(false), &json!(143)));
    assert_eq!(api.fake.signals(id), [Signal::TERM]);
    assert_eq!(api.post("/containers/web/stop").await.status, 304);
}

#[tokio::test]
async fn a_stop_kills_when_its_time_is_over() {
    let api = Api::start().await;
    let id = api.run("deaf").await;
    api.fake.make_deaf(id);
    let stop = api.post("/containers/deaf/stop?t=5&signal=TERM");
    let clock = async {
        api.until(async || (api.fake.signals(id) == [Signal::TERM]).then_some(())).await;
        api.clock.advance(Duration::from_secs(6));
    };
    let (reply, ()) = tokio::join!(stop, clock);
    assert_eq!(reply.status, 204);
    assert_eq!(api.state("deaf").await["ExitCode"], 137);
}

#[tokio::test]
async fn a_kill_answers_when_the_signal_is_delivered() {
    let api = Api::start().await;
    let id = api.run("web").await;
    assert_eq!(api.post("/containers/web/kill?signal=SIGHUP").await.status, 204);
    assert_eq!(api.fake.signals(id), ["HUP".parse().unwrap()]);
    assert_eq!(api.state("web").await["Running"], true);
    assert_eq!(api.post("/containers/web/kill").await.status, 204);
    let state = api.state("web").await;
    assert_eq!((&state["Running"], &state["ExitCode"]), (&json!(false), &json!(137)));
    let reply = api.post("/containers/web/kill").await;
    assert_eq!(reply.status, 409);
    assert!(reply.message().contains("is not running"), "{}", reply.message());
}

#[tokio::test]
async fn a_restart_answers_when_the_next_run_has_started() {
    let api = Api::start().await;
    api.run("web").await;
    let before = api.state("web").await;
    api.clock.advance(Duration::from_secs(60));
    assert_eq!(api.post("/containers/web/restart?t=20").await.status, 204);
    let after = api.get("/containers/web/json").await.json();
    assert_eq!((&after["State"]["Running"], &after["RestartCount"]), (&json!(true), &json!(0)));
    assert_ne!(after["State"]["Pid"], before["Pid"]);
    assert_eq!(after["State"]["StartedAt"], "2024-01-01T00:01:00.000000000Z");
    api.post("/containers/web/stop").await;
    assert_eq!(api.post("/containers/web/restart").await.status, 204);
    assert_eq!(api.state("web").await["Running"], true);
}

#[tokio::test]
async fn a_removal_answers_when_nothing_is_left() {
    let api = Api::start().await;
    let id = api.run("web").await;
    let refused = api.delete("/containers/web").await;
    assert_eq!(refused.status, 409);
    assert!(refused.message().contains("container"), "{}", refused.message());
    assert_eq!(api.delete("/containers/web?link=1").await.status, 501);
    assert_eq!(api.delete("/containers/web?force=1&v=1").await.status, 204);
    assert_eq!(api.fake.removed(), [id]);
    let gone = api.delete("/containers/web").await;
    assert_eq!((gone.status, gone.message().as_str()), (404, "No such container: web"));
}

#[tokio::test]
async fn a_name_changes_unless_it_is_taken() {
    let api = Api::start().await;
    api.create("one", json!({})).await;
    api.create("two", json!({})).await;
    assert_eq!(api.post("/containers/one/rename?name=two").await.status, 409);
    assert_eq!(api.post("/containers/one/rename?name=three").await.status, 204);
    assert_eq!(api.get("/containers/one/json").await.status, 404);
    assert_eq!(api.get("/containers/three/json").await.json()["Name"], "/three");
}

#[tokio::test]
async fn a_new_size_reaches_the_terminal() {
    let api = Api::start().await;
    let id = api.create("tty", json!({"Tty": true})).await.parse().unwrap();
    let refused = api.post("/containers/tty/resize?h=1&w=2").await;
    assert_eq!(refused.status, 409);
    api.post("/containers/tty/start").await;
    assert_eq!(api.post("/containers/tty/resize?h=31&w=97").await.status, 200);
    assert_eq!(api.fake.size(id), Some(TerminalSize { rows: 31, columns: 97 }));
}

#[tokio::test]
async fn a_container_is_found_by_id_prefix_and_name() {
    let api = Api::start().await;
    let id = api.create("web", json!({})).await;
    for way in [&id, &id[..12], &id[..20], "web", "/web", "%2Fweb"] {
        let reply = api.get(&format!("/v1.47/containers/{way}/json")).await;
        assert_eq!((reply.status, &reply.json()["Id"]), (200, &json!(id)), "{way}");
    }
}

#[tokio::test]
async fn a_start_that_fails_tells_why_also_where_the_container_removes_itself() {
    let api = Api::start().await;
    let options = json!({"Cmd": ["nosuch"], "HostConfig": {"AutoRemove": true}});
    let id = api.create("brief", options).await.parse().unwrap();
    let reply = api.post("/containers/brief/start").await;
    assert_eq!(reply.status, 400);
    assert!(reply.message().contains("executable file not found"), "{}", reply.message());
    api.until(async || (api.fake.removed() == [id]).then_some(())).await;
}
