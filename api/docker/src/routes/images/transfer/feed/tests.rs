//! Bytes on their way to a thread that blocks.

use super::*;

/// Feeds pieces to a reader as [`feed`] does.
fn reader(pieces: Vec<Piece>) -> ChunkReader {
    let (sender, receiver) = mpsc::channel(pieces.len().max(1));
    for piece in pieces {
        sender.try_send(piece).unwrap();
    }
    ChunkReader { chunks: receiver, chunk: Bytes::new(), ended: false }
}

#[test]
fn chunks_are_read_in_order_up_to_the_end() {
    let pieces = ["ab", "", "cde"].map(|text| Piece::Chunk(text.into()));
    let mut pieces = Vec::from(pieces);
    pieces.push(Piece::End);
    let mut read = String::new();
    reader(pieces).read_to_string(&mut read).unwrap();
    assert_eq!(read, "abcde");
}

#[test]
fn a_sender_that_is_gone_is_no_end() {
    let mut read = Vec::new();
    let error = reader(vec![Piece::Chunk("ab".into())]).read_to_end(&mut read).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_broken_body_is_an_error_of_the_reader() {
    let mut read = Vec::new();
    let error = reader(vec![Piece::Broken(BodyError::Stalled)]).read_to_end(&mut read);
    assert_eq!(error.unwrap_err().to_string(), "request body stalled");
}
