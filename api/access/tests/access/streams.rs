//! Streams that leave HTTP, under TLS.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use crate::harness::{Harness, PATIENCE};

const ATTACH: &[u8] =
    b"POST /attach HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

#[tokio::test]
async fn both_halves_end_apart_and_no_byte_is_lost() {
    let harness = Harness::start().await;
    let mut stream = harness.connect(Some(&harness.client("alice"))).await.unwrap();
    stream.write_all(ATTACH).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 UPGRADED\r\n"), "{}", String::from_utf8_lossy(&head));
    // More than any buffer on the way holds: both directions have to go on at once.
    let sent: Vec<u8> = (0..4 << 20).map(|at: u32| at.to_le_bytes()[1] ^ 0x5a).collect();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let sending = async {
        writer.write_all(&sent).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let mut echoed = Vec::new();
    let receiving = timeout(PATIENCE, reader.read_to_end(&mut echoed));
    let ((), received) = tokio::join!(sending, receiving);
    // An end that was not said, as when somebody cuts the connection, would be an error here.
    received.unwrap().unwrap();
    assert_eq!(echoed.len(), sent.len() + 3);
    assert!(echoed.starts_with(&sent) && echoed.ends_with(b"bye"));
}
