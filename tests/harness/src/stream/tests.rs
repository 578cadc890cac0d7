//! The framing of two streams in one.

use super::Output;

fn frame(stream: u8, text: &str) -> Vec<u8> {
    let mut bytes = vec![stream, 0, 0, 0];
    bytes.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

#[test]
fn frames_are_taken_apart_by_stream() {
    let bytes = [frame(1, "one "), frame(2, "two"), frame(1, ""), frame(1, "three")].concat();
    let output = Output::of_frames(&bytes).unwrap();
    assert_eq!((output.out().as_str(), output.err().as_str()), ("one three", "two"));
}

#[test]
fn what_is_no_frame_is_an_error() {
    assert!(Output::of_frames(b"hello world").is_err());
    assert!(Output::of_frames(&frame(1, "cut")[..9]).is_err());
    assert!(Output::of_frames(&frame(7, "odd")).is_err());
}
