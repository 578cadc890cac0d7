//! Answers in all their forms.

use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

use super::{Answer, Wire};

/// Feeds `pieces` one by one and returns what the client makes of them.
async fn answers(pieces: &[&str], count: usize) -> Vec<Answer> {
    let (stream, mut server) = UnixStream::pair().unwrap();
    let pieces: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
    let feed = tokio::spawn(async move {
        for piece in pieces {
            server.write_all(piece.as_bytes()).await.unwrap();
            tokio::task::yield_now().await;
        }
        server.shutdown().await.unwrap();
        server
    });
    let mut wire = Wire { stream, input: Vec::new() };
    let mut found = Vec::new();
    for _ in 0..count {
        found.push(wire.call(b"GET / HTTP/1.1\r\n\r\n").await.unwrap());
    }
    feed.await.unwrap();
    found
}

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, body: body.as_bytes().to_vec() }
}

#[tokio::test]
async fn sized_answers_come_one_after_the_other() {
    let pieces = [
        "HTTP/1.1 200 OK\r\nContent-Len",
        "gth: 5\r\n\r\nhel",
        "loHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 404 X\r\ncontent-length: 2\r\n\r\nno",
    ];
    assert_eq!(
        answers(&pieces, 3).await,
        [answer(200, "hello"), answer(204, ""), answer(404, "no")]
    );
}

#[tokio::test]
async fn chunks_are_put_together() {
    let pieces = [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r",
        "\n2\r\nde\r\n0\r\n",
        "\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
    ];
    assert_eq!(answers(&pieces, 2).await, [answer(200, "abcde"), answer(200, "x")]);
}

#[tokio::test]
async fn an_upgraded_connection_is_read_to_its_end() {
    let pieces = ["HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\nab", "cd"];
    assert_eq!(answers(&pieces, 1).await, [answer(101, "abcd")]);
}
