//! Times and numbers that end: slow clients, idle clients, many clients, and the end of the server.

use std::time::Duration;

use api_http::{HEAD_TIMEOUT, IDLE_TIMEOUT, ServerOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use crate::harness::{Harness, answers, read_answer, read_to_end, text};

const PING: &[u8] = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n";

/// Tells whether a time is `wanted`, with what the runtime's clock adds by its own steps.
fn check_elapsed(since: Instant, wanted: Duration) {
    let elapsed = since.elapsed();
    let slack = Duration::from_millis(50);
    assert!(elapsed >= wanted && elapsed < wanted + slack, "{elapsed:?}, wanted {wanted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_answered_408() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let since = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    let answers = answers(&wait_for_end(&mut stream).await);
    check_elapsed(since, HEAD_TIMEOUT);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].status, 408);
    assert!(text(&answers[0].body).starts_with("{\"message\":"));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_in_drops_gets_no_more_time() {
    let harness = Harness::start(ServerOptions::default()).await;
    for drop in ["a", "\r\n"] {
        let mut stream = harness.connect().await;
        let since = Instant::now();
        let (mut reader, mut writer) = stream.split();
        let dripping = async {
            while writer.write_all(drop.as_bytes()).await.is_ok() {
                sleep(HEAD_TIMEOUT / 10).await;
            }
        };
        let mut bytes = Vec::new();
        tokio::select! {
            () = dripping => {}
            _ = reader.read_to_end(&mut bytes) => {}
        }
        check_elapsed(since, HEAD_TIMEOUT);
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_lives_long_and_ends_in_silence() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    for _ in 0..3 {
        sleep(IDLE_TIMEOUT - Duration::from_secs(1)).await;
        stream.write_all(PING).await.unwrap();
        assert_eq!(read_answer(&mut stream).await.status, 200);
    }
    let since = Instant::now();
    assert_eq!(text(&wait_for_end(&mut stream).await), "");
    check_elapsed(since, IDLE_TIMEOUT);
}

/// As `read_to_end`, for ends that are far away on the paused clock.
async fn wait_for_end(stream: &mut UnixStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an end");
    bytes
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_never_asks_ends_too() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let since = Instant::now();
    assert_eq!(text(&wait_for_end(&mut stream).await), "");
    check_elapsed(since, IDLE_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_head_after_a_long_idle_time_has_all_its_time() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    stream.write_all(PING).await.unwrap();
    read_answer(&mut stream).await;
    sleep(IDLE_TIMEOUT / 2).await;
    stream.write_all(&PING[..20]).await.unwrap();
    sleep(HEAD_TIMEOUT - Duration::from_secs(1)).await;
    stream.write_all(&PING[20..]).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_is_not_cut_by_the_times_of_heads() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    stream.write_all(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    sleep(IDLE_TIMEOUT * 3).await;
    assert_eq!(harness.seen.all(), ["hanging"]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_given_up() {
    let options = ServerOptions::default();
    let idle = options.body_idle_timeout;
    let harness = Harness::start(options).await;
    let mut stream = harness.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc").await.unwrap();
    sleep(idle - Duration::from_secs(1)).await;
    stream.write_all(b"d").await.unwrap();
    let since = Instant::now();
    let answers = answers(&wait_for_end(&mut stream).await);
    assert_eq!((answers[0].status, text(&answers[0].body)), (408, "request body stalled".into()));
    let slack = Duration::from_secs(3);
    assert!(since.elapsed() >= idle && since.elapsed() < idle + slack, "{:?}", since.elapsed());
}

#[tokio::test]
async fn connections_over_the_limit_are_told_so() {
    let options = ServerOptions { connections_max: 2, ..ServerOptions::default() };
    let harness = Harness::start(options).await;
    let mut first = harness.connect().await;
    first.write_all(PING).await.unwrap();
    read_answer(&mut first).await;
    // A hijacked connection keeps its place.
    let mut second = harness.connect().await;
    let upgrade =
        b"POST /attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    second.write_all(upgrade).await.unwrap();
    read_answer(&mut second).await;
    let answers = harness.exchange(&[PING, PING].concat()).await;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].status, 503);
    assert_eq!(text(&answers[0].body), "{\"message\":\"too many connections\"}\n");
    drop(second);
    harness.seen.wait_for("hangup").await;
    let mut third = harness.connect().await;
    loop {
        third.write_all(PING).await.unwrap();
        // The place is free a moment after its stream was dropped.
        match read_answer(&mut third).await.status {
            200 => break,
            status => assert_eq!(status, 503),
        }
        third = harness.connect().await;
    }
}

#[tokio::test(start_paused = true)]
async fn silent_connections_over_the_limit_do_not_hold_what_refuses_them() {
    let options = ServerOptions { connections_max: 0, ..ServerOptions::default() };
    let harness = Harness::start(options).await;
    let mut silent = Vec::new();
    for _ in 0..api_http::REFUSALS_MAX * 2 {
        silent.push(harness.connect().await);
    }
    let since = Instant::now();
    let answers = harness.exchange(PING).await;
    assert_eq!(answers[0].status, 503);
    assert!(since.elapsed() < Duration::from_secs(11), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_stop_lets_requests_finish_and_removes_the_socket() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut idle = harness.connect().await;
    idle.write_all(PING).await.unwrap();
    read_answer(&mut idle).await;
    let mut busy = harness.connect().await;
    busy.write_all(
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    )
    .await
    .unwrap();
    let mut leave = [0; 25];
    busy.read_exact(&mut leave).await.unwrap();
    let path = harness.path.clone();
    let stopping = tokio::spawn(harness.server.stop(Duration::from_secs(20)));
    assert_eq!(text(&read_to_end(&mut idle).await), "");
    assert!(!path.exists());
    assert!(UnixStream::connect(&path).await.is_err());
    busy.write_all(b"abc").await.unwrap();
    let answers = answers(&read_to_end(&mut busy).await);
    assert_eq!((answers[0].status, &answers[0].body[..]), (200, &b"abc"[..]));
    assert_eq!(stopping.await.unwrap().cut, 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_clients_that_have_asked_nothing() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut silent = harness.connect().await;
    let mut slow = harness.connect().await;
    slow.write_all(&PING[..10]).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let since = Instant::now();
    assert_eq!(harness.server.stop(Duration::from_secs(30)).await.cut, 0);
    check_elapsed(since, Duration::ZERO);
    assert_eq!(text(&read_to_end(&mut silent).await), "");
    assert_eq!(text(&read_to_end(&mut slow).await), "");
}

#[tokio::test(start_paused = true)]
async fn a_stop_cuts_what_does_not_finish_in_time() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    stream.write_all(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    harness.seen.wait_for("hanging").await;
    let since = Instant::now();
    let grace = Duration::from_secs(30);
    assert_eq!(harness.server.stop(grace).await.cut, 1);
    check_elapsed(since, grace);
    assert_eq!(harness.seen.all(), ["hanging", "given up"]);
    assert_eq!(text(&read_to_end(&mut stream).await), "");
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    stream.write_all(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    harness.seen.wait_for("hanging").await;
    drop(harness.server);
    harness.seen.wait_for("given up").await;
    assert_eq!(text(&read_to_end(&mut stream).await), "");
}
