//! Paths that no route takes.

use http::Method;
use serde_json::json;

use super::harness::Api;

#[tokio::test]
async fn a_path_that_docker_does_not_have_is_404() {
    let api = Api::start().await;
    for path in ["/", "/nothing", "/v1.47/nothing/here", "/containers/a/b/c", "/containers"] {
        let reply = api.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.json(), json!({"message": "page not found"}), "{path}");
        assert_eq!(reply.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn a_route_that_is_not_built_yet_is_501_and_named() {
    let api = Api::start().await;
    for (method, path, named) in [
        (Method::POST, "/session", "BuildKit"),
        (Method::POST, "/plugins/pull", "docker plugin install"),
        (Method::PUT, "/volumes/data", "docker volume update"),
        (Method::POST, "/v1.47/swarm/init", "docker swarm init"),
    ] {
        let reply = api.call(method.clone(), path, None).await;
        assert_eq!(reply.status, 501, "{method} {path}");
        let message = reply.message();
        assert!(message.contains(&format!("{named} is not supported yet")), "{message}");
    }
}

#[tokio::test]
async fn what_is_of_a_swarm_is_503_for_this_is_none() {
    let api = Api::start().await;
    for path in ["/swarm", "/v1.47/nodes", "/services", "/tasks", "/secrets/x", "/configs"] {
        let reply = api.get(path).await;
        assert_eq!(reply.status, 503, "{path}");
        assert!(reply.message().starts_with("This node is not a swarm manager."), "{path}");
        assert_eq!(reply.header("retry-after"), "", "{path}: there is nothing to wait for");
    }
    assert_eq!(api.post("/swarm/join").await.status, 501);
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_404() {
    let api = Api::start().await;
    assert_eq!(api.delete("/info").await.status, 404);
    assert_eq!(api.post("/containers/json").await.status, 404);
    assert_eq!(api.get("/containers/create").await.status, 404);
}
