//! What is done round every request: identity, ids, errors, bodies, hooks, clients that go away.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api_http::{Answered, Observer, ServerOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{Answer, ECHO_MAX_BYTES, Harness, read_answer, read_to_end, text};

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.head.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// Checks the form of an error of this level.
fn check_error(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.head);
    assert_eq!(header(answer, "content-type"), Some("application/json"), "{}", answer.head);
    assert_eq!(header(answer, "server"), Some("sockerless"), "{}", answer.head);
    assert_eq!(header(answer, "connection"), Some("close"), "{}", answer.head);
    let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let members = body.as_object().expect("an object");
    assert_eq!(members.len(), 1);
    assert!(members["message"].as_str().is_some_and(|message| message.len() > 5), "{body}");
}

#[tokio::test]
async fn answers_carry_the_server_and_an_id_of_their_own() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let mut ids = HashSet::new();
    for _ in 0..20 {
        let request = b"GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: chosen\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert_eq!(header(&answer, "server"), Some("sockerless"));
        let id = header(&answer, "x-request-id").unwrap().to_owned();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        ids.insert(id);
    }
    assert_eq!(ids.len(), 20);
}

#[tokio::test]
async fn routes_know_who_asks() {
    let harness = Harness::start(ServerOptions::default()).await;
    let request = b"GET /peer HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = harness.connect().await;
    stream.write_all(request).await.unwrap();
    let answer = read_answer(&mut stream).await;
    let uid = rustix::process::getuid().as_raw();
    let id = header(&answer, "x-request-id").unwrap();
    let expected = format!("uid:{uid} unix:{} {id}", harness.path.display());
    assert_eq!(text(&answer.body), expected);
    let mut stream = harness.connect_tcp().await;
    stream.write_all(request).await.unwrap();
    let answer = text(&read_answer(&mut stream).await.body);
    assert!(answer.starts_with("tcp:127.0.0.1 tcp:127.0.0.1:"), "{answer}");
}

#[tokio::test]
async fn errors_below_the_routes_are_messages_in_json() {
    let harness = Harness::start(ServerOptions::default()).await;
    let long_target = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(65_535));
    let many_headers = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(100));
    let big_head = format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "b".repeat(140_000));
    let cases = [
        ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (&*long_target, 414),
        (&*many_headers, 431),
        (&*big_head, 431),
        ("GET /panic HTTP/1.1\r\nHost: x\r\n\r\n", 500),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ];
    for (request, status) in cases {
        let answers = harness.exchange(request.as_bytes()).await;
        assert_eq!(answers.len(), 1, "{status}");
        check_error(&answers[0], status);
    }
}

#[tokio::test]
async fn an_error_after_a_good_request_is_a_message_too() {
    let harness = Harness::start(ServerOptions::default()).await;
    let answers = harness.exchange(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n").await;
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0].status, 200);
    check_error(&answers[1], 400);
}

#[tokio::test]
async fn answers_of_routes_are_left_as_they_are() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    for method in ["GET", "HEAD", "GET"] {
        let request = format!("{method} /missing HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert_eq!(answer.status, 404);
        assert_eq!(header(&answer, "content-type"), None);
        assert!(answer.body.is_empty());
        assert!(header(&answer, "x-request-id").is_some());
    }
}

#[tokio::test]
async fn bodies_are_read_up_to_the_limit_of_the_route() {
    let harness = Harness::start(ServerOptions::default()).await;
    let request = |length: usize| {
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        )
        .into_bytes()
    };
    for length in [0, 1, ECHO_MAX_BYTES] {
        let body = vec![b'x'; length];
        let answers = harness.exchange(&[request(length), body.clone()].concat()).await;
        assert_eq!((answers[0].status, &answers[0].body), (200, &body));
    }
    let limit = format!("request body too large: the limit is {ECHO_MAX_BYTES} bytes");
    // Announced: refused before it comes.
    let answers = harness.exchange(&request(ECHO_MAX_BYTES + 1)).await;
    assert_eq!((answers[0].status, text(&answers[0].body)), (413, limit.clone()));
    // Not announced: refused when it does.
    let chunk = format!("{ECHO_MAX_BYTES:x}\r\n{}\r\n1\r\n", "x".repeat(ECHO_MAX_BYTES));
    let head =
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answers = harness.exchange(format!("{head}{chunk}x\r\n0\r\n\r\n").as_bytes()).await;
    assert_eq!((answers[0].status, text(&answers[0].body)), (413, limit));
    let unseen = harness.seen.all().iter().filter(|seen| seen.ends_with("broken")).count();
    assert_eq!(unseen, 2);
}

