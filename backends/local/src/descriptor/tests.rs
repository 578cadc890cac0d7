//! Pipes and terminals, read and written.

use std::io::ErrorKind;

use rustix::{
    pipe::{PipeFlags, pipe_with},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Reader, Writer};

#[tokio::test]
async fn bytes_pass_a_pipe_and_its_end_is_seen() {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let mut reader = Reader::new(read).unwrap();
    let mut writer = Writer::new(write).unwrap();
    let bytes = vec![7; 1 << 20];
    let (written, read) = tokio::join!(
        async {
            writer.write_all(&bytes).await.unwrap();
            drop(writer);
            bytes.len()
        },
        async {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).await.unwrap();
            all.len()
        },
    );
    assert_eq!(written, read);
}

#[tokio::test]
async fn a_terminal_whose_programs_have_gone_is_at_its_end() {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = openpt(flags).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = std::fs::File::options().write(true).open(name.to_str().unwrap()).unwrap();
    let mut reader = Reader::new(ours).unwrap();
    rustix::io::write(&theirs, b"bye\n").unwrap();
    drop(theirs);
    let mut all = Vec::new();
    reader.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"bye\r\n");
}

#[tokio::test]
async fn a_writer_that_is_closed_from_elsewhere_stops_waiting_for_room() {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let mut writer = Writer::new(write).unwrap();
    let shared = std::sync::Arc::clone(writer.shared());
    let filling = tokio::spawn(async move {
        let error = writer.write_all(&vec![0; 1 << 20]).await.unwrap_err();
        (error.kind(), writer.write(b"more").await.unwrap_err().kind())
    });
    let mut reader = Reader::new(read).unwrap();
    // Once the pipe has bytes the writer is at work, and a pipe is smaller than what it has to write.
    reader.read_u8().await.unwrap();
    shared.close();
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    assert!(!rest.is_empty());
    assert_eq!(filling.await.unwrap(), (ErrorKind::BrokenPipe, ErrorKind::BrokenPipe));
}
