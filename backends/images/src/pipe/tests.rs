//! Ends of a pipe: said, broken, and left out.

use std::io::{self, Read as _};

use bytes::Bytes;

use super::{ChunkReader, Piece, pipe};

fn reader(pieces: Vec<Piece>) -> ChunkReader {
    let (sender, reader) = pipe();
    pieces.into_iter().for_each(|piece| sender.0.try_send(piece).unwrap());
    reader
}

fn chunk(text: &'static str) -> Piece {
    Piece::Chunk(Bytes::from_static(text.as_bytes()))
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
