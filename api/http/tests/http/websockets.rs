//! Websockets: the handshake, and bytes in frames.

use api_http::ServerOptions;
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::harness::{Harness, PATIENCE, text};

async fn connect(harness: &Harness) -> WebSocketStream<UnixStream> {
    let stream = harness.connect().await;
    client_async("ws://localhost/ws", stream).await.expect("a websocket").0
}

async fn next(socket: &mut WebSocketStream<UnixStream>) -> Message {
    let next = timeout(PATIENCE, socket.next()).await.expect("a frame in time");
    next.expect("a frame").expect("a good frame")
}

#[tokio::test]
async fn what_comes_in_any_frame_goes_out_in_binary_ones() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut socket = connect(&harness).await;
    socket.send(Message::binary(&b"\0bytes"[..])).await.unwrap();
    assert_eq!(next(&mut socket).await, Message::binary(&b"\0bytes"[..]));
    socket.send(Message::text("words")).await.unwrap();
    assert_eq!(next(&mut socket).await, Message::binary(&b"words"[..]));
    socket.send(Message::binary(&b""[..])).await.unwrap();
    socket.send(Message::Ping("p".into())).await.unwrap();
    assert_eq!(next(&mut socket).await, Message::Pong("p".into()));
}

#[tokio::test]
async fn long_messages_come_back_whole_in_frames_of_64_kib() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut socket = connect(&harness).await;
    let long = vec![7; 300_000];
    socket.send(Message::binary(long.clone())).await.unwrap();
    let mut back = Vec::new();
    while back.len() < long.len() {
        let frame = next(&mut socket).await.into_data();
        assert!(frame.len() <= 64 * 1024);
        back.extend_from_slice(&frame);
    }
    assert!(back == long);
}

#[tokio::test]
async fn a_close_frame_is_the_end_of_input_and_is_answered() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut socket = connect(&harness).await;
    let close = CloseFrame { code: CloseCode::Normal, reason: "done".into() };
    socket.close(Some(close)).await.unwrap();
    assert!(matches!(next(&mut socket).await, Message::Close(_)));
    harness.seen.wait_for("ws ended").await;
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_websocket() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut socket = connect(&harness).await;
    let _ = socket.send(Message::binary(vec![0; 1_100_000])).await;
    harness.seen.wait_for("ws failed").await;
}

#[tokio::test]
async fn a_client_that_vanishes_ends_the_websocket() {
    let harness = Harness::start(ServerOptions::default()).await;
    drop(connect(&harness).await);
    harness.seen.wait_for("ws failed").await;
}

#[tokio::test]
async fn the_key_is_answered_as_the_standard_says() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let request = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let head = crate::harness::read_answer(&mut stream).await.head;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
}

#[tokio::test]
async fn handshakes_that_are_none_are_refused() {
    let harness = Harness::start(ServerOptions::default()).await;
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    let version = "Sec-WebSocket-Version: 13\r\n";
    let cases = [
        ("GET", String::new(), "must be a GET"),
        ("POST", format!("{upgrade}{version}{key}"), "must be a GET"),
        ("GET", format!("Upgrade: websocket\r\n{version}{key}"), "must be a GET"),
        ("GET", format!("Connection: Upgrade\r\nUpgrade: tcp\r\n{version}{key}"), "must be a GET"),
        ("GET", format!("{upgrade}{key}"), "only version 13"),
        ("GET", format!("{upgrade}Sec-WebSocket-Version: 8\r\n{key}"), "only version 13"),
        ("GET", format!("{upgrade}{version}"), "must be 16 bytes"),
        ("GET", format!("{upgrade}{version}{key}{key}"), "must be 16 bytes"),
        ("GET", format!("{upgrade}{version}Sec-WebSocket-Key: c2hvcnQ=\r\n"), "must be 16 bytes"),
        ("GET", format!("{upgrade}{version}Sec-WebSocket-Key: not base64\r\n"), "must be 16 bytes"),
    ];
    for (method, headers, why) in cases {
        let request =
            format!("{method} /ws HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: 0\r\n\r\n");
        let mut stream = harness.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = crate::harness::read_answer(&mut stream).await;
        assert_eq!(answer.status, 400, "{headers}");
        assert!(text(&answer.body).contains(why), "{headers}");
    }
}
