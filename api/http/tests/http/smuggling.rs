//! A corpus of requests that two readers could understand in two ways.
//!
//! Each case is one connection. Whatever the bytes, the routes see at most the one request that our framing rule
//! finds in them, there is one answer to each, and no byte after a doubtful request is read as another request.

use api_http::ServerOptions;
use tokio::io::AsyncWriteExt;

use crate::harness::{Harness, read_answer, text};

/// What a case must lead to.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// One error with this status, nothing seen by the routes, and the end of the connection.
    Refused(u16),
    /// The routes see exactly this, there is one answer with 200, and the connection ends.
    AnsweredAndClosed(&'static str),
    /// The routes see exactly this, there is one answer with 200, and the connection lives on.
    Answered(&'static str),
    /// The routes see a body that breaks, there is one error, and the connection ends.
    Broken,
}
use Then::{Answered, AnsweredAndClosed, Broken, Refused};

/// What an attacker hopes to have read as a second request.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/// Requests with both lengths, or lengths that differ: CL.TE, TE.CL, CL.CL.
const LENGTHS: &[(&str, Then)] = &[
    (
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        AnsweredAndClosed("POST / 0"),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        AnsweredAndClosed("POST / 3"),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        AnsweredAndClosed("POST / 1"),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        AnsweredAndClosed("POST / 0"),
    ),
    (
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n",
        AnsweredAndClosed("GET / 0"),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        Refused(400),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\nabcde",
        Refused(400),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        Answered("POST / 3"),
    ),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3,5\r\n\r\nabcde", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3 3\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3.0\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: three\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \"3\"\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\nabc", Refused(431)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 003\r\n\r\nabc", Answered("POST / 3")),
    ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", Answered("GET / 3")),
    (
        "DELETE / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        Answered("DELETE / 3"),
    ),
];

/// Transfer encodings that are hidden, doubled or unknown: TE.TE.
const ENCODINGS: &[(&str, Then)] = &[
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Answered("POST / 0"),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTRANSFER-ENCODING: ChUnKeD\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        Answered("POST / 3"),
    ),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", Refused(400)),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
        Refused(400),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        Refused(501),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        Refused(501),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        Refused(501),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Refused(501),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Refused(501),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", Refused(400)),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", Refused(400)),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer_Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        Answered("POST / 3"),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    ("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    (
        "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
];

/// Chunks that are sized or ended in doubtful ways.
const CHUNKS: &[(&str, Then)] = &[
    ("3;ext=1\r\nabc\r\n0\r\n\r\n", Answered("POST / 3")),
    ("003\r\nabc\r\n0\r\n\r\n", Answered("POST / 3")),
    ("3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", Answered("POST / 3")),
    ("3\r\nabc\r\n0\r\nContent-Length: 40\r\n\r\n", Answered("POST / 3")),
    ("3\nabc\r\n0\r\n\r\n", Broken),
    ("3\r\nabc\n0\r\n\r\n", Broken),
    ("3\r\nabc0\r\n\r\n", Broken),
    ("3\r\nabcd\r\n0\r\n\r\n", Broken),
    ("0x3\r\nabc\r\n0\r\n\r\n", Broken),
    ("-1\r\nabc\r\n0\r\n\r\n", Broken),
    ("+3\r\nabc\r\n0\r\n\r\n", Broken),
    ("x\r\nabc\r\n0\r\n\r\n", Broken),
    ("\r\nabc\r\n0\r\n\r\n", Broken),
    (" 3\r\nabc\r\n0\r\n\r\n", Broken),
    ("3;a\nb\r\nabc\r\n0\r\n\r\n", Broken),
    ("3;\n\r\nabc\r\n0\r\n\r\n", Broken),
    ("3\r\r\nabc\r\n0\r\n\r\n", Broken),
    ("FFFFFFFFFFFFFFFF1\r\nabc\r\n0\r\n\r\n", Broken),
    ("3 3\r\nabc\r\n0\r\n\r\n", Broken),
];

