//! Pods, as podman's client leads them.

use serde_json::{Value, json};

use super::harness::Api;

/// Creates a pod and gives its id.
async fn create(api: &Api, name: &str, more: Value) -> String {
    let mut spec = json!({
        "name": name, "exit_policy": "continue", "shared_namespaces": ["ipc", "net", "uts"],
        "share_parent": true, "pidns": {"nsmode": "private"}, "userns": {}, "utsns": {},
        "netns": {}, "Networks": null, "resource_limits": {"cpu": {}},
    });
    for (field, value) in more.as_object().unwrap() {
        spec[field] = value.clone();
    }
    let reply = api.post_json("/pods/create", spec).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["Id"].as_str().unwrap().to_owned()
}

async fn state(api: &Api, name: &str) -> String {
    let shown = api.get(&format!("/pods/{name}/json")).await.json();
    shown["State"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_pod_is_created_shown_listed_and_removed() {
    let api = Api::start().await;
    let ports = json!([{"host_ip": "", "container_port": 80, "host_port": 8080, "range": 1,
        "protocol": ""}]);
    let id = create(&api, "front", json!({"labels": {"a": "b"}, "portmappings": ports})).await;
    let shown = api.get("/pods/front/json").await.json();
    assert_eq!(
        (&shown["Id"], &shown["State"], &shown["NumContainers"]),
        (&json!(id), &json!("Created"), &json!(1))
    );
    assert_eq!(shown["Hostname"], "front");
    assert_eq!(shown["InfraConfig"]["PortBindings"]["80/tcp"][0]["HostPort"], "8080");
    let line = api.get("/pods/json").await.json()[0].clone();
    assert_eq!((&line["Name"], &line["Labels"]), (&json!("front"), &json!({"a": "b"})));
    assert_eq!(line["InfraId"], shown["InfraContainerID"]);
    assert_eq!(api.get(&format!("/pods/{}/exists", &id[..12])).await.status, 204);
    let removed = api.delete("/pods/front").await.json();
    assert_eq!((&removed["Id"], &removed["Err"]), (&json!(id), &Value::Null));
    assert_eq!(api.get("/pods/front/exists").await.status, 404);
    assert_eq!(api.get("/containers/json?all=true").await.json(), json!([]));
}

#[tokio::test]
async fn a_name_in_use_is_a_conflict() {
    let api = Api::start().await;
    create(&api, "front", json!({})).await;
    let again = api.post_json("/pods/create", json!({"name": "front"})).await;
    assert_eq!(again.status, 409);
    assert!(again.json()["cause"].as_str().unwrap().contains("pod already exists"));
}

#[tokio::test]
async fn a_container_in_a_pod_shares_what_its_holder_has_and_has_it_run_first() {
    let api = Api::start().await;
    let pod = create(&api, "front", json!({})).await;
    api.run("web", json!({"pod": "front"})).await;
    assert_eq!(state(&api, "front").await, "Running");
    let shown = api.get("/containers/web/json").await.json();
    let holder = api.get("/pods/front/json").await.json()["InfraContainerID"].clone();
    let mode = format!("container:{}", holder.as_str().unwrap());
    assert_eq!((&shown["Pod"], &shown["HostConfig"]["NetworkMode"]), (&json!(pod), &json!(mode)));
    assert_eq!(shown["HostConfig"]["IpcMode"], json!(mode));
    let lines = api.get("/containers/json").await.json();
    let infra = lines.as_array().unwrap().iter().find(|line| line["IsInfra"] == true).unwrap();
    assert_eq!((&infra["Id"], &infra["PodName"]), (&holder, &json!("front")));
    let fake = api.fake.workload(shown["Id"].as_str().unwrap().parse().unwrap()).unwrap();
    assert!(fake.peers.contains_key(holder.as_str().unwrap()));
}

#[tokio::test]
async fn what_is_done_to_a_pod_is_done_to_each_container() {
    let api = Api::start().await;
    create(&api, "front", json!({})).await;
    for name in ["web", "side"] {
        api.create(name, json!({"pod": "front"})).await;
    }
    assert_eq!(api.post("/pods/front/start").await.status, 200);
    assert_eq!(state(&api, "front").await, "Running");
    assert_eq!(api.post("/pods/front/start").await.status, 304);
    assert_eq!(api.post("/pods/front/pause").await.json()["Errs"], Value::Null);
    assert_eq!(state(&api, "front").await, "Paused");
    assert_eq!(api.post("/pods/front/unpause").await.status, 200);
    let web: Value = api.get("/containers/web/json").await.json();
    assert!(api.fake.exit(web["Id"].as_str().unwrap().parse().unwrap(), 0).await);
    assert_eq!(api.post("/containers/web/wait").await.text().trim(), "0");
    assert_eq!(state(&api, "front").await, "Degraded");
    assert_eq!(api.post("/pods/front/stop?t=1").await.status, 200);
    assert_eq!(state(&api, "front").await, "Exited");
    assert_eq!(api.post("/pods/front/stop").await.status, 304);
    assert_eq!(api.post("/pods/prune").await.json().as_array().unwrap().len(), 1);
    assert_eq!(api.get("/pods/json").await.json(), json!([]));
}

#[tokio::test]
async fn a_pod_that_runs_is_removed_by_force_alone() {
    let api = Api::start().await;
    create(&api, "front", json!({})).await;
    api.run("web", json!({"pod": "front"})).await;
    let refused = api.delete("/pods/front").await;
    assert_eq!(refused.status, 409);
    assert!(refused.json()["message"].as_str().unwrap().contains("without force"));
    let infra = api.get("/pods/front/json").await.json()["InfraContainerID"].clone();
    let alone = api.delete(&format!("/containers/{}?force=true", infra.as_str().unwrap())).await;
    assert_eq!(alone.status, 409);
    assert_eq!(api.delete("/pods/front?force=true").await.status, 200);
    assert_eq!(api.get("/containers/web/exists").await.status, 404);
}

#[tokio::test]
async fn what_is_not_built_of_pods_is_refused_by_name() {
    let api = Api::start().await;
    let refused =
        async |spec: Value| api.post_json("/pods/create", spec).await.json()["message"].clone();
    assert_eq!(refused(json!({"exit_policy": "stop"})).await, "not built yet: exit_policy=stop");
    assert_eq!(refused(json!({"infra_image": "x"})).await, "not built yet: infra_image");
    assert_eq!(
        refused(json!({"shared_namespaces": ["cgroup"]})).await,
        "not built yet: shared_namespaces=cgroup"
    );
    let absent =
        api.post_json("/containers/create", json!({"image": "busybox", "pod": "nosuch"})).await;
    assert_eq!((absent.status, &absent.json()["cause"]), (404, &json!("no such pod")));
    assert_eq!(
        api.get("/pods/json?filters=%7B%22label%22%3A%5B%22a%22%5D%7D").await.json(),
        json!([])
    );
}
