//! Ends, limits and interruptions of a pipe.

use std::sync::Arc;

use super::{PIPE_SIZE_BYTES, pipe};
use crate::interrupt::Interrupt;
use crate::stream::{Stream, write_all};

#[test]
fn what_is_written_is_read_in_order_and_then_the_end() {
    let (reader, writer) = pipe();
    let sent: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let bytes = sent.clone();
    let thread = std::thread::spawn(move || write_all(&*writer, &bytes, &Interrupt::new()));
    let interrupt = Interrupt::new();
    let mut received = Vec::new();
    let mut buffer = [0; 5000];
    loop {
        let count = reader.read(&mut buffer, &interrupt).unwrap();
        if count == 0 {
            break;
        }
        received.extend_from_slice(&buffer[..count]);
    }
    thread.join().unwrap().unwrap();
    assert!(received == sent);
}

#[test]
fn a_write_without_a_reader_is_a_broken_pipe() {
    let (reader, writer) = pipe();
    drop(reader);
    let error = writer.write(b"x", &Interrupt::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn a_reader_and_a_writer_that_wait_are_interrupted() {
    let (reader, writer) = pipe();
    let interrupt = Interrupt::new();
    let waiting = Arc::clone(&interrupt);
    let thread = std::thread::spawn(move || reader.read(&mut [0; 1], &waiting).unwrap_err().kind());
    interrupt.raise(15);
    assert_eq!(thread.join().unwrap(), std::io::ErrorKind::Interrupted);
    let (_reader, full) = pipe();
    drop(writer);
    let interrupt = Interrupt::new();
    let waiting = Arc::clone(&interrupt);
    let thread = std::thread::spawn(move || {
        write_all(&*full, &vec![0; PIPE_SIZE_BYTES + 1], &waiting).unwrap_err().kind()
    });
    interrupt.raise(15);
    assert_eq!(thread.join().unwrap(), std::io::ErrorKind::Interrupted);
}
