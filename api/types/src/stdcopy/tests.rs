//! Frames out and in.

use bytes::{Buf, Bytes, BytesMut};
use proptest::prelude::*;

use super::{FRAME_MAX_BYTES, FramePiece, FrameQueue, StdStream, StdcopyDecoder, StdcopyError};

fn encoded(stream: StdStream, payload: &[u8]) -> Bytes {
    let mut queue = FrameQueue::new();
    queue.push(stream, Bytes::copy_from_slice(payload));
    queue.copy_to_bytes(queue.remaining())
}

fn decoded(pieces: &[&[u8]]) -> Result<Vec<(StdStream, Vec<u8>)>, StdcopyError> {
    let mut decoder = StdcopyDecoder::new();
    let mut streams: Vec<(StdStream, Vec<u8>)> = Vec::new();
    for piece in pieces {
        let mut input = Bytes::copy_from_slice(piece);
        while let Some(FramePiece { stream, payload }) = decoder.decode(&mut input)? {
            match streams.last_mut() {
                Some((last, bytes)) if *last == stream => bytes.extend_from_slice(&payload),
                _ => streams.push((stream, payload.to_vec())),
            }
        }
    }
    decoder.finish().map(|()| streams)
}

#[test]
fn a_frame_is_the_stream_three_zeros_the_length_and_the_payload() {
    assert_eq!(&encoded(StdStream::Stdout, b"hi")[..], b"\x01\0\0\0\0\0\0\x02hi");
    assert_eq!(&encoded(StdStream::Stderr, b"!")[..], b"\x02\0\0\0\0\0\0\x01!");
    assert_eq!(&encoded(StdStream::Stdout, b"")[..], b"");
}

#[test]
fn long_output_is_cut_into_frames() {
    let payload = vec![7; FRAME_MAX_BYTES * 2 + 5];
    let bytes = encoded(StdStream::Stdout, &payload);
    assert_eq!(bytes.len(), payload.len() + 3 * 8);
    assert_eq!(&bytes[..8], b"\x01\0\0\0\0\x01\0\0");
    assert_eq!(decoded(&[&bytes]).unwrap(), [(StdStream::Stdout, payload)]);
}

#[test]
fn payloads_are_written_from_where_they_are() {
    let payload = Bytes::from_static(b"hello");
    let mut queue = FrameQueue::new();
    queue.push(StdStream::Stdout, payload.clone());
    queue.push(StdStream::Stderr, payload.clone());
    let mut slices = [std::io::IoSlice::new(&[]); 8];
    assert_eq!(queue.chunks_vectored(&mut slices), 4);
    assert_eq!(slices[1].as_ptr(), payload.as_ptr());
    assert_eq!(slices[3].as_ptr(), payload.as_ptr());
}

#[test]
fn a_header_that_announces_gigabytes_costs_nothing() {
    let mut decoder = StdcopyDecoder::new();
    let mut input = Bytes::from_static(b"\x01\0\0\0\xff\xff\xff\xffab");
    let piece = decoder.decode(&mut input).unwrap().unwrap();
    assert_eq!(&piece.payload[..], b"ab");
    assert_eq!(decoder.decode(&mut input), Ok(None));
    let missing_bytes = u32::MAX as usize - 2;
    assert_eq!(decoder.finish(), Err(StdcopyError::Truncated { missing_bytes }));
}

#[test]
fn output_of_a_terminal_is_not_taken_for_frames() {
    let error = decoded(&[b"$ ls -l\r\n"]).unwrap_err();
    assert_eq!(error.to_string(), "unrecognized input header: 36");
}

#[test]
fn empty_frames_are_skipped_and_cut_headers_noticed() {
    let bytes = b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\x01x";
    assert_eq!(decoded(&[bytes]).unwrap(), [(StdStream::Stderr, b"x".to_vec())]);
    assert_eq!(decoded(&[b"\x01\0\0"]), Err(StdcopyError::Truncated { missing_bytes: 5 }));
}

fn stream() -> impl Strategy<Value = StdStream> {
    prop::sample::select(vec![StdStream::Stdout, StdStream::Stderr, StdStream::SystemError])
}

proptest! {
    #[test]
    fn what_is_framed_comes_back_however_it_is_cut(
        writes in prop::collection::vec((stream(), prop::collection::vec(any::<u8>(), 0..200)), 0..12),
        step in 1_usize..40,
    ) {
        let mut queue = FrameQueue::new();
        let mut expected: Vec<(StdStream, Vec<u8>)> = Vec::new();
        for (stream, payload) in writes {
            queue.push(stream, payload.clone().into());
            match expected.last_mut() {
                Some((last, bytes)) if *last == stream => bytes.extend(payload),
                _ if payload.is_empty() => {}
                _ => expected.push((stream, payload)),
            }
        }
        let mut bytes = BytesMut::new();
        while queue.has_remaining() {
            // As a socket that takes a few bytes at a time.
            let mut slices = [std::io::IoSlice::new(&[]); 3];
            let filled = queue.chunks_vectored(&mut slices);
            let all: Vec<u8> = slices[..filled].iter().flat_map(|slice| slice.to_vec()).collect();
            let taken = all.len().min(step);
            bytes.extend_from_slice(&all[..taken]);
            queue.advance(taken);
        }
        let pieces: Vec<&[u8]> = bytes.chunks(step).collect();
        prop_assert_eq!(decoded(&pieces).unwrap(), expected);
    }

    #[test]
    fn hostile_input_is_bounded(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut decoder = StdcopyDecoder::new();
        let mut input = Bytes::from(bytes.clone());
        let mut total = 0;
        while let Ok(Some(piece)) = decoder.decode(&mut input) {
            prop_assert!(!piece.payload.is_empty());
            total += piece.payload.len();
        }
        prop_assert!(total <= bytes.len());
    }
}
