//! Networks as clients see them: made, listed, joined, left, removed, and as they were.

use http::Method;
use journal_domain::ContainerId;
use projector_containers::Container;
use serde_json::{Value, json};

use super::harness::Api;

async fn create(api: &Api, body: Value) -> String {
    let reply = api.post_json("/networks/create", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["Id"].as_str().unwrap().to_owned()
}

async fn names(api: &Api) -> Vec<String> {
    let list = api.get("/networks").await.json();
    let networks = list.as_array().unwrap().iter();
    let mut names: Vec<String> =
        networks.map(|network| network["Name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_network_is_made_before_the_answer_and_gone_before_the_next() {
    let api = Api::start().await;
    let id = create(&api, json!({"Name": "back", "Labels": {"a": "b"}})).await;
    assert_eq!(api.fake.networks(), ["back"]);
    assert_eq!(names(&api).await, ["back", "bridge", "host", "none"]);
    let shown = api.get("/networks/back").await.json();
    assert_eq!((&shown["Id"], &shown["Labels"]), (&json!(id), &json!({"a": "b"})));
    let subnet = json!({"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"});
    assert_eq!(shown["IPAM"]["Config"], json!([subnet]), "the next one that is free");
    assert_eq!(api.delete("/networks/back").await.status, 204);
    assert!(api.fake.networks().is_empty());
    assert_eq!(api.get("/networks/back").await.status, 404);
}

#[tokio::test]
async fn a_network_that_cannot_be_made_is_none_and_says_why() {
    let api = Api::start().await;
    let body = json!({"Name": "back", "Options": {"fake.refused": "no bridges here"}});
    let reply = api.post_json("/networks/create", &body).await;
    assert_eq!((reply.status, reply.message()), (500, "no bridges here".to_owned()));
    assert_eq!(names(&api).await, ["bridge", "host", "none"]);
    create(&api, json!({"Name": "back"})).await;
}

#[tokio::test]
async fn what_is_not_built_is_refused_by_its_name() {
    let api = Api::start().await;
    for (body, status, word) in [
        (json!({"Name": "n", "Driver": "macvlan"}), 404, "plugin \"macvlan\" not found"),
        (json!({"Name": "n", "Driver": "host"}), 403, "only one instance of \"host\""),
        (
            json!({"Name": "n", "ConfigOnly": true, "Internal": true}),
            403,
            "Network operator fields",
        ),
        (json!({"Name": "n", "Ingress": true}), 501, "Ingress"),
        (json!({"Name": "n", "Scope": "swarm"}), 503, "not a swarm manager"),
        (json!({"Name": "n", "IPAM": {"Driver": "other"}}), 404, "plugin \"other\" not found"),
        (json!({"Name": "n", "IPAM": {"Options": {"a": "b"}}}), 501, "IPAM.Options"),
        (
            json!({"Name": "n", "Options": {"com.docker.network.bridge.inhibit_ipv4": "true"}}),
            501,
            "inhibit_ipv4",
        ),
        (
            json!({"Name": "n", "Options": {"com.docker.network.driver.mtu": "many"}}),
            400,
            "com.docker.network.driver.mtu",
        ),
        (
            json!({"Name": "n", "Options": {"com.docker.network.bridge.name": "a/../../b"}}),
            400,
            "invalid bridge name",
        ),
        (
            json!({"Name": "n", "Options": {"com.docker.network.bridge.name": "docker0"}}),
            403,
            "bridge docker0 is that of network bridge",
        ),
    ] {
        let reply = api.post_json("/networks/create", &body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text());
        assert!(reply.message().contains(word), "{body}: {}", reply.message());
    }
    assert_eq!(names(&api).await, ["bridge", "host", "none"]);
}

#[tokio::test]
async fn a_configuration_is_there_for_others_and_no_backend_knows_of_it() {
    let api = Api::start().await;
    let pool = json!({"Subnet": "10.9.0.0/24", "IPRange": "10.9.0.128/25"});
    let body = json!({"Name": "plan", "ConfigOnly": true, "Labels": {"a": "b"}, "IPAM": {"Config": [pool]}});
    create(&api, body).await;
    assert!(api.fake.networks().is_empty());
    let shown = api.get("/networks/plan").await.json();
    assert_eq!((&shown["ConfigOnly"], &shown["Driver"]), (&json!(true), &json!("null")));
    assert_eq!(shown["IPAM"]["Config"], json!([pool]));
    create(&api, json!({"Name": "back", "ConfigFrom": {"Network": "plan"}})).await;
    assert_eq!(api.fake.networks(), ["back"]);
    let shown = api.get("/networks/back").await.json();
    let expected = json!({"Network": "plan"});
    assert_eq!((&shown["ConfigFrom"], &shown["Labels"]), (&expected, &json!({"a": "b"})));
    assert_eq!(shown["IPAM"]["Config"][0]["Subnet"], "10.9.0.0/24");
    assert_eq!(api.delete("/networks/plan").await.status, 403);
    assert_eq!(api.post("/networks/prune").await.json()["NetworksDeleted"], json!(["back"]));
    assert_eq!(api.delete("/networks/plan").await.status, 204);
    assert_eq!(names(&api).await, ["bridge", "host", "none"]);
}

#[tokio::test]
async fn a_running_container_joins_and_leaves_by_the_backend() {
    let api = Api::start().await;
    create(&api, json!({"Name": "back"})).await;
    let id = api.run("web").await;
    let body = json!({"Container": "web", "EndpointConfig": {"Aliases": ["db"]}});
    assert_eq!(api.post_json("/networks/back/connect", &body).await.status, 200);
    assert_eq!(api.fake.wired(), [(id, "back".to_owned(), true)]);
    let shown = api.get("/networks/back").await.json();
    assert_eq!(shown["Containers"][id.to_string()]["IPv4Address"], "172.18.0.2/16");
    let names = api.fake.names().unwrap();
    assert_eq!(names.resolve(&id, "db"), names.resolve(&id, "web.back"));
    assert_eq!(api.delete("/networks/back").await.status, 403);
    let body = json!({"Container": "web"});
    assert_eq!(api.post_json("/networks/back/disconnect", &body).await.status, 200);
    assert_eq!(api.fake.wired().last(), Some(&(id, "back".to_owned(), false)));
    assert!(names.resolve(&id, "db").is_empty());
    assert_eq!(api.get("/networks/back").await.json()["Containers"], json!({}));
}

#[tokio::test]
async fn who_leaves_a_network_while_joining_it_has_joined_before() {
    let api = Api::start().await;
    create(&api, json!({"Name": "back"})).await;
    let id: ContainerId = api.create("web", json!({})).await.parse().unwrap();
    let is = |what: fn(&Container) -> bool| {
        let container = api.handle.snapshot().state.container(&id).cloned();
        what(&container.unwrap()).then_some(())
    };
    let body = json!({"Container": "web"});
    let outage = backends_core::Outage { reason: "not yet".into(), happens: false };
    api.fake.set_outage(Some(outage));
    let joins = async {
        api.until(async || is(Container::is_active)).await;
        api.post_json("/networks/back/connect", &body).await
    };
    let leaves = async {
        api.until(async || is(Container::is_rewired)).await;
        let leaves = api.post_json("/networks/back/disconnect", &body);
        let (left, ()) = tokio::join!(leaves, async { api.fake.set_outage(None) });
        left
    };
    let (started, joined, left) = tokio::join!(api.post("/containers/web/start"), joins, leaves);
    assert_eq!((started.status, joined.status, left.status), (204, 200, 200));
    assert_eq!(api.fake.wired(), [(id, "back".to_owned(), true), (id, "back".to_owned(), false)]);
    let networks = &api.get("/containers/web/json").await.json()["NetworkSettings"]["Networks"];
    assert!(networks.get("back").is_none(), "{networks}");
}

#[tokio::test]
async fn who_cannot_come_keeps_nobody_from_leaving() {
    let api = Api::start().await;
    create(&api, json!({"Name": "back"})).await;
    create(&api, json!({"Name": "front", "Options": {"fake.shut": "no way in"}})).await;
    let in_back = json!({"HostConfig": {"NetworkMode": "back"}});
    let id: ContainerId = api.create("web", in_back).await.parse().unwrap();
    let body = json!({"Container": "web"});
    // It is on its way to run, so both changes wait for that.
    let outage = backends_core::Outage { reason: "not yet".into(), happens: false };
    api.fake.set_outage(Some(outage));
    let is = |what: &dyn Fn(&Container) -> bool| {
        let container = api.handle.snapshot().state.container(&id).cloned();
        what(&container.unwrap()).then_some(())
    };
    let changes = |count: usize| {
        let changing = move |container: &Container| {
            container.endpoints.iter().filter(|one| one.is_changing()).count() == count
        };
        is(&changing)
    };
    let leaves = async {
        api.until(async || is(&Container::is_active)).await;
        api.post_json("/networks/back/disconnect", &body).await
    };
    let joins = async {
        api.until(async || changes(1)).await;
        api.post_json("/networks/front/connect", &body).await
    };
    let mends = async {
        api.until(async || changes(2)).await;
        api.fake.set_outage(None);
    };
    let starts = api.post("/containers/web/start");
    let (started, left, joined, ()) = tokio::join!(starts, leaves, joins, mends);
    assert_eq!((started.status, left.status, joined.status), (204, 200, 500), "{}", left.text());
    assert_eq!(joined.message(), "no way in");
    assert_eq!(api.fake.wired(), [(id, "back".to_owned(), false)]);
    let networks = &api.get("/containers/web/json").await.json()["NetworkSettings"]["Networks"];
    assert!(networks.get("back").is_none() && networks.get("front").is_none(), "{networks}");
}

#[tokio::test]
async fn a_backend_that_fails_leaves_the_container_as_it_was() {
    let api = Api::start().await;
    create(&api, json!({"Name": "back"})).await;
    api.run("web").await;
    let outage = backends_core::Outage { reason: "no way".into(), happens: false };
    api.fake.set_outage(Some(outage));
    let body = json!({"Container": "web"});
    let reply = api.post_json("/networks/back/connect", &body).await;
    assert_eq!((reply.status, reply.message()), (500, "no way".to_owned()));
    api.fake.set_outage(None);
    let networks = api.get("/containers/web/json").await.json();
    assert!(networks["NetworkSettings"]["Networks"].get("back").is_none(), "{networks}");
    assert_eq!(api.post_json("/networks/back/connect", &body).await.status, 200);
}

#[tokio::test]
async fn a_point_of_the_past_has_its_own_networks() {
    let api = Api::start().await;
    let before = api.handle.snapshot().seq;
    create(&api, json!({"Name": "back"})).await;
    let with = api.handle.snapshot().seq;
    assert_eq!(api.delete("/networks/back").await.status, 204);
    let count = async |point| {
        api.get(&format!("/at/{point}/networks")).await.json().as_array().unwrap().len()
    };
    assert_eq!((count(before).await, count(with).await), (3, 4));
    assert_eq!(api.get(&format!("/at/{with}/networks/back")).await.json()["Name"], "back");
    assert_eq!(api.get(&format!("/at/{before}/networks/back")).await.status, 404);
    let path = format!("/at/{with}/networks/back");
    assert_eq!(api.call(Method::DELETE, &path, None).await.status, 403);
}