/// Heads that are cut, folded, or hold bytes that have no place there.
const HEADS: &[(&str, Then)] = &[
    ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", Answered("GET / 0")),
    ("GET / HTTP/1.1\nHost: x\n\n", Answered("GET / 0")),
    ("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", Answered("GET / 0")),
    ("GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\n Host: x\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\nHost: x\r\nX\0: b\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\nHost: x\r\nX\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\nHost: x\r\nX y: b\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\nHost: x\r\n(x): b\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\nHost: x\r\rX: y\r\n\r\n", Refused(400)),
    ("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", Refused(400)),
    ("GET / \r\nHost: x\r\n\r\n", Refused(400)),
    ("GET /\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.2\r\nHost: x\r\n\r\n", Refused(400)),
    ("GET / HTTP/3.0\r\nHost: x\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1 \r\nHost: x\r\n\r\n", Refused(400)),
    ("GET / http/1.1\r\nHost: x\r\n\r\n", Refused(400)),
    ("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", Refused(400)),
    ("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", Refused(400)),
    ("G@T / HTTP/1.1\r\nHost: x\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", Refused(400)),
    ("GET / HTTP/1.1\r\nHost: /var/run/docker.sock\r\n\r\n", Answered("GET / 0")),
    ("GET http://other/path HTTP/1.1\r\nHost: x\r\n\r\n", Answered("GET /path 0")),
    ("GET other:80 HTTP/1.1\r\nHost: x\r\n\r\n", Refused(400)),
    ("GET * HTTP/1.1\r\nHost: x\r\n\r\n", Refused(400)),
    ("CONNECT other:80 HTTP/1.1\r\nHost: x\r\n\r\n", Refused(405)),
    ("CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n", Refused(405)),
    ("POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\nContent-Length: 0\r\n\r\n", Refused(417)),
    ("GET / HTTP/1.0\r\n\r\n", AnsweredAndClosed("GET / 0")),
    (
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n",
        AnsweredAndClosed("GET / 0"),
    ),
    ("POST / HTTP/1.0\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", AnsweredAndClosed("POST / 3")),
    ("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: tcp\r\nUpgrade: h2c\r\n\r\n", Refused(400)),
    (
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        Answered("GET / 0"),
    ),
    (
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: Content-Length\r\nContent-Length: 3\r\n\r\nabc",
        Answered("POST / 3"),
    ),
];

/// Runs one case on a connection of its own, with the smuggled request behind it.
async fn run(harness: &Harness, request: &str, then: Then) -> Result<(), String> {
    let before = harness.seen.all().len();
    let (request, follow) = match then {
        Answered(_) => (request.to_owned(), true),
        Refused(_) | AnsweredAndClosed(_) | Broken => (format!("{request}{SMUGGLED}"), false),
    };
    let statuses: Vec<u16> = if follow {
        let mut stream = harness.connect().await;
        stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
        let first = read_answer(&mut stream).await;
        let next = b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(next).await.map_err(|error| error.to_string())?;
        let second = read_answer(&mut stream).await;
        vec![first.status, second.status]
    } else {
        harness.exchange(request.as_bytes()).await.iter().map(|answer| answer.status).collect()
    };
    let seen = harness.seen.all().split_off(before);
    let (expected_seen, expected_statuses) = match then {
        Refused(status) => (vec![], vec![status]),
        AnsweredAndClosed(what) => (vec![what], vec![200]),
        Answered(what) => (vec![what, "GET /next 0"], vec![200, 200]),
        Broken => (vec!["POST / broken"], vec![400]),
    };
    if seen == expected_seen && statuses == expected_statuses {
        return Ok(());
    }
    Err(format!("{request:?} wanted {then:?}, routes saw {seen:?}, answers {statuses:?}"))
}

