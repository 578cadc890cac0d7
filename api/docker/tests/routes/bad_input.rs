//! Input that no command can be made of: Docker's status, a message that says what is wrong, and nothing changes.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::harness::Api;

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let api = Api::start().await;
    let table: [(&str, &str, u16, &str); 7] = [
        ("application/json", "{\"Image\":", 400, "invalid JSON: "),
        ("application/json", "[1]", 400, "invalid JSON: "),
        ("application/json", "{\"Image\":7}", 400, "invalid JSON: field Image: "),
        (
            "application/json",
            "{\"HostConfig\":{\"Memory\":\"much\"}}",
            400,
            "invalid JSON: field HostConfig.Memory: ",
        ),
        ("application/json", "", 400, "config cannot be empty in order to create a container"),
        (
            "text/plain",
            "{}",
            400,
            "unsupported Content-Type header (text/plain): must be 'application/json'",
        ),
        ("application/json; charset=utf-8", "{}", 400, "no image specified"),
    ];
    for (content_type, body, status, begin) in table {
        let sent = Some((content_type, Bytes::copy_from_slice(body.as_bytes())));
        let reply = api.call(Method::POST, "/containers/create", sent).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text());
        assert!(reply.message().starts_with(begin), "{body}: {}", reply.message());
    }
    assert_eq!(api.get("/containers/json?all=1").await.json(), json!([]));
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_names_the_limit() {
    let api = Api::start().await;
    let body = json!({"Image": "busybox", "Cmd": ["x".repeat(300 * 1024)]}).to_string();
    let sent = Some(("application/json", Bytes::from(body)));
    let reply = api.call(Method::POST, "/containers/create", sent).await;
    assert_eq!(reply.status, 413);
    assert_eq!(reply.message(), "request body too large: the limit is 262144 bytes");
}

#[tokio::test]
async fn parameters_that_cannot_be_read_are_refused() {
    let api = Api::start().await;
    api.run("web").await;
    for (method, path, message) in [
        (
            Method::POST,
            "/containers/web/stop?t=soon",
            "strconv.Atoi: parsing \"soon\": invalid syntax",
        ),
        (Method::POST, "/containers/web/kill?signal=NOPE", "Invalid signal: NOPE"),
        (
            Method::POST,
            "/containers/web/resize?h=a&w=1",
            "strconv.Atoi: parsing \"a\": invalid syntax",
        ),
        (
            Method::POST,
            "/containers/web/resize?h=1",
            "the size of the terminal needs the parameter w",
        ),
        (Method::POST, "/containers/web/rename?name=", "Neither old nor new names may be empty"),
        (Method::GET, "/containers/json?limit=x", "strconv.Atoi: parsing \"x\": invalid syntax"),
        (Method::GET, "/containers/json?filters=%7B", "invalid filter"),
        (Method::GET, "/containers/json?filters=%zz", "invalid URL escape \"%zz\""),
        (Method::GET, "/images/json?filters=%7B%22a%22%3A%5B%5D%7D", "invalid filter 'a'"),
    ] {
        let reply = api.call(method, path, None).await;
        assert_eq!((reply.status, reply.message().as_str()), (400, message), "{path}");
    }
    assert_eq!(api.state("web").await["Running"], true);
}

#[tokio::test]
async fn a_start_with_a_body_is_refused_as_docker_does_since_1_24() {
    let api = Api::start().await;
    api.create("web", json!({})).await;
    let reply = api.post_json("/containers/web/start", &json!({"Memory": 1})).await;
    assert_eq!(reply.status, 400);
    assert_eq!(api.post_json("/containers/web/start", &json!({})).await.status, 204);
}
