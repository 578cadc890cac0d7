//! Pools, as calls come by them: the label, the wait, the refusal.

use journal_domain::{Command, Pool, PoolCommand, SetPools};
use journal_log::{Actor, Outcome, RequestId};
use projector_engine::Submission;
use serde_json::{Value, json};

use super::harness::Api;

/// A server with a pool in which one runs and one waits.
async fn start(tenants: &[&str]) -> Api {
    let api = Api::start().await;
    let pool = Pool {
        name: "ci".parse().unwrap(),
        running_max: 1.try_into().ok(),
        queue_max: 1,
        nano_cpus: None,
        memory_bytes: None,
        tenants: tenants.iter().map(|&who| who.to_owned()).collect(),
    };
    let command = Command::from(PoolCommand::from(SetPools { pools: vec![pool] }));
    let (actor, request) = (Actor::default(), RequestId::NONE);
    api.handle.submit(Submission { actor, request, cause: None, command }).await.unwrap();
    api
}

fn labelled(pool: &str) -> Value {
    json!({"Labels": {"com.sockerless.pool": pool}})
}

async fn pool(api: &Api, name: &str) -> Value {
    api.get(&format!("/containers/{name}/json")).await.json()["Pool"].clone()
}

/// Starts a container that has to wait, and waits until it does.
async fn queue(api: &Api, name: &str) -> tests_inside::Reply {
    let path = format!("/containers/{name}/start");
    let begun = api.post(&path);
    let seen = api.until(async || (pool(api, name).await["Position"] == 1).then_some(()));
    let withdrawn = async {
        seen.await;
        let path = format!("/containers/{name}/kill");
        assert_eq!(api.post(&path).await.status, 204);
    };
    tokio::join!(begun, withdrawn).0
}

#[tokio::test]
async fn a_label_names_the_pool_and_one_that_nobody_knows_is_a_bad_request() {
    let api = start(&[]).await;
    api.create("here", labelled("ci")).await;
    assert_eq!(pool(&api, "here").await, json!({"Name": "ci"}));
    api.create("apart", json!({})).await;
    assert_eq!(pool(&api, "apart").await, Value::Null);
    for (name, why) in [("other", "no such pool: other"), ("a b", "invalid pool name \"a b\"")] {
        let body = json!({"Image": "busybox", "Cmd": ["a"], "Labels": labelled(name)["Labels"]});
        let reply = api.post_json("/containers/create", &body).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert!(reply.message().contains(why), "{}", reply.message());
    }
}

#[tokio::test]
async fn who_calls_has_a_pool_where_the_label_says_nothing() {
    let own = format!("uid:{}", rustix::process::geteuid().as_raw());
    let api = start(&[&own]).await;
    api.create("mine", json!({})).await;
    assert_eq!(pool(&api, "mine").await, json!({"Name": "ci"}));
}

#[tokio::test]
async fn a_start_that_waits_is_answered_when_its_turn_comes() {
    let api = start(&[]).await;
    for name in ["one", "two", "three"] {
        api.create(name, labelled("ci")).await;
    }
    assert_eq!(api.post("/containers/one/start").await.status, 204);
    let begun = api.post("/containers/two/start");
    let others = async {
        api.until(async || (pool(&api, "two").await["Position"] == 1).then_some(())).await;
        assert_eq!(api.state("two").await["Status"], "created");
        let before = api.handle.snapshot().seq;
        let full = api.post("/containers/three/start").await;
        assert_eq!((full.status, full.header("retry-after")), (429, "5"), "{}", full.text());
        let (_, body) = api.records(before.next()).pop().unwrap();
        let Outcome::Refused { code: 19, message } = body.outcome else { panic!("{body:?}") };
        assert_eq!(message, full.message());
        let ci = "ci".parse().unwrap();
        assert_eq!(api.context().pool_refusals.of(&ci), 1);
        assert_eq!(api.post("/containers/one/kill").await.status, 204);
    };
    let (begun, ()) = tokio::join!(begun, others);
    assert_eq!(begun.status, 204, "{}", begun.text());
    assert_eq!(api.state("two").await["Status"], "running");
    assert_eq!(pool(&api, "two").await, json!({"Name": "ci"}));
}

#[tokio::test]
async fn a_start_that_is_taken_back_says_so_and_leaves_the_container() {
    let api = start(&[]).await;
    for name in ["one", "two"] {
        api.create(name, labelled("ci")).await;
    }
    assert_eq!(api.post("/containers/one/start").await.status, 204);
    let reply = queue(&api, "two").await;
    assert_eq!(reply.status, 409, "{}", reply.text());
    assert!(reply.message().contains("taken out of its pool's queue"), "{}", reply.message());
    assert_eq!(api.state("two").await["Status"], "created");
}

#[tokio::test]
async fn one_that_removes_itself_is_gone_when_its_start_is_taken_back() {
    let api = start(&[]).await;
    api.create("one", labelled("ci")).await;
    let mut body = labelled("ci");
    body["HostConfig"] = json!({"AutoRemove": true});
    api.create("two", body).await;
    assert_eq!(api.post("/containers/one/start").await.status, 204);
    let reply = queue(&api, "two").await;
    assert_eq!(reply.status, 409, "{}", reply.text());
    api.until(async || (api.get("/containers/two/json").await.status == 404).then_some(())).await;
}