async fn check(cases: impl IntoIterator<Item = (String, Then)>) {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut failures = Vec::new();
    for (request, then) in cases {
        if let Err(failure) = run(&harness, &request, then).await {
            failures.push(failure);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn owned(cases: &[(&str, Then)]) -> Vec<(String, Then)> {
    cases.iter().map(|(request, then)| ((*request).to_owned(), *then)).collect()
}

#[tokio::test]
async fn lengths_that_disagree_never_leave_a_second_request() {
    check(owned(LENGTHS)).await;
}

#[tokio::test]
async fn encodings_in_disguise_never_leave_a_second_request() {
    check(owned(ENCODINGS)).await;
}

#[tokio::test]
async fn broken_chunks_never_leave_a_second_request() {
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(CHUNKS.iter().map(|(body, then)| (format!("{head}{body}"), *then))).await;
}

#[tokio::test]
async fn broken_heads_never_leave_a_second_request() {
    check(owned(HEADS)).await;
}

#[tokio::test]
async fn long_chunk_extensions_and_trailers_are_cut_off() {
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let long = "e".repeat(17 * 1024);
    let many = "1;e=eeeeeeeeeeeeeeeeeeeeeeeeeeeeeee\r\na\r\n".repeat(1_000);
    let trailers = "T: t\r\n".repeat(200);
    let cases = [
        format!("{head}3;{long}\r\nabc\r\n0\r\n\r\n"),
        format!("{head}{many}0\r\n\r\n"),
        format!("{head}3\r\nabc\r\n0\r\nT: {}\r\n\r\n", "t".repeat(200_000)),
        format!("{head}3\r\nabc\r\n0\r\n{trailers}\r\n"),
    ];
    check(cases.map(|request| (request, Broken))).await;
}

#[tokio::test]
async fn every_head_that_is_refused_may_also_come_byte_by_byte() {
    let harness = Harness::start(ServerOptions::default()).await;
    for (request, then) in HEADS.iter().chain(ENCODINGS).chain(LENGTHS) {
        let Refused(status) = then else { continue };
        let mut stream = harness.connect().await;
        for byte in request.as_bytes() {
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let bytes = crate::harness::read_to_end(&mut stream).await;
        let answers = crate::harness::answers(&bytes);
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [*status], "{request:?}");
    }
    assert_eq!(harness.seen.all(), [""; 0]);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let harness = Harness::start(ServerOptions::default()).await;
    let one = |path: &str, body: &str| {
        format!("POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let last = "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let request = format!("{}{}{last}{SMUGGLED}", one("a", "first"), one("b", "second"));
    let answers = harness.exchange(request.as_bytes()).await;
    let bodies: Vec<String> = answers.iter().map(|answer| text(&answer.body)).collect();
    assert_eq!(bodies, ["first", "second", ""]);
    assert_eq!(harness.seen.all(), ["POST /a 5", "POST /b 6", "GET /last 0"]);
}

#[tokio::test]
async fn what_follows_an_upgrade_is_never_read_as_a_request() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let head = "POST /attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    stream.write_all(format!("{head}{SMUGGLED}").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let all = text(&crate::harness::read_to_end(&mut stream).await);
    let (answer, echoed) = all.split_once("\r\n\r\n").unwrap();
    assert!(answer.starts_with("HTTP/1.1 101 UPGRADED\r\n"), "{answer}");
    assert_eq!(echoed, format!("{SMUGGLED}bye"));
    assert!(!harness.seen.all().iter().any(|seen| seen.contains("smuggled")));
}

#[tokio::test]
async fn an_upgrade_with_two_lengths_is_framed_by_its_chunks() {
    let harness = Harness::start(ServerOptions::default()).await;
    let mut stream = harness.connect().await;
    let head = "POST /attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\
                Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    stream.write_all(format!("{head}tail").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let all = text(&crate::harness::read_to_end(&mut stream).await);
    assert!(all.ends_with("\r\n\r\ntailbye"), "{all}");
    assert!(harness.seen.all().contains(&"attach upgrade=true body=3".to_owned()));
}

/// Bytes that mean something to a parser, or should not be there.
const DOUBTFUL_BYTES: &[u8] = b"\0\t\n\r ,:;\x7f\xff9";

#[tokio::test]
async fn one_changed_byte_never_makes_answers_and_requests_differ() {
    let harness = Harness::start(ServerOptions::default()).await;
    let bases = [
        format!("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{SMUGGLED}", SMUGGLED.len()),
        format!("POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n25\r\n{SMUGGLED}\r\n0\r\n\r\n"),
        "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
    ];
    let mut runs = 0;
    for base in bases {
        for at in 0..base.len() {
            for byte in DOUBTFUL_BYTES {
                let mut request = base.clone().into_bytes();
                request[at] = *byte;
                check_counts(&harness, &request).await;
                runs += 1;
            }
        }
    }
    assert!(runs > 2_500);
}

/// Sends bytes and checks that each request that was seen has its answer, and that an error is the last one.
async fn check_counts(harness: &Harness, request: &[u8]) {
    let before = harness.seen.all().len();
    let mut stream = harness.connect().await;
    let _ = stream.write_all(request).await;
    let _ = stream.shutdown().await;
    let answers = crate::harness::answers(&crate::harness::read_to_end(&mut stream).await);
    let seen = harness.seen.all().split_off(before);
    let good = answers.iter().take_while(|answer| answer.status == 200).count();
    let whole = seen.iter().filter(|seen| !seen.ends_with("broken")).count();
    let rest = &answers[good..];
    let text = text(request);
    assert!(good == whole && rest.len() <= 1, "{text:?}: saw {seen:?}, answers {answers:?}");
    assert!(rest.iter().all(|answer| answer.status >= 400), "{text:?}: {answers:?}");
    assert!(whole <= 2, "{text:?}: saw {seen:?}");
}
