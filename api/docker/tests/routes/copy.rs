//! Copies between containers and clients, and what is on record of them.

use api_types::go_file_mode;
use backends_core::PathStat;
use http::Method;
use journal_domain::{Command, CompleteCopy, ContainerId, CopyCommand, SystemCommand};
use journal_log::{Seq, Wire as _};

use super::harness::Api;

const ARCHIVE: Option<(&str, bytes::Bytes)> =
    Some(("application/x-tar", bytes::Bytes::from_static(b"a tar")));

async fn with_files() -> (Api, ContainerId) {
    let api = Api::start().await;
    let id: ContainerId = api.create("web", serde_json::json!({})).await.parse().unwrap();
    let stat = |name: &str, mode| PathStat {
        name: name.to_owned(),
        size_bytes: 7,
        mode,
        mtime: (1_577_934_245, 5_000_000),
        link_target: String::new(),
    };
    for (path, mode) in [("/", 0o040_755), ("/file", 0o100_644), ("/broken", 0o040_755)] {
        api.fake.put_file(id, path, stat(path, mode), b"archive");
    }
    (api, id)
}

/// Gives the copies on record since `from`, and the refusals.
fn recorded(api: &Api, from: Seq) -> Vec<String> {
    let commands =
        api.records(from).into_iter().map(|(_, body)| Command::from_tagged(&body.command).unwrap());
    commands
        .filter_map(|command| match command {
            Command::Copy(CopyCommand::Open(open)) => Some(format!("open {}", open.path)),
            Command::Copy(CopyCommand::Complete(CompleteCopy { sent_bytes, .. })) => {
                Some(format!("complete {sent_bytes}"))
            }
            Command::Copy(CopyCommand::Fail(fail)) => Some(format!("fail {}", fail.reason)),
            Command::System(SystemCommand::Reject(reject)) => {
                Some(format!("reject {} {}", reject.status, reject.reason))
            }
            Command::Container(_)
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
async fn a_look_and_a_read_have_the_stat_in_a_header_and_leave_no_record() {
    let (api, _) = with_files().await;
    let before = api.handle.snapshot().seq;
    let head = api.call(Method::HEAD, "/containers/web/archive?path=/file", None).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let stat = head.header("x-docker-container-path-stat").to_owned();
    let got = api.get("/v1.41/containers/web/archive?path=/file").await;
    assert_eq!((got.status, got.text().as_str()), (200, "archive"));
    assert_eq!(got.header("content-type"), "application/x-tar");
    assert_eq!(got.header("x-docker-container-path-stat"), stat);
    assert_eq!(go_file_mode(0o100_644), 0o644);
    let exported = api.get("/containers/web/export").await;
    assert_eq!((exported.status, exported.text().as_str()), (200, "archive"));
    assert_eq!(exported.header("content-type"), "application/octet-stream");
    assert_eq!(api.handle.snapshot().seq, before);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_dockers_words() {
    let (api, _) = with_files().await;
    for (path, status, words) in [
        ("/containers/web/archive?path=/no", 404, "Could not find the file /no in container web"),
        ("/containers/web/archive?path=", 400, "bad parameter: path cannot be empty"),
        ("/containers/web/archive", 400, "bad parameter: path cannot be empty"),
        ("/containers/none/archive?path=/", 404, "No such container: none"),
        ("/containers/none/export", 404, "No such container: none"),
    ] {
        let reply = api.get(path).await;
        assert_eq!((reply.status, reply.message().as_str()), (status, words), "{path}");
        let head = api.call(Method::HEAD, path, None).await;
        assert!(path.ends_with("export") || head.status == status, "{path}");
    }
}

#[tokio::test]
async fn a_copy_in_is_an_opening_record_and_a_closing_one() {
    let (api, id) = with_files().await;
    let before = api.handle.snapshot().seq;
    let path = "/containers/web/archive?path=/&noOverwriteDirNonDir=1&copyUIDGID=true";
    let reply = api.call(Method::PUT, path, ARCHIVE).await;
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(recorded(&api, before.next()), ["open /", "complete 5"]);
    let seq = api.handle.snapshot().seq.get().to_string();
    assert_eq!(reply.header("x-sockerless-seq"), seq);
    let copies = api.fake.copies();
    assert_eq!((copies[0].container, copies[0].archive.as_ref()), (id, b"a tar".as_slice()));
    assert!(copies[0].options.keep_kinds && copies[0].options.to_user);
}

#[tokio::test]
async fn a_copy_that_fails_is_on_record_with_its_reason() {
    let (api, _) = with_files().await;
    let before = api.handle.snapshot().seq;
    let reply = api.call(Method::PUT, "/containers/web/archive?path=/broken", ARCHIVE).await;
    assert_eq!((reply.status, reply.message().as_str()), (500, "it is broken"));
    let reply = api.call(Method::PUT, "/containers/web/archive?path=/file", ARCHIVE).await;
    assert_eq!(
        (reply.status, reply.message().as_str()),
        (400, "extraction point is not a directory")
    );
    let wanted =
        ["open /broken", "fail it is broken", "reject 400 extraction point is not a directory"];
    assert_eq!(recorded(&api, before.next()), wanted);
}

#[tokio::test]
async fn an_archive_that_breaks_off_ends_the_answer_with_it() {
    let (api, _) = with_files().await;
    let stream = tokio::net::UnixStream::connect(&api.socket).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("/containers/web/archive?path=/broken")
        .header("host", "docker")
        .body(http_body_util::Empty::<bytes::Bytes>::new())
        .unwrap();
    // The connection may be gone before even the head is out.
    let Ok(response) = sender.send_request(request).await else { return };
    let body = http_body_util::BodyExt::collect(response.into_body()).await;
    assert!(body.is_err(), "a part must not look like the whole");
}
