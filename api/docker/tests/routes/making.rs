//! Images made here: of a container, and of a Dockerfile; what is told of them and what is on record.

use backends_core::PathStat;
use bytes::Bytes;
use http::Method;
use journal_domain::{AddMade, Command, ContainerId, ImageCommand, ImageSource, OpenTransfer};
use journal_log::{Seq, Wire as _};
use serde_json::{Value, json};

use super::{
    archives::{image, tar},
    harness::{Api, Reply},
};

/// A server with an image `base`, whose configuration is in its store.
async fn with_base() -> Api {
    let api = Api::start().await;
    let config = json!({"config": {"Env": ["A=1"], "Cmd": ["sh"], "Labels": {"of": "base"}}});
    let archive = image(&["base:latest"], &[tar(&[("f", b"x")])], config);
    let loaded = send(&api, "/images/load", archive).await;
    assert!(loaded.text().contains("Loaded image: base:latest"), "{}", loaded.text());
    api
}

async fn send(api: &Api, path: &str, archive: Bytes) -> Reply {
    api.call(Method::POST, path, Some(("application/x-tar", archive))).await
}

async fn build(api: &Api, query: &str, dockerfile: &str) -> Reply {
    send(api, &format!("/build?{query}"), tar(&[("Dockerfile", dockerfile.as_bytes())])).await
}

async fn inspect(api: &Api, name: &str) -> Value {
    api.get(&format!("/images/{name}/json")).await.json()
}

/// Gives what was put on record of transfers since `from`.
fn recorded(api: &Api, from: Seq) -> Vec<String> {
    let commands =
        api.records(from).into_iter().map(|(_, body)| Command::from_tagged(&body.command).unwrap());
    commands
        .filter_map(|command| match command {
            Command::Image(ImageCommand::OpenTransfer(OpenTransfer { source, name, .. })) => {
                assert!(matches!(source, ImageSource::Build | ImageSource::Commit));
                Some(format!("open {name}"))
            }
            Command::Image(ImageCommand::AddMade(AddMade { images, end, .. })) => {
                let end = end.map_or(0, |end| end.names.len());
                Some(format!("made {} named {end}", images.len()))
            }
            Command::Image(ImageCommand::FailTransfer(fail)) => {
                Some(format!("fail {}", fail.reason))
            }
            Command::Container(_)
            | Command::Copy(_)
            | Command::Exec(_)
            | Command::Image(_)
            | Command::Network(_)
            | Command::Pod(_)
            | Command::Pool(_)
            | Command::System(_)
            | Command::Volume(_) => None,
        })
        .collect()
}

#[tokio::test]
async fn changes_are_numbers_and_none_are_null() {
    let api = Api::start().await;
    let id: ContainerId = api.create("web", json!({})).await.parse().unwrap();
    assert_eq!(api.get("/containers/web/changes").await.json(), Value::Null);
    api.fake.put_file(id, "/new", PathStat::default(), b"");
    let told = api.get("/containers/web/changes").await.json();
    assert_eq!(told, json!([{"Path": "/new", "Kind": 1}]));
    assert_eq!(api.get("/containers/nosuch/changes").await.status, 404);
}

#[tokio::test]
async fn a_commit_is_an_image_of_the_container_and_two_records() {
    let api = with_base().await;
    let more =
        json!({"Image": "base", "Env": ["B=2"], "Labels": {"own": "yes"}, "Cmd": ["run", "it"]});
    api.create("web", more).await;
    let before = api.handle.snapshot().seq;
    let path = "/commit?container=web&repo=made&tag=v1&comment=why&author=me&changes=EXPOSE%2080";
    let reply = api.post(path).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let name = "open docker.io/library/made:v1";
    assert_eq!(recorded(&api, before.next()), [name, "made 1 named 1"]);
    let made = inspect(&api, "made:v1").await;
    assert_eq!(made["Id"], reply.json()["Id"]);
    assert_eq!(made["Parent"], inspect(&api, "base").await["Id"]);
    assert_eq!((&made["Comment"], &made["Author"]), (&json!("why"), &json!("me")));
    let config = &made["Config"];
    assert_eq!(config["Labels"], json!({"of": "base", "own": "yes"}));
    assert_eq!(config["ExposedPorts"], json!({"80/tcp": {}}));
    let env = config["Env"].as_array().unwrap();
    assert!(env.contains(&json!("A=1")) && env.contains(&json!("B=2")), "{config}");
    let steps = api.get("/images/made:v1/history").await.json();
    assert_eq!((&steps[0]["CreatedBy"], &steps[0]["Comment"]), (&json!("run it"), &json!("why")));
}

