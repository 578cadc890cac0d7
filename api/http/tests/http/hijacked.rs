//! Streams that leave HTTP: the switch, both half-closes, early bytes, and the way without an upgrade.

use std::time::Duration;

use api_http::ServerOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::harness::{Harness, PATIENCE, read_answer, read_to_end, text};

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

async fn upgraded(harness: &Harness, path: &str) -> UnixStream {
    let mut stream = harness.connect().await;
    let request = format!("POST /{path} HTTP/1.1\r\nHost: x\r\n{UPGRADE}\r\n");
    stream.write_all(request.as_bytes()).await.expect("writable");
    let answer = read_answer(&mut stream).await;
    assert_eq!(answer.status, 101);
    stream
}

async fn expect_bytes(stream: &mut UnixStream, wanted: &str) {
    let mut bytes = vec![0; wanted.len()];
    let read = timeout(PATIENCE, stream.read_exact(&mut bytes)).await;
    read.expect("bytes in time").expect("bytes");
    assert_eq!(text(&bytes), wanted);
}

#[tokio::test]
async fn the_switch_is_said_in_the_words_of_docker() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let request = format!("POST /attach HTTP/1.1\r\nHost: x\r\n{UPGRADE}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let head = read_answer(&mut stream).await.head.to_lowercase();
    assert!(head.starts_with("http/1.1 101 upgraded\r\n"), "{head}");
    for line in
        ["connection: upgrade", "upgrade: tcp", "content-type: application/vnd.docker.raw-stream"]
    {
        assert!(head.lines().any(|found| found == line), "{head}");
    }
    assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
    assert!(head.contains("\r\nserver: sockerless\r\n") && head.contains("\r\nx-request-id: "));
}

#[tokio::test]
async fn each_side_may_end_its_half_and_go_on_with_the_other() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = upgraded(&harness, "attach").await;
    stream.write_all(b"hello").await.unwrap();
    expect_bytes(&mut stream, "hello").await;
    stream.shutdown().await.unwrap();
    assert_eq!(text(&read_to_end(&mut stream).await), "bye");
    harness.seen.wait_for("read 5").await;
    harness.seen.wait_for("hangup").await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_ended_its_half_is_not_gone() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = upgraded(&harness, "attach-silent").await;
    stream.shutdown().await.unwrap();
    harness.seen.wait_for("read").await;
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(harness.seen.all(), ["read"]);
    drop(stream);
    harness.seen.wait_for("hangup").await;
}

#[tokio::test]
async fn a_client_that_vanishes_is_noticed() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = upgraded(&harness, "attach").await;
    stream.write_all(b"x").await.unwrap();
    drop(stream);
    harness.seen.wait_for("hangup").await;
}

#[tokio::test]
async fn bytes_that_come_with_the_request_are_the_first_of_the_stream() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let early = "e".repeat(100_000);
    let request = format!(
        "POST /attach HTTP/1.1\r\nHost: x\r\n{UPGRADE}Content-Length: 2\r\n\r\n{{}}{early}"
    );
    let (mut reader, mut writer) = stream.split();
    let write = async {
        writer.write_all(request.as_bytes()).await.unwrap();
        writer.write_all(b"late").await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let ((), all) = tokio::join!(write, read_to_end(&mut reader));
    let all = text(&all);
    let (_, echoed) = all.split_once("\r\n\r\n").unwrap();
    assert_eq!(echoed.len(), early.len() + 7);
    assert!(echoed.ends_with("eelatebye"));
    assert!(harness.seen.all().contains(&"attach upgrade=true body=2".to_owned()));
}

#[tokio::test]
async fn an_upgrade_over_tcp_works_as_well() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect_tcp().await;
    let request = format!("POST /attach HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 101);
    stream.write_all(b"hello").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(text(&read_to_end(&mut stream).await), "hellobye");
}

