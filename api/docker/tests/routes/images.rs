//! Images: import, load, list, inspect, tag, remove.

use std::net::SocketAddr;

use bytes::Bytes;
use expect_test::expect;
use http::Method;
use journal_domain::{Command, ImageCommand};
use journal_log::Wire as _;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

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
        ("/images/create?fromSrc=file:///etc/passwd", whole.clone(), 403),
        ("/images/create?fromSrc=http://", whole.clone(), 400),
        ("/images/create?fromSrc=169.254.169.254/latest", whole.clone(), 403),
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

/// Answers requests on a port of this host: `/image` with an archive, `/cut` with half of it, `/away` with a redirect to
/// where clouds keep their secrets, and anything else with a no.
async fn web(archive: Bytes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let (whole, head) = (archive.len(), String::from_utf8(head).unwrap());
            let (line, body) = match head.split(' ').nth(1).unwrap() {
                "/image" => (format!("200 OK\r\ncontent-length: {whole}"), archive.clone()),
                "/cut" => {
                    (format!("200 OK\r\ncontent-length: {whole}"), archive.slice(..whole / 2))
                }
                "/away" => ("302 Found\r\nlocation: http://169.254.169.254/x".into(), Bytes::new()),
                _ => ("404 Not Found".into(), Bytes::from_static(b"there is nothing\n")),
            };
            let head = format!("HTTP/1.1 {line}\r\nconnection: close\r\n\r\n");
            stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn an_archive_is_fetched_from_a_url() {
    let api = Api::start().await;
    let tar = archive("file", &[7; 100_000]);
    let size = tar.len();
    let url = format!("{}/image", web(tar).await);
    let before = api.handle.snapshot().seq;
    let path = format!("/images/create?fromSrc={url}&repo=team/app&tag=v1");
    let reply = api.post(&path).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
    let told: Vec<Value> =
        reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told[0], json!({ "status": format!("Downloading from http://{url}") }));
    let [.., bar, end, id] = &told[..] else { panic!("{told:?}") };
    let whole = json!({"current": size, "total": size});
    assert_eq!((&bar["status"], &bar["progressDetail"]), (&json!("Importing"), &whole));
    assert_eq!(end, &json!({}));
    let shown = api.get("/images/team/app:v1/json").await.json();
    assert_eq!(id, &json!({ "status": shown["Id"] }));
    assert_eq!(shown["Comment"], format!("Imported from http://{url}"));
    assert_eq!(reply.header("x-sockerless-seq"), before.next().to_string());
}

