//! Messages and descriptors over a socket pair.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use super::{Channel, OUTGOING_MAX_BYTES, ReceiveError, SendError};

type Words = Channel<String, String>;

fn pair() -> (Words, Words) {
    let (left, right) = UnixStream::pair().unwrap();
    left.set_nonblocking(true).unwrap();
    right.set_nonblocking(true).unwrap();
    (Channel::new(OwnedFd::from(left)), Channel::new(OwnedFd::from(right)))
}

fn raw() -> (UnixStream, Words) {
    let (left, right) = UnixStream::pair().unwrap();
    (left, Channel::new(OwnedFd::from(right)))
}

#[test]
fn messages_arrive_whole_and_in_order() {
    let (mut left, mut right) = pair();
    for word in ["one", "two", "three"] {
        left.send(&word.to_owned(), vec![]).unwrap();
    }
    for word in ["one", "two", "three"] {
        assert_eq!(right.receive().unwrap().0, word);
    }
    assert!(matches!(right.receive(), Err(ReceiveError::WouldBlock)));
}

#[test]
fn descriptors_arrive_with_their_own_message() {
    let (mut left, mut right) = pair();
    let (mut reader, writer) = std::io::pipe().unwrap();
    left.send(&"plain".to_owned(), vec![]).unwrap();
    left.send(&"with".to_owned(), vec![OwnedFd::from(writer)]).unwrap();
    left.send(&"plain again".to_owned(), vec![]).unwrap();
    assert!(right.receive().unwrap().1.is_empty());
    let (_, mut fds) = right.receive().unwrap();
    assert!(right.receive().unwrap().1.is_empty());
    File::from(fds.remove(0)).write_all(b"through").unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "through");
}

#[test]
fn a_message_longer_than_the_socket_buffer_arrives_whole() {
    let (mut left, mut right) = pair();
    let long = "x".repeat(3 * 1024 * 1024);
    left.send(&long, vec![]).unwrap();
    assert!(left.wants_write());
    let received = loop {
        left.flush().unwrap();
        match right.receive() {
            Ok((message, _)) => break message,
            Err(error) => assert!(matches!(error, ReceiveError::WouldBlock)),
        }
    };
    assert_eq!(received, long);
}

#[test]
fn a_peer_that_does_not_read_is_cut_off() {
    let (mut left, _right) = pair();
    let long = "x".repeat(1024 * 1024);
    let refused = (0..10).find_map(|_| left.send(&long, vec![]).err()).unwrap();
    assert!(
        matches!(refused, SendError::Lagging { queued_bytes } if queued_bytes > OUTGOING_MAX_BYTES)
    );
}

#[test]
fn a_closed_peer_is_told_from_silence() {
    let (left, mut right) = pair();
    drop(left);
    assert!(matches!(right.receive(), Err(ReceiveError::Closed)));
}

#[test]
fn bad_frames_and_bad_messages_are_errors() {
    let check = |bytes: &[u8]| {
        let (mut left, mut right) = raw();
        left.write_all(bytes).unwrap();
        right.receive().unwrap_err()
    };
    assert!(matches!(check(&[0xff; 8]), ReceiveError::Frame(_)));
    assert!(matches!(check(&[1, 0, 0, 0, 0, 1, 0, 0]), ReceiveError::Frame(_)));
    assert!(matches!(check(&[1, 0, 0, 0, 4, 0, 0, 0, b'1']), ReceiveError::Frame(_)));
    assert!(matches!(check(&[1, 0, 0, 0, 0, 0, 0, 0, b'1']), ReceiveError::Message(_)));
    assert!(matches!(check(&[2, 0, 0, 0, 1, 0, 0, 0, b'"', b'"']), ReceiveError::Descriptors));
}

#[test]
fn descriptors_that_no_message_claims_end_the_connection() {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    let (left, mut right) = raw();
    let fds = [left.as_fd()];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    let frame = [2, 0, 0, 0, 0, 0, 0, 0, b'"', b'"'];
    let slices = [std::io::IoSlice::new(&frame)];
    sendmsg(&left, &slices, &mut control, SendFlags::empty()).unwrap();
    assert!(matches!(right.receive(), Err(ReceiveError::Descriptors)));
}
