//! Images: import, load, list, inspect, tag, remove.

use bytes::Bytes;
use expect_test::expect;
use http::Method;
use journal_domain::{Command, ImageCommand};
use journal_log::Wire as _;
use serde_json::json;

use super::{
    archives,
    harness::{Api, Reply, image},
};

/// A tar archive of one file.
fn archive(name: &str, content: &[u8]) -> Bytes {
    archives::tar(&[(name, content)])
}

async fn send(api: &Api, path: &str, body: Bytes) -> Reply {
    api.call(Method::POST, path, Some(("application/x-tar", body))).await
}

#[tokio::test]
async fn an_import_makes_an_image_of_an_archive() {
    let api = Api::start().await;
    let before = api.handle.snapshot().seq;
    let path =
        "/images/create?fromSrc=-&repo=team/app&tag=v1&message=by+hand&changes=CMD+%5B%22a%22%5D";
    let reply = send(&api, path, archive("file", b"content")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let id = reply.json()["status"].as_str().unwrap().to_owned();
    assert!(id.starts_with("sha256:"), "{id}");
    let shown = api.get("/images/team/app:v1/json").await.json();
    assert_eq!(shown["Id"], id);
    assert_eq!((&shown["Comment"], &shown["Config"]["Cmd"]), (&json!("by hand"), &json!(["a"])));
    assert_eq!(shown["RepoTags"], json!(["team/app:v1"]));
    let records = api.records(before.next());
    let commands: Vec<Command> =
        records.iter().map(|(_, body)| Command::from_tagged(&body.command).unwrap()).collect();
    let [Command::Image(ImageCommand::OpenTransfer(open)), Command::Image(ImageCommand::Add(add))] =
        &commands[..]
    else {
        panic!("{commands:?}")
    };
    assert_eq!(open.id, add.transfer);
    assert_eq!(reply.header("x-sockerless-seq"), records[0].0.to_string());
}

#[tokio::test]
async fn an_import_that_fails_leaves_a_record_and_no_image() {
    let api = Api::start().await;
    let whole = archive("file", &[7; 100_000]);
    for (path, body, status) in [
        ("/images/create?fromSrc=-&repo=a", whole.slice(..40_000), 400),
        ("/images/create?fromSrc=-&repo=a&changes=RUN+x", whole.clone(), 400),
        ("/images/create?fromSrc=-&repo=UPPER", whole.clone(), 400),
        ("/images/create?fromSrc=http://x/y", whole.clone(), 501),
        ("/images/create", whole.clone(), 400),
    ] {
        let before = api.handle.snapshot().seq;
        let reply = send(&api, path, body).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        assert!(!reply.message().is_empty(), "{path}");
        assert!(!api.records(before.next()).is_empty(), "{path}");
    }
    assert_eq!(api.get("/images/json").await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_pull_is_refused_with_what_helps() {
    let api = Api::start().await;
    let reply = api.post("/images/create?fromImage=alpine&tag=3").await;
    assert_eq!(reply.status, 501);
    assert_eq!(
        reply.message(),
        "pulling alpine:3 is not possible: pulls from registries are not built yet; bring the image \
         here with docker load or docker import"
    );
}

#[tokio::test]
async fn a_load_that_fails_tells_so_in_its_stream() {
    let api = Api::start().await;
    let before = api.handle.snapshot().seq;
    let reply = send(&api, "/images/load", archive("readme", b"no image")).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
    expect![[r#"{"errorDetail":{"message":"the archive holds no images: it has no manifest.json, index.json or repositories"},"error":"the archive holds no images: it has no manifest.json, index.json or repositories"}"#]]
    .assert_eq(reply.text().trim());
    let last = api.records(before.next()).pop().unwrap().1;
    let command = Command::from_tagged(&last.command).unwrap();
    assert!(matches!(command, Command::Image(ImageCommand::FailTransfer(_))), "{command:?}");
}

#[tokio::test]
async fn an_image_that_no_record_can_hold_is_refused_with_the_limit_and_leaves_nothing() {
    let api = Api::start().await;
    let labels = json!({"config": {"Labels": {"long": "x".repeat(1 << 20)}}});
    let huge = archives::image(&["huge:latest"], &[archive("file", b"content")], labels);
    let reply = send(&api, "/images/load", huge).await;
    assert!(reply.text().contains("too large for the log"), "{}", reply.text());
    assert_eq!(api.get("/images/json").await.json().as_array().unwrap().len(), 1);
    let blobs = api.store().join("blobs/sha256");
    api.until(async || (std::fs::read_dir(&blobs).unwrap().count() == 0).then_some(())).await;
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_no_transfer_open() {
    use tokio::io::AsyncWriteExt as _;
    let api = Api::start().await;
    let before = api.handle.snapshot().seq;
    let mut stream = tokio::net::UnixStream::connect(&api.socket).await.unwrap();
    let head = "POST /images/load HTTP/1.1\r\nHost: d\r\nContent-Length: 100000\r\n\r\nsome bytes";
    stream.write_all(head.as_bytes()).await.unwrap();
    api.until(async || (!api.records(before.next()).is_empty()).then_some(())).await;
    drop(stream);
    let failed = async || {
        let last = api.records(before.next()).pop().unwrap().1;
        let command = Command::from_tagged(&last.command).unwrap();
        let Command::Image(ImageCommand::FailTransfer(fail)) = command else { return None };
        Some(fail)
    };
    assert!(!api.until(failed).await.reason.is_empty());
}

#[tokio::test]
async fn images_are_listed_by_filters() {
    let api = Api::start().await;
    let mut newer = image(2);
    newer.created = "2023-12-15T00:00:00Z".into();
    newer.config.labels.clear();
    api.add_image("newer", newer).await;
    for (filters, expected) in [
        ("", vec!["newer:latest", "busybox:latest"]),
        ("{\"reference\":[\"busy*\"]}", vec!["busybox:latest"]),
        ("{\"label\":[\"made=here\"]}", vec!["busybox:latest"]),
        ("{\"since\":[\"busybox\"]}", vec!["newer:latest"]),
        ("{\"before\":[\"newer\"]}", vec!["busybox:latest"]),
        ("{\"until\":[\"2023-12-10T00:00:00Z\"]}", vec!["busybox:latest"]),
        ("{\"dangling\":[\"true\"]}", vec![]),
        ("{\"dangling\":[\"false\"]}", vec!["newer:latest", "busybox:latest"]),
    ] {
        let filters =
            percent_encoding::utf8_percent_encode(filters, percent_encoding::NON_ALPHANUMERIC);
        let reply = api.get(&format!("/images/json?filters={filters}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let listed = reply.json();
        let tags: Vec<&str> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["RepoTags"][0].as_str().unwrap())
            .collect();
        assert_eq!(tags, expected, "{filters}");
    }
}

#[tokio::test]
async fn a_line_of_the_list_has_dockers_fields() {
    let api = Api::start().await;
    let line = |path: &'static str| async {
        let listed = api.get(path).await.json();
        listed[0].to_string()
    };
    expect![[r#"{"Containers":-1,"Created":1701388800,"Id":"sha256:0101010101010101010101010101010101010101010101010101010101010101","Labels":{"made":"here"},"ParentId":"","RepoDigests":[],"RepoTags":["busybox:latest"],"SharedSize":-1,"Size":1000000}"#]].assert_eq(&line("/images/json").await);
    let old = line("/v1.43/images/json?shared-size=1").await;
    assert!(old.contains(r#""SharedSize":0"#) && old.contains(r#""VirtualSize":1000000"#), "{old}");
}

#[tokio::test]
async fn an_image_is_found_by_name_id_and_prefix() {
    let api = Api::start().await;
    let id = format!("sha256:{}", "01".repeat(32));
    for way in ["busybox", "busybox:latest", "docker.io/library/busybox", &id, &id[7..], &id[7..19]]
    {
        let reply = api.get(&format!("/images/{way}/json")).await;
        assert_eq!((reply.status, &reply.json()["Id"]), (200, &json!(id)), "{way}");
    }
    let missing = api.get("/images/nosuch/json").await;
    assert_eq!((missing.status, missing.message().as_str()), (404, "No such image: nosuch:latest"));
}

#[tokio::test]
async fn names_come_and_the_last_one_takes_the_image() {
    let api = Api::start().await;
    for (path, status) in [
        ("/images/busybox/tag?repo=team/other&tag=v2", 201),
        ("/images/busybox/tag?repo=UPPER", 400),
        ("/images/busybox/tag?repo=", 400),
        ("/images/nosuch/tag?repo=a", 404),
    ] {
        let reply = api.post(path).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
    }
    let removed = api.delete("/images/team/other:v2").await;
    assert_eq!(removed.json(), json!([{"Untagged": "team/other:v2"}]));
    api.create("user", json!({})).await;
    let refused = api.delete("/images/busybox").await;
    assert_eq!(refused.status, 409);
    assert!(refused.message().contains("is using its referenced image"), "{}", refused.message());
    assert_eq!(api.delete("/containers/user").await.status, 204);
    let removed = api.delete("/images/busybox").await;
    let digest = format!("sha256:{}", "01".repeat(32));
    assert_eq!(
        removed.json(),
        json!([{"Untagged": "busybox:latest"}, {"Deleted": digest}, {"Deleted": digest}])
    );
    assert_eq!(api.delete("/images/busybox").await.status, 404);
}
