//! `/at/{point}` in front of a path: the answer is that of then.

use std::time::Duration;

use backends_logs::Stream;
use http::Method;
use journal_log::{Outcome, Seq};
use serde_json::{Value, json};

use super::harness::{Api, BEGIN, Reply, image};

impl Api {
    fn head(&self) -> u64 {
        self.handle.snapshot().seq.get()
    }

    /// Moves the clock on, and gives the head of before.
    fn later(&self, seconds: u64) -> u64 {
        let head = self.head();
        self.clock.advance(Duration::from_secs(seconds));
        head
    }

    async fn at(&self, point: impl std::fmt::Display, path: &str) -> Reply {
        self.get(&format!("/at/{point}{path}")).await
    }

    async fn stop_and_remove(&self, name: &str) {
        assert_eq!(self.post(&format!("/containers/{name}/kill")).await.status, 204);
        let gone = async || (self.state(name).await["Status"] == "exited").then_some(());
        self.until(gone).await;
        assert_eq!(self.delete(&format!("/containers/{name}")).await.status, 204);
    }
}

fn names(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let lines = reply.json();
    let lines = lines.as_array().unwrap().iter();
    lines.map(|line| line["Names"][0].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn containers_are_listed_and_inspected_as_they_were() {
    let api = Api::start().await;
    let empty = api.later(10);
    let id = api.run("web").await;
    let running = api.later(300);
    api.post("/containers/web/rename?name=shop").await;
    api.stop_and_remove("shop").await;
    let gone = api.head();
    assert!(names(&api.at(empty, "/v1.47/containers/json?all=1").await).is_empty());
    let reply = api.at(running, "/v1.47/containers/json?all=1").await;
    assert_eq!(names(&reply), ["/web"]);
    assert_eq!(reply.header("x-sockerless-as-of"), running.to_string());
    assert!(names(&api.at(gone, "/containers/json?all=1").await).is_empty());
    let shown = api.at(running, &format!("/containers/{id}/json")).await.json();
    assert_eq!((&shown["Name"], &shown["State"]["Status"]), (&json!("/web"), &json!("running")));
    assert_eq!(api.at(running, "/containers/shop/json").await.status, 404);
    assert_eq!(api.at(gone, "/containers/web/json").await.message(), "No such container: web");
}

#[tokio::test]
async fn times_are_told_as_of_then() {
    let api = Api::start().await;
    api.run("web").await;
    let started = api.later(300);
    api.add_image("app", image(2)).await;
    let later = api.later(3600 * 24);
    let status = async |point: String| {
        api.at(point, "/containers/json").await.json()[0]["Status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(started.to_string()).await, "Up Less than a second");
    assert_eq!(status(later.to_string()).await, "Up 5 minutes");
    // Between two records, a time tells more than the record before it.
    assert_eq!(status("2024-01-01T00:03:00Z".into()).await, "Up 3 minutes");
    assert_eq!(
        status(format!("@{}", BEGIN.as_unix_nanos() / 1_000_000_000 + 60)).await,
        "Up About a minute"
    );
    assert_eq!(status("24h".into()).await, "Up 5 minutes");
    assert_eq!(api.at(later, "/info").await.json()["SystemTime"], "2024-01-01T00:05:00.000000000Z");
}

#[tokio::test]
async fn images_execs_and_counts_are_those_of_then() {
    let api = Api::start().await;
    api.run("web").await;
    let before = api.later(1);
    let exec = api.post_json("/containers/web/exec", &json!({"Cmd": ["ls"]})).await.json();
    let exec = exec["Id"].as_str().unwrap().to_owned();
    api.add_image("app", image(2)).await;
    let after = api.later(1);
    let exec = format!("/exec/{exec}/json");
    assert_eq!(api.at(before, &exec).await.status, 404);
    assert_eq!(api.at(after, &exec).await.json()["Running"], false);
    let images = async |point| api.at(point, "/images/json").await.json().as_array().unwrap().len();
    assert_eq!((images(before).await, images(after).await), (1, 2));
    assert_eq!(api.at(before, "/images/app/json").await.status, 404);
    assert_eq!(api.at(after, "/images/app/json").await.json()["RepoTags"], json!(["app:latest"]));
    let info = api.at(before, "/info").await.json();
    assert_eq!((&info["Containers"], &info["Images"]), (&json!(1), &json!(1)));
    let used = api.at(before, "/system/df").await;
    assert_eq!(used.json()["Images"].as_array().unwrap().len(), 1);
    assert_eq!(used.json()["Containers"][0].get("SizeRw"), None, "nobody knows it any more");
    assert_eq!(api.at(before, "/version").await.json()["Version"], "0.1.0");
}

#[tokio::test]
async fn a_ping_and_what_is_not_built_answer_as_in_the_present() {
    let api = Api::start().await;
    let point = api.later(1);
    let reply = api.call(Method::HEAD, &format!("/at/{point}/_ping"), None).await;
    assert_eq!((reply.status, reply.header("api-version")), (200, "1.47"));
    assert_eq!(reply.header("x-sockerless-as-of"), point.to_string());
    assert_eq!(api.at(point, "/plugins/privileges").await.status, 501);
    assert_eq!(api.at(point, "/v1.47/nothing").await.message(), "page not found");
    assert_eq!(api.at(point, "/v1.99/info").await.status, 400);
}

#[tokio::test]
async fn the_past_cannot_be_changed_and_the_attempt_is_on_record() {
    let api = Api::start().await;
    api.run("web").await;
    let point = api.later(1);
    for (method, path) in [
        (Method::POST, "/containers/web/stop"),
        (Method::DELETE, "/v1.47/containers/web?force=1"),
        (Method::PUT, "/containers/web/archive?path=/"),
        (Method::POST, "/containers/web/wait"),
        (Method::POST, "/no/such/page"),
    ] {
        let before = api.handle.snapshot().seq;
        let reply = api.call(method.clone(), &format!("/at/{point}{path}"), None).await;
        assert_eq!(reply.status, 403, "{path}");
        let message = format!("the past cannot be changed: {method} under /at/ is refused");
        assert_eq!(reply.message(), message);
        let [(_, record)] = &api.records(before.next())[..] else { panic!("{path}") };
        assert_eq!(record.outcome, Outcome::Refused { code: 10, message }, "{path}");
    }
    assert_eq!(api.state("web").await["Running"], true);
}

#[tokio::test]
async fn what_only_the_present_knows_is_refused_with_the_reason() {
    let api = Api::start().await;
    api.run("web").await;
    let point = api.later(1);
    for (path, what) in [
        ("/containers/web/archive?path=/etc", "what GET /containers/{id}/archive tells"),
        ("/containers/web/export", "what GET /containers/{id}/export tells"),
        ("/containers/json?size=1", "what containers wrote"),
        ("/containers/web/json?size=1", "what the container wrote"),
        ("/images/get?names=busybox", "what GET /images/get tells"),
        ("/distribution/busybox/json", "what GET /distribution/{name}/json tells"),
    ] {
        let reply = api.at(point, path).await;
        assert_eq!(reply.status, 410, "{path}: {}", reply.text());
        let begin = format!("at record {point}: {what} is not kept");
        assert!(reply.message().starts_with(&begin), "{path}: {}", reply.message());
    }
}

#[tokio::test]
async fn a_point_that_is_none_is_refused_with_the_reason() {
    let api = Api::start().await;
    api.run("web").await;
    let head = api.later(60);
    let next = head + 1;
    for (point, status, message) in [
        (
            next.to_string(),
            400,
            format!("record {next} has not been written: the log ends at record {head}"),
        ),
        ("0".into(), 404, "the point is before the first record of the log".into()),
        (
            "2023-12-31T00:00:00Z".into(),
            404,
            "the point is before the first record of the log".into(),
        ),
        (
            "2024-01-01T00:01:01Z".into(),
            400,
            "2024-01-01T00:01:01.000000000Z is still to come: it is 2024-01-01T00:01:00.000000000Z"
                .into(),
        ),
        (
            "yesterday".into(),
            400,
            "failed to parse value as time or duration: \"yesterday\"".into(),
        ),
    ] {
        for path in ["/containers/json", "/containers/web/export", "/no/such/page"] {
            let reply = api.at(&point, path).await;
            assert_eq!((reply.status, reply.message()), (status, message.clone()), "{point}{path}");
        }
    }
}

#[tokio::test]
async fn events_end_at_the_point() {
    let api = Api::start().await;
    api.run("web").await;
    let point = api.later(10);
    api.run("db").await;
    let told = async |path: &str| -> Vec<String> {
        let reply = api.at(point, path).await;
        let lines: Vec<Value> =
            reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told =
            |line: &Value| format!("{} {}", line["Action"], line["Actor"]["Attributes"]["name"]);
        lines.iter().map(told).map(|line| line.replace('"', "")).collect()
    };
    let events = told("/events?since=0&filters=%7B%22type%22:%5B%22container%22%5D%7D").await;
    assert_eq!(events, ["create web", "start web"]);
    assert!(told("/events").await.is_empty(), "nothing comes after a point");
    assert!(told("/events?since=2024-01-01T00:00:11Z").await.is_empty());
}

#[tokio::test]
async fn events_until_a_time_are_all_told_however_long_that_takes() {
    let api = Api::start().await;
    for number in 0..200 {
        api.create(&format!("c{number}"), json!({})).await;
    }
    // It is over before the first of them is told.
    let until = BEGIN.saturating_add(Duration::from_nanos(1));
    let reply = api
        .get(&format!("/events?since=0&until={until}&filters=%7B%22event%22:%5B%22create%22%5D%7D"))
        .await;
    assert_eq!(reply.text().lines().count(), 200, "{}", reply.text());
}

#[tokio::test]
async fn logs_are_those_that_were_written_until_then() {
    let api = Api::start().await;
    let id = api.run("web").await;
    let mut points = Vec::new();
    for number in 1..=3 {
        api.clock.advance(Duration::from_secs(10));
        api.fake.print(id, Stream::Stdout, format!("line {number}\n").as_bytes());
        points.push(format!("2024-01-01T00:00:{}Z", number * 10));
    }
    api.clock.advance(Duration::from_secs(10));
    let logs = async |point: &str, more: &str| {
        let reply = api.at(point, &format!("/containers/web/logs?stdout=1{more}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        // Each line has a header of eight bytes.
        reply
            .body
            .chunks(8 + 7)
            .map(|line| String::from_utf8_lossy(&line[8..]).into_owned())
            .collect::<String>()
    };
    assert_eq!(logs(&points[0], "").await, "line 1\n");
    assert_eq!(logs(&points[1], "").await, "line 1\nline 2\n");
    assert_eq!(logs(&points[1], "&tail=1").await, "line 2\n");
    // Nothing is followed: the answer ends although the container runs.
    assert_eq!(logs(&points[2], "&tail=2&follow=1").await, "line 2\nline 3\n");
    let point = api.later(1);
    api.stop_and_remove("web").await;
    let reply = api.at(point, "/containers/web/logs?stdout=1").await;
    assert_eq!(reply.status, 410);
    assert!(
        reply.message().contains("the output of container web, which was removed since"),
        "{}",
        reply.message()
    );
}

#[tokio::test]
async fn the_present_is_answered_beside_the_past() {
    let api = Api::start().await;
    api.run("web").await;
    let point = Seq::new(api.later(1));
    api.stop_and_remove("web").await;
    for _ in 0..3 {
        assert_eq!(names(&api.at(point, "/containers/json").await), ["/web"]);
        assert!(names(&api.get("/containers/json?all=1").await).is_empty());
    }
}