#[tokio::test]
async fn a_client_that_sends_on_after_its_refusal_can_read_it() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect_tcp().await;
    let head = "POST /ignore HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![0; 3_000_000]).await.expect("the server takes it");
    let bytes = read_to_end(&mut stream).await;
    assert!(text(&bytes).starts_with("HTTP/1.1 409 Conflict\r\n"), "{}", text(&bytes));
}

#[tokio::test]
async fn a_client_that_waits_for_leave_to_send_gets_it_or_its_refusal() {
    let harness = Harness::start(ServerOptions::default()).await;
    let head = |length: usize| {
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let mut stream = harness.connect().await;
    stream.write_all(head(3).as_bytes()).await.unwrap();
    let mut leave = [0; 25];
    stream.read_exact(&mut leave).await.unwrap();
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"abc").await.unwrap();
    assert_eq!(read_answer(&mut stream).await.body, b"abc");
    let mut stream = harness.connect().await;
    stream.write_all(head(ECHO_MAX_BYTES + 1).as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 413);
}

#[tokio::test]
async fn a_client_that_ended_its_half_still_gets_its_answer() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(read_answer(&mut stream).await.body, b"abc");
}

#[tokio::test(start_paused = true)]
async fn a_request_is_given_up_when_its_client_is_gone_but_not_when_it_is_half_closed() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    stream.write_all(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    harness.seen.wait_for("hanging").await;
    stream.shutdown().await.unwrap();
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(harness.seen.all(), ["hanging"]);
    drop(stream);
    harness.seen.wait_for("given up").await;
}

#[tokio::test(start_paused = true)]
async fn over_tcp_a_half_closed_client_counts_as_gone_after_a_while() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect_tcp().await;
    stream.write_all(b"GET /hang HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    harness.seen.wait_for("hanging").await;
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(harness.seen.all(), ["hanging"]);
    stream.shutdown().await.unwrap();
    tokio::time::sleep(api_http::TCP_HALF_CLOSED_TIMEOUT / 2).await;
    assert_eq!(harness.seen.all(), ["hanging"]);
    tokio::time::sleep(api_http::TCP_HALF_CLOSED_TIMEOUT).await;
    assert_eq!(harness.seen.all(), ["hanging", "given up"]);
}

#[derive(Default)]
struct Recorder {
    open: AtomicUsize,
    closed: AtomicUsize,
    answers: Mutex<Vec<String>>,
}

impl Observer for Recorder {
    fn connection_opened(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    fn connection_closed(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }

    fn answered(&self, answer: &Answered<'_>) {
        let route = answer.route.map_or("-", |route| route.0);
        let line = format!("{} {route} {}", answer.method, answer.status.as_u16());
        self.answers.lock().expect("not poisoned").push(line);
    }
}

#[tokio::test]
async fn hooks_see_connections_and_answers_by_their_route() {
    let recorder = Arc::new(Recorder::default());
    let harness = Harness::observed(ServerOptions::default(), Arc::clone(&recorder) as _).await;
    for request in ["GET /some/path", "POST /other", "GET /missing", "GET /panic"] {
        let request = format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        harness.exchange(request.as_bytes()).await;
    }
    harness.server.stop(Duration::ZERO).await;
    let answers = recorder.answers.lock().unwrap().clone();
    assert_eq!(answers, ["GET /any 200", "POST /any 200", "GET - 404", "GET - 500"]);
    assert_eq!(recorder.open.load(Ordering::Relaxed), 4);
    assert_eq!(recorder.closed.load(Ordering::Relaxed), 4);
}
