//! Listing: fields, filters, limits.

use std::time::Duration;

use expect_test::expect;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::harness::Api;

async fn names(api: &Api, path: &str) -> Vec<String> {
    let reply = api.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    let listed = reply.json();
    let name = |entry: &Value| entry["Names"][0].as_str().unwrap()[1..].to_owned();
    listed.as_array().unwrap().iter().map(name).collect()
}

async fn filtered(api: &Api, filters: Value) -> Vec<String> {
    let encoded = utf8_percent_encode(&filters.to_string(), NON_ALPHANUMERIC).to_string();
    names(api, &format!("/containers/json?all=1&filters={encoded}")).await
}

#[tokio::test]
async fn a_line_has_dockers_fields() {
    let api = Api::start().await;
    let id = api
        .create("web", json!({"Cmd": ["sh", "-c", "sleep 60"], "ExposedPorts": {"80/tcp": {}}}))
        .await;
    api.post("/containers/web/start").await;
    api.clock.advance(Duration::from_secs(125));
    let mut line = api.get("/containers/json").await.json()[0].take();
    assert_eq!(line["Id"].take(), id);
    line["NetworkSettings"]["Networks"]["bridge"]["EndpointID"].take();
    expect![[r#"
        {
          "Command": "sh -c 'sleep 60'",
          "Created": 1704067200,
          "HostConfig": {
            "NetworkMode": "bridge"
          },
          "Id": null,
          "Image": "busybox",
          "ImageID": "sha256:0101010101010101010101010101010101010101010101010101010101010101",
          "Labels": {
            "made": "here"
          },
          "Mounts": [],
          "Names": [
            "/web"
          ],
          "NetworkSettings": {
            "Networks": {
              "bridge": {
                "Aliases": null,
                "DNSNames": null,
                "DriverOpts": null,
                "EndpointID": null,
                "Gateway": "172.17.0.1",
                "GlobalIPv6Address": "",
                "GlobalIPv6PrefixLen": 0,
                "IPAMConfig": null,
                "IPAddress": "172.17.0.2",
                "IPPrefixLen": 16,
                "IPv6Gateway": "",
                "Links": null,
                "MacAddress": "02:42:ac:11:00:02",
                "NetworkID": "0909090909090909090909090909090909090909090909090909090909090909"
              }
            }
          },
          "Ports": [
            {
              "PrivatePort": 80,
              "Type": "tcp"
            }
          ],
          "State": "running",
          "Status": "Up 2 minutes"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&line).unwrap());
}

#[tokio::test]
async fn only_running_ones_are_listed_without_all_status_or_limit() {
    let api = Api::start().await;
    api.run("up").await;
    api.create("idle", json!({})).await;
    let id = api.run("over").await;
    api.fake.exit(id, 3).await;
    api.until(async || (api.state("over").await["Status"] == "exited").then_some(())).await;
    assert_eq!(names(&api, "/containers/json").await, ["up"]);
    assert_eq!(names(&api, "/containers/json?all=true").await, ["over", "idle", "up"]);
    assert_eq!(names(&api, "/containers/json?limit=2").await, ["over", "idle"]);
    assert_eq!(names(&api, "/containers/json?limit=0").await, ["up"]);
    let created = "/containers/json?filters=%7B%22status%22%3A%5B%22created%22%5D%7D";
    assert_eq!(names(&api, created).await, ["idle"]);
}

#[tokio::test]
async fn filters_narrow_the_list_down() {
    let api = Api::start().await;
    let one = api.create("one", json!({"Labels": {"a": "1", "b": ""}})).await;
    api.create("two", json!({"Labels": {"a": "2"}, "HostConfig": {"NetworkMode": "none"}})).await;
    let three = api.run("three").await;
    api.fake.exit(three, 4).await;
    api.until(async || (api.state("three").await["Status"] == "exited").then_some(())).await;
    for (filters, expected) in [
        (json!({}), vec!["three", "two", "one"]),
        (json!({"name": ["^/t"]}), vec!["three", "two"]),
        (json!({"name": ["^o.e$"]}), vec!["one"]),
        (json!({"name": ["("]}), vec![]),
        (json!({"name": {"two": true}}), vec!["two"]),
        (json!({"id": [one[..14]]}), vec!["one"]),
        (json!({"label": ["a"]}), vec!["two", "one"]),
        (json!({"label": ["a=1", "b"]}), vec!["one"]),
        (json!({"status": ["exited", "running"]}), vec!["three"]),
        (json!({"exited": ["4"]}), vec!["three"]),
        (json!({"exited": ["5"]}), vec![]),
        (json!({"before": ["two"]}), vec!["one"]),
        (json!({"since": ["one"], "label": ["a"]}), vec!["two"]),
        (json!({"ancestor": ["busybox:latest"]}), vec!["three", "two", "one"]),
        (json!({"ancestor": ["nosuch"]}), vec![]),
        (json!({"network": ["none"]}), vec!["two"]),
        (json!({"health": ["none"]}), vec!["three", "two", "one"]),
        (json!({"volume": ["data"]}), vec![]),
        (json!({"is-task": ["true"]}), vec![]),
    ] {
        assert_eq!(filtered(&api, filters.clone()).await, expected, "{filters}");
    }
}

#[tokio::test]
async fn filters_that_make_no_sense_are_refused() {
    let api = Api::start().await;
    for (filters, status, message) in [
        (json!({"nosuch": ["a"]}), 400, "invalid filter 'nosuch'"),
        (json!({"status": ["sleeping"]}), 400, "invalid filter 'status=[sleeping]'"),
        (json!({"health": ["fine"]}), 400, "invalid filter 'health=[fine]'"),
        (json!({"exited": ["x"]}), 400, "invalid filter 'exited=[x]'"),
        (json!({"expose": ["x"]}), 400, "invalid filter 'expose=[x]'"),
        (json!([1]), 400, "invalid filter"),
        (json!({"before": ["nosuch"]}), 404, "No such container: nosuch"),
    ] {
        let encoded = utf8_percent_encode(&filters.to_string(), NON_ALPHANUMERIC).to_string();
        let reply = api.get(&format!("/containers/json?filters={encoded}")).await;
        assert_eq!((reply.status, reply.message().as_str()), (status, message), "{filters}");
    }
}

#[tokio::test]
async fn an_image_whose_name_moved_is_shown_by_its_id() {
    let api = Api::start().await;
    api.create("old", json!({})).await;
    api.add_image("busybox", super::harness::image(2)).await;
    let line = api.get("/containers/json?all=1").await.json()[0].take();
    assert_eq!(line["Image"], format!("sha256:{}", "01".repeat(32)));
}
