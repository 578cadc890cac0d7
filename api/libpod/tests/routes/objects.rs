//! Images, networks and volumes in podman's shapes.

use serde_json::json;

use super::harness::Api;

#[tokio::test]
async fn an_image_that_is_there_is_not_pulled_again() {
    let api = Api::start().await;
    let pulled = api.post("/images/pull?policy=missing&reference=busybox").await.json();
    let id = "01".repeat(32);
    assert_eq!(pulled, json!({"images": [id], "id": id}));
    let absent = api.post("/images/pull?policy=never&reference=other").await;
    assert_eq!((absent.status, &absent.json()["cause"]), (404, &json!("image not known")));
}

#[tokio::test]
async fn images_are_told_with_their_registry_and_without_an_algorithm() {
    let api = Api::start().await;
    let line = api.get("/images/json").await.json()[0].clone();
    assert_eq!(line["RepoTags"], json!(["docker.io/library/busybox:latest"]));
    assert_eq!(line["Id"], "01".repeat(32));
    let shown = api.get("/images/docker.io%2Flibrary%2Fbusybox/json").await.json();
    assert_eq!(
        (&shown["Config"]["Cmd"], &shown["Labels"]),
        (&json!(["sh"]), &json!({"made": "here"}))
    );
    let again = api.get("/images/docker.io/library/busybox:latest/exists").await;
    assert_eq!(again.status, 204);
}

#[tokio::test]
async fn names_come_and_go_and_with_the_last_the_image() {
    let api = Api::start().await;
    assert_eq!(api.post("/images/busybox/tag?repo=localhost/app&tag=1").await.status, 201);
    assert_eq!(api.post("/images/busybox/untag?repo=localhost/app&tag=1").await.status, 201);
    let removed = api.delete("/images/remove?images=busybox&images=nosuch").await.json();
    assert_eq!(removed["Deleted"], json!(["01".repeat(32)]));
    assert_eq!(
        (&removed["ExitCode"], &removed["Errors"]),
        (&json!(1), &json!(["nosuch:latest: image not known"]))
    );
}

#[tokio::test]
async fn volumes_are_made_once() {
    let api = Api::start().await;
    let made = api.post_json("/volumes/create", json!({"Name": "data", "Label": {"a": "b"}})).await;
    assert_eq!((made.status, &made.json()["Labels"]), (201, &json!({"a": "b"})));
    let again = api.post_json("/volumes/create", json!({"Name": "data"})).await;
    assert!(again.json()["message"].as_str().unwrap().contains("volume already exists"));
    let welcome = json!({"Name": "data", "IgnoreIfExists": true});
    assert_eq!(api.post_json("/volumes/create", welcome).await.status, 201);
    assert_eq!(api.get("/volumes/json").await.json()[0]["Name"], "data");
    assert_eq!(api.delete("/volumes/data").await.status, 204);
    assert_eq!(api.get("/volumes/data/exists").await.status, 404);
}

#[tokio::test]
async fn networks_are_made_listed_and_removed() {
    let api = Api::start().await;
    let asked = json!({"name": "blue", "driver": "bridge", "labels": {"a": "b"}, "dns_enabled": true,
        "subnets": [{"subnet": "10.9.0.0/24", "gateway": "10.9.0.1"}]});
    let made = api.post_json("/networks/create", asked).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(made.json()["subnets"], json!([{"subnet": "10.9.0.0/24", "gateway": "10.9.0.1"}]));
    assert_eq!(api.get("/networks/blue/exists").await.status, 204);
    let nameless = api.post_json("/networks/create", json!({"driver": "bridge"})).await.json();
    assert_eq!(nameless["name"], "podman1");
    assert_eq!(api.delete("/networks/blue").await.json(), json!([{"Name": "blue", "Err": null}]));
    assert_eq!(api.delete("/networks/blue").await.json()["cause"], "network not found");
}

#[tokio::test]
async fn the_room_that_is_taken_is_told_and_what_nothing_uses_goes() {
    let api = Api::start().await;
    let (web, id) = (api.run("web", json!({})).await, "01".repeat(32));
    api.create("old", json!({})).await;
    assert_eq!(api.post_json("/volumes/create", json!({"Name": "data"})).await.status, 201);
    let used = api.get("/system/df").await.json();
    let image = &used["Images"][0];
    assert_eq!(
        (&image["Repository"], &image["Tag"], &image["ImageID"]),
        (&json!("docker.io/library/busybox"), &json!("latest"), &json!(id))
    );
    let names: Vec<_> = used["Containers"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 2, "{used}");
    assert!(
        names.iter().any(|one| one["ContainerID"] == web.as_str() && one["Status"] == "running")
    );
    let pruned = api.post("/system/prune").await.json();
    assert_eq!(pruned["ContainerPruneReports"].as_array().map(Vec::len), Some(1), "{pruned}");
    assert_eq!(pruned["VolumePruneReports"], json!([]), "nobody asked for them");
    let pruned = api.post("/system/prune?volumes=true").await.json();
    assert_eq!(pruned["VolumePruneReports"][0]["Id"], "data");
    assert_eq!(api.get(&format!("/containers/{web}/exists")).await.status, 204);
    assert_eq!(api.post("/system/prune?build=true").await.status, 501);
}

#[tokio::test]
async fn limits_are_changed_by_what_podman_calls_them() {
    let api = Api::start().await;
    let id = api.run("web", json!({})).await;
    let limits =
        json!({"memory": {"limit": 104_857_600}, "cpu": {"quota": 50_000, "period": 100_000}});
    let path = format!("/containers/{id}/update?restartPolicy=on-failure&restartRetries=3");
    assert_eq!(api.post_json(&path, limits).await.status, 201);
    let shown = api.get(&format!("/containers/{id}/json")).await.json();
    assert_eq!(
        (&shown["HostConfig"]["Memory"], &shown["HostConfig"]["RestartPolicy"]["Name"]),
        (&json!(104_857_600), &json!("on-failure"))
    );
    let other = json!({"health_cmd": "true"});
    let refused = api.post_json(&format!("/containers/{id}/update"), other).await;
    assert_eq!(
        (refused.status, &refused.json()["cause"]),
        (501, &json!("not built yet: health_cmd"))
    );
}

#[tokio::test]
async fn a_push_of_what_is_not_there_or_in_another_form_is_refused() {
    let api = Api::start().await;
    let absent = api.post("/images/nosuch/push?destination=localhost:5000/app:1").await;
    assert_eq!((absent.status, &absent.json()["cause"]), (404, &json!("image not known")));
    let refused = api.post("/images/busybox/push?compress=true").await;
    assert_eq!(
        (refused.status, &refused.json()["cause"]),
        (501, &json!("not built yet: compress"))
    );
}
