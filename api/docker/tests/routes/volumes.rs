//! Volumes as clients see them: made, listed, used, removed, pruned.

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::harness::{Api, image};

async fn create(api: &Api, name: &str) -> Value {
    let reply = api.post_json("/volumes/create", &json!({"Name": name})).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

async fn names(api: &Api, filters: Value) -> Vec<String> {
    let list = api.get(&format!("/volumes?{}", filtered(&filters))).await.json();
    let volumes = list["Volumes"].as_array().unwrap();
    volumes.iter().map(|volume| volume["Name"].as_str().unwrap().to_owned()).collect()
}

fn filtered(filters: &Value) -> String {
    format!("filters={}", utf8_percent_encode(&filters.to_string(), NON_ALPHANUMERIC))
}

#[tokio::test]
async fn a_volume_is_made_before_the_answer_and_once() {
    let api = Api::start().await;
    let body = json!({"Name": "data", "Labels": {"a": "b"}});
    let first = api.post_json("/volumes/create", &body).await;
    assert_eq!(first.status, 201);
    let made: Vec<String> = api.fake.volumes().iter().map(ToString::to_string).collect();
    assert_eq!(made, ["data"]);
    let volume = first.json();
    assert_eq!(volume["Labels"], json!({"a": "b"}));
    assert_eq!((&volume["Driver"], &volume["Scope"]), (&json!("local"), &json!("local")));
    assert!(volume["Mountpoint"].as_str().unwrap().ends_with("/volumes/data/_data"));
    assert_eq!(create(&api, "data").await, volume, "the volume that is there will do");
    assert_eq!(api.get("/volumes/data").await.json(), volume);
    let anonymous = api.post_json("/volumes/create", &json!({})).await.json();
    assert_eq!(anonymous["Name"].as_str().unwrap().len(), 64);
    assert_eq!(anonymous["Labels"], json!({"com.docker.volume.anonymous": ""}));
}

#[tokio::test]
async fn bad_volumes_are_refused_in_dockers_words() {
    let api = Api::start().await;
    for (body, status, text) in [
        (json!({"Name": "a"}), 400, "create a: volume name is too short"),
        (json!({"Name": "a/b"}), 400, "includes invalid characters for a local volume name"),
        (
            json!({"Name": "ab", "Driver": "foo"}),
            404,
            "create ab: error looking up volume plugin foo: plugin \"foo\" not found",
        ),
        (json!({"Name": "ab", "DriverOpts": {"x": "y"}}), 400, "create ab: invalid option: \"x\""),
        (
            json!({"Name": "ab", "DriverOpts": {"type": "tmpfs"}}),
            400,
            "create ab: missing required option: \"device\"",
        ),
        (
            json!({"Name": "ab", "DriverOpts": {"type": "nfs", "device": ":/x"}}),
            501,
            "not built yet",
        ),
    ] {
        let reply = api.post_json("/volumes/create", &body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.message());
        assert!(reply.message().contains(text), "{body}: {}", reply.message());
    }
    assert_eq!(api.get("/volumes/nosuch").await.message(), "get nosuch: no such volume");
    let reply = api.delete("/volumes/nosuch").await;
    assert_eq!((reply.status, reply.message().as_str()), (404, "get nosuch: no such volume"));
    assert_eq!(api.delete("/volumes/nosuch?force=1").await.status, 204);
    assert_eq!(
        api.get(&format!("/volumes?{}", filtered(&json!({"bad": ["x"]})))).await.status,
        400
    );
    assert!(api.fake.volumes().is_empty());
}

#[tokio::test]
async fn a_container_makes_its_volumes_and_holds_them() {
    let api = Api::start().await;
    let body = json!({"Image": "busybox", "Volumes": {"/anon": {}}, "HostConfig": {
        "Binds": ["data:/d:ro", "/host:/h"],
        "Mounts": [{"Type": "tmpfs", "Target": "/t"}],
    }});
    let reply = api.post_json("/containers/create?name=web", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.message());
    let copies: Vec<String> = api.fake.volume_copies().into_iter().map(|(_, path)| path).collect();
    assert!(copies.contains(&"/d".to_owned()) && copies.contains(&"/anon".to_owned()));
    let shown = api.get("/containers/web/json").await.json();
    assert_eq!(shown["HostConfig"]["Binds"], body["HostConfig"]["Binds"]);
    assert_eq!(shown["HostConfig"]["Mounts"], body["HostConfig"]["Mounts"]);
    assert_eq!(shown["Config"]["Volumes"], json!({"/anon": {}}));
    let mounts = shown["Mounts"].as_array().unwrap();
    let at = |path: &str| mounts.iter().find(|mount| mount["Destination"] == path).unwrap();
    assert_eq!((&at("/d")["Name"], &at("/d")["RW"]), (&json!("data"), &json!(false)));
    assert_eq!((&at("/h")["Type"], &at("/h")["Propagation"]), (&json!("bind"), &json!("rprivate")));
    assert_eq!((&at("/t")["Type"], &at("/t")["Source"]), (&json!("tmpfs"), &json!("")));
    let id = shown["Id"].as_str().unwrap();
    let reply = api.delete("/volumes/data?force=1").await;
    let text = format!("remove data: volume is in use - [{id}]");
    assert_eq!((reply.status, reply.message()), (409, text));
    assert_eq!(names(&api, json!({"dangling": ["true"]})).await, Vec::<String>::new());
    let users = filtered(&json!({"volume": ["data"]}));
    let listed = api.get(&format!("/containers/json?all=1&{users}")).await.json();
    assert_eq!(listed[0]["Mounts"], shown["Mounts"]);
    let sizes = api.get("/system/df").await.json();
    for volume in sizes["Volumes"].as_array().unwrap() {
        assert_eq!(volume["UsageData"], json!({"RefCount": 1, "Size": 4096}));
    }
    assert_eq!(api.delete("/containers/web?v=1").await.status, 204);
    assert_eq!(names(&api, json!({})).await, ["data"]);
    assert_eq!(api.delete("/volumes/data").await.status, 204);
    assert!(api.fake.volumes().is_empty());
}

#[tokio::test]
async fn an_images_volumes_are_the_containers() {
    let api = Api::start().await;
    let mut stored = image(4);
    stored.config.volumes = vec!["/var/lib/data".into()];
    api.add_image("stored", stored).await;
    api.post_json("/containers/create?name=db", &json!({"Image": "stored"})).await;
    let shown = api.get("/containers/db/json").await.json();
    assert_eq!(shown["Config"]["Volumes"], json!({"/var/lib/data": {}}));
    assert_eq!(shown["Mounts"][0]["Destination"], "/var/lib/data");
}

#[tokio::test]
async fn a_mounts_source_has_to_be_there_and_a_binds_has_not() {
    let api = Api::start().await;
    let mount = json!({"Type": "bind", "Source": "/nosuch", "Target": "/x"});
    let body = json!({"Image": "busybox", "HostConfig": {"Mounts": [mount]}});
    let reply = api.post_json("/containers/create", &body).await;
    let text = "invalid mount config for type \"bind\": bind source path does not exist: /nosuch";
    assert_eq!((reply.status, reply.message().as_str()), (400, text));
    let body = json!({"Image": "busybox", "HostConfig": {"Binds": ["/nosuch:/x"]}});
    assert_eq!(api.post_json("/containers/create", &body).await.status, 201);
}

#[tokio::test]
async fn a_prune_takes_all_volumes_only_from_old_clients_or_when_told() {
    let api = Api::start().await;
    let pruned = async |version: &str, filters: Value| {
        let path = format!("{version}/volumes/prune?{}", filtered(&filters));
        let reply = api.call(Method::POST, &path, None).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        (
            reply.json()["VolumesDeleted"].as_array().unwrap().len(),
            reply.json()["SpaceReclaimed"].clone(),
        )
    };
    create(&api, "one").await;
    api.post_json("/volumes/create", &json!({})).await;
    assert_eq!(pruned("/v1.42", json!({})).await, (1, json!(4096)));
    assert_eq!(names(&api, json!({})).await, ["one"]);
    assert_eq!(pruned("", json!({"all": ["true"], "label": ["x"]})).await.0, 0);
    assert_eq!(pruned("", json!({"all": ["true"]})).await.0, 1);
    create(&api, "two").await;
    assert_eq!(pruned("/v1.41", json!({})).await.0, 1);
    let path = format!("/volumes/prune?{}", filtered(&json!({"all": ["x"]})));
    assert_eq!(api.post(&path).await.status, 400);
}