#[tokio::test]
async fn requests_that_ask_for_no_upgrade_to_tcp_get_a_body() {
    let harness = Harness::start(ServerOptions::default()).await;
    for headers in [
        "",
        "Upgrade: tcp\r\n",
        "Connection: Upgrade\r\n",
        "Connection: Upgrade\r\nUpgrade: h2c\r\n",
    ] {
        let mut stream = harness.connect().await;
        let request = format!("POST /attach HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert_eq!((answer.status, text(&answer.body)), (200, "bye".to_owned()), "{headers}");
        assert!(answer.head.contains("application/vnd.docker.raw-stream"), "{}", answer.head);
        // The connection is still one of HTTP.
        stream.write_all(b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert_eq!(read_answer(&mut stream).await.status, 200);
    }
}

#[tokio::test]
async fn without_an_upgrade_the_body_of_the_request_is_what_is_read() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let head = "POST /attach-stdin HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(format!("{head}3\r\none\r\n").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    while !text(&bytes).ends_with("3\r\none\r\n") {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
    stream.write_all(b"4\r\nmore\r\n").await.unwrap();
    expect_bytes(&mut stream, "4\r\nmore\r\n").await;
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    expect_bytes(&mut stream, "3\r\nbye\r\n0\r\n\r\n").await;
    harness.seen.wait_for("read 7").await;
}

#[tokio::test]
async fn the_head_of_an_answer_does_not_wait_for_its_body() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let head = "POST /attach-stdin HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    expect_bytes(&mut stream, "HTTP/1.1 200 OK\r\n").await;
}

#[tokio::test(start_paused = true)]
async fn without_an_upgrade_a_client_that_vanishes_is_noticed_too() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let head = "POST /attach-stdin HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(format!("{head}3\r\none\r\n").as_bytes()).await.unwrap();
    let mut byte = [0];
    stream.read_exact(&mut byte).await.unwrap();
    drop(stream);
    harness.seen.wait_for("hangup").await;
}

#[tokio::test]
async fn an_upgrade_with_a_long_unread_body_is_refused() {
    let harness = Harness::start(ServerOptions::default()).await;
    let request =
        format!("POST /attach-stdin HTTP/1.1\r\nHost: x\r\n{UPGRADE}Content-Length: 65537\r\n\r\n");
    let answers = harness.exchange(request.as_bytes()).await;
    assert_eq!(answers[0].status, 400);
    let seen = harness.seen.all();
    assert_eq!(seen, ["not accepted: reading the request's body before the upgrade failed"]);
}

#[tokio::test]
async fn a_route_that_answers_otherwise_gets_no_stream() {
    let harness = Harness::start(ServerOptions::default()).await;
    let request = format!("POST /attach-lies HTTP/1.1\r\nHost: x\r\n{UPGRADE}\r\n");
    let mut stream = harness.connect().await;
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 409);
    drop(stream);
    harness.seen.wait_for("not opened: the request was answered without the upgrade").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_carries_much_in_both_directions_without_loss() {
    const MEGABYTES: usize = 64;
    let harness = Harness::start(ServerOptions::default()).await;
    let stream = upgraded(&harness, "attach").await;
    let (mut reader, mut writer) = stream.into_split();
    let chunk: Vec<u8> =
        (0..1_u32 << 20).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let expected = chunk.clone();
    let since = tokio::time::Instant::now();
    let writing = tokio::spawn(async move {
        for _ in 0..MEGABYTES {
            writer.write_all(&chunk).await.expect("writable");
        }
        writer.shutdown().await.expect("writable");
    });
    let mut buffer = vec![0; expected.len()];
    for _ in 0..MEGABYTES {
        reader.read_exact(&mut buffer).await.unwrap();
        assert!(buffer == expected);
    }
    writing.await.unwrap();
    assert_eq!(text(&read_to_end(&mut reader).await), "bye");
    println!("{MEGABYTES} MB there and back in {:?}", since.elapsed());
    assert!(since.elapsed() < Duration::from_secs(60));
}