#[tokio::test]
async fn what_a_url_does_not_give_is_told_with_a_status_or_in_the_stream() {
    let api = Api::start().await;
    let address = web(archive("file", &[7; 100_000])).await;
    for (path, status, message) in [
        (
            "none",
            404,
            format!(
                "failed to GET http://{address}/none with status 404 Not Found: there is nothing"
            ),
        ),
        ("away", 403, "169.254.169.254 is an address where a registry must not lead".to_owned()),
    ] {
        let before = api.handle.snapshot().seq;
        let reply = api.post(&format!("/images/create?fromSrc=http://{address}/{path}")).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert!(reply.message().ends_with(&message), "{}", reply.message());
        assert_eq!(api.records(before.next()).len(), 2, "it is opened, and failed");
    }
    let reply = api.post(&format!("/images/create?fromSrc=http://{address}/cut")).await;
    assert_eq!(reply.status, 200);
    let last: Value = serde_json::from_str(reply.text().lines().last().unwrap()).unwrap();
    assert!(last["error"].is_string(), "{}", reply.text());
    assert_eq!(api.get("/images/json").await.json().as_array().unwrap().len(), 1);
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

/// Loads an image of two layers, with a step between them that made none.
async fn load_steps(api: &Api, names: &[&str]) {
    let history = json!({"history": [
        {"created": "2023-12-01T00:00:00Z", "created_by": "ADD lower"},
        {"created": "2023-12-01T00:00:01Z", "created_by": "ENV A=1", "empty_layer": true},
        {"created": "2023-12-01T00:00:02Z", "created_by": "ADD upper", "comment": "the last"},
    ]});
    let layers = [archive("lower", &[1; 10]), archive("upper", &[2; 300])];
    let reply = send(api, "/images/load", archives::image(names, &layers, history)).await;
    assert!(reply.text().contains("Loaded image"), "{}", reply.text());
}

#[tokio::test]
async fn the_history_has_a_line_for_each_step_and_sizes_of_layers_only() {
    let api = Api::start().await;
    load_steps(&api, &["steps:v1", "steps:v2"]).await;
    let id = api.get("/images/steps:v1/json").await.json()["Id"].clone();
    let shown = api.get("/images/steps:v1/history").await.json();
    let line = |id, created_by, created, size, comment, tags| json!({"Id": id, "CreatedBy": created_by, "Created": created, "Size": size, "Comment": comment, "Tags": tags});
    let missing = json!("<missing>");
    let expected = json!([
        line(id, "ADD upper", 1_701_388_802, 300, "the last", json!(["steps:v1", "steps:v2"])),
        line(missing.clone(), "ENV A=1", 1_701_388_801, 0, "", json!(null)),
        line(missing, "ADD lower", 1_701_388_800, 10, "", json!(null)),
    ]);
    assert_eq!(shown, expected);
    let reply = api.get("/images/nosuch/history").await;
    assert_eq!((reply.status, reply.message().as_str()), (404, "No such image: nosuch:latest"));
}

#[tokio::test]
async fn a_saved_image_is_loaded_again_and_its_reading_is_on_record() {
    let api = Api::start().await;
    load_steps(&api, &["steps:v1", "steps:v2"]).await;
    let id = api.get("/images/steps:v1/json").await.json()["Id"].clone();
    let before = api.handle.snapshot().seq;
    let reply = api.get("/images/get?names=steps&names=steps:v1").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/x-tar"));
    assert_eq!(reply.header("content-length"), reply.body.len().to_string());
    let command = Command::from_tagged(&api.records(before.next())[0].1.command).unwrap();
    let Command::Image(ImageCommand::Save(save)) = command else { panic!("{command:?}") };
    assert_eq!(json!(save.images), json!([id]));
    assert_eq!(api.get("/images/steps:v2/get").await.status, 200);
    let other = Api::start().await;
    let loaded = send(&other, "/images/load", reply.body).await;
    assert!(loaded.text().contains("Loaded image: steps:v2"), "{}", loaded.text());
    let shown = other.get("/images/steps:v1/json").await.json();
    assert_eq!((&shown["Id"], &shown["RepoTags"]), (&id, &json!(["steps:v1", "steps:v2"])));
}

#[tokio::test]
async fn what_is_named_decides_which_tags_are_saved() {
    let api = Api::start().await;
    load_steps(&api, &["steps:v1", "team/steps:v2"]).await;
    let id = api.get("/images/steps:v1/json").await.json()["Id"].as_str().unwrap().to_owned();
    for (names, tags) in [
        ("names=steps", json!([["steps:v1"]])),
        ("names=steps:v1&names=team/steps", json!([["steps:v1", "team/steps:v2"]])),
        (&format!("names={id}"), json!([null])),
        (&format!("names={}", &id[7..19]), json!([null])),
        (&format!("names={}&names=team/steps:v2", &id[7..]), json!([["team/steps:v2"]])),
        ("", json!([])),
    ] {
        let reply = api.get(&format!("/images/get?{names}")).await;
        assert_eq!(reply.status, 200, "{names}: {}", reply.text());
        let mut archive = tar::Archive::new(&*reply.body);
        let mut entries = archive.entries().unwrap().map(Result::unwrap);
        let manifest = entries.find(|entry| entry.path_bytes() == &b"manifest.json"[..]).unwrap();
        let manifest: Vec<serde_json::Value> = serde_json::from_reader(manifest).unwrap();
        let found: Vec<_> = manifest.iter().map(|item| item["RepoTags"].clone()).collect();
        assert_eq!(json!(found), tags, "{names}");
    }
    for (names, status, message) in [
        ("nosuch", 404, "No such image: nosuch"),
        ("steps:nosuch", 404, "reference does not exist"),
        ("steps&names=nosuch", 404, "No such image: nosuch"),
        (
            "UPPER",
            400,
            "invalid reference format: repository name (library/UPPER) must be lowercase",
        ),
    ] {
        let reply = api.get(&format!("/images/get?names={names}")).await;
        assert_eq!((reply.status, reply.message().as_str()), (status, message), "{names}");
    }
}

#[tokio::test]
async fn an_image_whose_bytes_are_not_here_is_told_before_the_archive_begins() {
    // The state of these tests has an image that the store has not.
    let api = Api::start().await;
    for path in ["/images/busybox/get", "/images/busybox/history"] {
        let reply = api.get(path).await;
        assert_eq!(reply.status, 500, "{path}");
        assert!(reply.message().contains("not in the store"), "{path}: {}", reply.message());
    }
}

#[tokio::test]
async fn a_layer_that_is_damaged_cuts_the_archive() {
    let api = Api::start().await;
    load_steps(&api, &["steps:v1"]).await;
    let upper = backends_images::Digest::of(&archive("upper", &[2; 300])).to_hex();
    let blob = api.store().join("blobs/sha256").join(upper);
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[600] ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::UnixStream::connect(&api.socket).await.unwrap();
    let head = "GET /images/steps:v1/get HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // However the end is told, it comes before the announced length.
    drop(stream.read_to_end(&mut answer).await);
    let text = String::from_utf8_lossy(&answer);
    // The cut may overtake the head; then nothing has come at all.
    let announced = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let cut = announced.is_some_and(|bytes| answer.len() < bytes.parse::<usize>().unwrap());
    assert!(cut || answer.is_empty(), "{text}");
}

#[tokio::test]
async fn a_prune_takes_what_nobody_uses_and_tells_it() {
    let api = Api::start().await;
    load_steps(&api, &["steps:v1"]).await;
    let prune = |filters: &str| {
        let filters =
            percent_encoding::utf8_percent_encode(filters, percent_encoding::NON_ALPHANUMERIC);
        format!("/images/prune?filters={filters}")
    };
    let reply = api.post(&prune("")).await;
    assert_eq!(reply.json(), json!({"ImagesDeleted": null, "SpaceReclaimed": 0}));
    api.create("user", json!({})).await;
    let reply = api.post(&prune(r#"{"dangling":["false"]}"#)).await.json();
    assert_eq!(reply["SpaceReclaimed"], 310);
    let deleted = reply["ImagesDeleted"].as_array().unwrap();
    assert_eq!((deleted.len(), &deleted[0]), (4, &json!({"Untagged": "steps:v1"})));
    assert_eq!(api.get("/images/busybox/json").await.status, 200, "a container is made of it");
    for (filters, message) in [
        (r#"{"dangling":["x"]}"#, "invalid filter 'dangling=[x]'"),
        (r#"{"nosuch":["x"]}"#, "invalid filter 'nosuch'"),
        (r#"{"until":["1h","2h"]}"#, "more than one until filter specified"),
    ] {
        let reply = api.post(&prune(filters)).await;
        assert_eq!((reply.status, reply.message().as_str()), (400, message));
    }
}

#[tokio::test]
async fn a_pull_from_where_nobody_answers_fails_with_a_status_and_is_on_record() {
    let api = Api::start().await;
    let before = api.handle.snapshot().seq;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let reply = api.post(&format!("/images/create?fromImage={gone}/app&tag=v1")).await;
    assert_eq!(reply.status, 500);
    let expected = format!("Get \"http://{gone}/v2/\": Connection refused (os error 111)");
    assert_eq!(reply.message(), expected);
    let records = api.records(before.next());
    let command = Command::from_tagged(&records[1].1.command).unwrap();
    let Command::Image(ImageCommand::FailTransfer(failed)) = command else { panic!("{command:?}") };
    assert_eq!((records.len(), failed.reason), (2, expected));
}

#[tokio::test]
async fn a_pull_of_what_cannot_be_is_refused() {
    let api = Api::start().await;
    for (query, status) in [
        ("fromImage=UPPER&tag=1", 400),
        ("fromImage=a&tag=b:c", 400),
        ("fromImage=a&tag=sha256:12", 400),
        ("fromImage=a&tag=1&platform=a/b/c/d", 400),
        ("fromImage=a", 501),
    ] {
        let reply = api.post(&format!("/images/create?{query}")).await;
        assert_eq!(reply.status, status, "{query}: {}", reply.text());
    }
}
