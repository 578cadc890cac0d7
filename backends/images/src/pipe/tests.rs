//! Ends of a pipe: said, broken, and left out.

use std::io::{self, Read as _};

use bytes::Bytes;

use super::{BATCH_BYTES, BATCH_CHUNKS_MAX, ChunkReader, Piece, pipe};

fn reader(pieces: Vec<Piece>) -> ChunkReader {
    let (sender, reader) = pipe();
    pieces.into_iter().for_each(|piece| sender.pieces.try_send(piece).unwrap());
    reader
}

fn chunk(text: &'static str) -> Piece {
    Piece::Batch(vec![Bytes::from_static(text.as_bytes())])
}

#[test]
fn chunks_are_read_as_one_stream() {
    let mut text = String::new();
    let pieces = vec![chunk("ab"), chunk(""), chunk("c"), Piece::End];
    reader(pieces).read_to_string(&mut text).unwrap();
    assert_eq!(text, "abc");
}

#[test]
fn an_end_that_was_not_said_is_an_error() {
    let error = reader(vec![chunk("ab")]).read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    let broken = reader(vec![chunk("a"), Piece::Broken(io::Error::other("stalled"))]);
    let error = { broken }.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "stalled");
}

#[tokio::test]
async fn small_chunks_are_handed_over_together_and_none_is_left_behind() {
    let (mut sender, mut reader) = pipe();
    let sent = "x".repeat(BATCH_CHUNKS_MAX + 1);
    for byte in sent.as_bytes().chunks(1) {
        assert!(sender.send(Bytes::copy_from_slice(byte)).await);
    }
    assert_eq!(reader.pieces.len(), 1, "the full batch");
    sender.end(Err(io::Error::other("stalled"))).await;
    let read = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        (reader.read_to_string(&mut text).unwrap_err().to_string(), text)
    });
    let (error, text) = read.await.unwrap();
    assert_eq!((error.as_str(), text), ("stalled", sent));
}

#[tokio::test]
async fn a_sender_is_told_that_nobody_reads() {
    let (mut sender, reader) = pipe();
    drop(reader);
    assert!(sender.send(Bytes::from_static(b"x")).await, "it waits for others");
    assert!(!sender.send(Bytes::from(vec![0; BATCH_BYTES])).await);
}