#[tokio::test]
async fn a_commit_that_cannot_be_is_refused_before_it_is_open() {
    let api = with_base().await;
    api.create("web", json!({"Image": "base"})).await;
    for (query, status) in [
        ("container=nosuch", 404),
        ("container=web&changes=RUN%20x", 400),
        ("container=web&repo=UPPER", 400),
    ] {
        let before = api.handle.snapshot().seq;
        let reply = api.post(&format!("/commit?{query}")).await;
        assert_eq!(reply.status, status, "{query}: {}", reply.text());
        assert!(recorded(&api, before.next()).is_empty(), "{query}");
    }
}

#[tokio::test]
async fn steps_that_change_no_file_are_one_record_and_are_found_again() {
    let api = with_base().await;
    let before = api.handle.snapshot().seq;
    let dockerfile = "FROM base\nENV C=3\nLABEL l=m\nCMD x\n";
    let first = build(&api, "t=app&t=app:v2", dockerfile).await;
    assert_eq!(first.status, 200, "{}", first.text());
    assert!(first.text().contains("Successfully tagged app:v2"), "{}", first.text());
    let name = "open docker.io/library/app:latest";
    assert_eq!(recorded(&api, before.next()), [name, "made 3 named 0", "made 0 named 2"]);
    let again = build(&api, "t=app", dockerfile).await.text();
    assert_eq!(again.matches("Using cache").count(), 3, "{again}");
    let quiet = build(&api, "q=1", dockerfile).await.json();
    assert_eq!(
        quiet["stream"],
        format!("{}\n", inspect(&api, "app").await["Id"].as_str().unwrap())
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_build_is_told_with_a_status_or_in_the_stream() {
    let api = with_base().await;
    let before = api.handle.snapshot().seq;
    for (query, dockerfile, status, wanted) in [
        ("version=2", "FROM base\n", 501, "BuildKit"),
        ("squash=1", "FROM base\n", 400, "squash"),
        ("networkmode=container:x", "FROM base\nRUN go\n", 200, "No such container: x"),
        ("buildargs=x", "FROM base\n", 400, "error reading buildargs"),
        ("t=UPPER", "FROM base\n", 400, "must be lowercase"),
        ("remote=git@h:x.git", "", 501, "over SSH"),
        ("remote=ftp://h/x", "", 400, "could not be recognized as URL"),
        ("dockerfile=nosuch", "FROM base\n", 400, "Cannot locate specified Dockerfile: nosuch"),
        ("", "FROM base\nNOSUCH\n", 400, "unknown instruction: NOSUCH"),
        ("target=x", "FROM base\n", 200, "failed to reach build target x in Dockerfile"),
        ("", "FROM base\nEXPOSE x\n", 200, "Invalid containerPort: x"),
    ] {
        let reply = build(&api, query, dockerfile).await;
        assert_eq!(reply.status, status, "{query}: {}", reply.text());
        assert!(reply.text().contains(wanted), "{query}: {}", reply.text());
    }
    let told = recorded(&api, before.next());
    let count = |word: &str| told.iter().filter(|line| line.starts_with(word)).count();
    assert_eq!((count("open "), count("fail ")), (7, 7), "{told:?}");
    let left = std::fs::read_dir(api.store().join("layers")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 1, "only the layer of the base is there: {left:?}");
}

#[tokio::test]
async fn a_prune_takes_steps_that_nothing_needs() {
    let api = with_base().await;
    build(&api, "t=app", "FROM base\nENV C=3\nCMD x\n").await;
    let none = api.post("/build/prune").await.json();
    assert_eq!(none, json!({"CachesDeleted": null, "SpaceReclaimed": 0}));
    assert_eq!(api.delete("/images/app?noprune=1").await.status, 200);
    let told = api.post("/build/prune").await.json();
    assert_eq!(told["CachesDeleted"].as_array().unwrap().len(), 1, "{told}");
    let bad = api.post("/build/prune?filters=%7B%22nosuch%22%3A%5B%22x%22%5D%7D").await;
    assert_eq!(bad.status, 400);
}
