//! What is read from files and sockets: archives, segments of logs, the frames between server and shim.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use backends_images::{ExtractOptions, LayerLimits, extract};
use backends_logs::{LogReader, LogWriter, Stream, WriterOptions};
use journal_log::Timestamp;
use sandbox_shim::{Call, Channel, FromShim};
use tempfile::TempDir;

use crate::target::Target;

/// One input in so many is tried: each takes some system calls.
const ONE_IN: u64 = 20;

/// Frames of a log that are read; a changed one must not be one without end.
const FRAMES_MAX: usize = 10_000;

pub(super) fn targets() -> Vec<Target> {
    let mut targets = vec![
        Target::new("archive", vec![archive()], unpacked),
        Target::new("log-segment", vec![segment()], log),
        Target::new("shim-frames", vec![frame(br#"{"id":1,"request":"stdin"}"#)], frames),
    ];
    targets.iter_mut().for_each(|target| target.one_in = ONE_IN);
    targets
}

/// Makes an archive with a directory, a file, a link and a long name.
fn archive() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let long = "d/".to_owned() + &"n".repeat(120);
    for (path, kind, data) in [
        ("d/", tar::EntryType::Directory, &b""[..]),
        ("d/f", tar::EntryType::Regular, b"content"),
        (&long, tar::EntryType::Regular, b"more"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_size(data.len() as u64);
        builder.append_data(&mut header, path, data).expect("memory takes everything");
    }
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "d/l", "../f").expect("memory takes everything");
    builder.into_inner().expect("memory takes everything")
}

fn unpacked(bytes: &[u8]) -> bool {
    let folder = folder();
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).expect("a folder can be made");
    let directory: OwnedFd = File::open(&inside).expect("it is there").into();
    let limits = LayerLimits::default();
    let options = ExtractOptions { limits, ..ExtractOptions::default() };
    let is_taken = extract(bytes, directory, &options).is_ok();
    let beside = fs::read_dir(folder.path()).expect("it is there").count();
    assert_eq!(beside, 1, "something was unpacked beside the folder");
    is_taken
}

/// Writes a few frames as a shim does, and gives the file.
fn segment() -> Vec<u8> {
    let folder = folder();
    let mut writer =
        LogWriter::open(folder.path(), WriterOptions::default()).expect("a log can be written");
    for number in 0..20_u8 {
        let stream = if number.is_multiple_of(2) { Stream::Stdout } else { Stream::Stderr };
        let bytes = vec![number; usize::from(number) * 7];
        writer.append(stream, Timestamp::ZERO, &bytes).expect("a log can be written");
    }
    drop(writer);
    fs::read(segment_in(&folder)).expect("the segment is there")
}

/// Names the one segment of a log.
fn segment_in(folder: &TempDir) -> std::path::PathBuf {
    let mut files = fs::read_dir(folder.path()).expect("it is there").filter_map(|entry| {
        let path = entry.ok()?.path();
        path.is_file().then_some(path)
    });
    files.next().expect("a log has a segment")
}

fn log(bytes: &[u8]) -> bool {
    let folder = folder();
    drop(LogWriter::open(folder.path(), WriterOptions::default()).expect("a log can be begun"));
    fs::write(segment_in(&folder), bytes).expect("a file can be written");
    let Ok(mut reader) = LogReader::open(folder.path()) else { return false };
    for _ in 0..FRAMES_MAX {
        match reader.next_frame() {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
    panic!("a log of {} bytes has no end", bytes.len());
}

/// Frames a message as server and shim do.
fn frame(message: &[u8]) -> Vec<u8> {
    let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    let mut channel: Channel<FromShim, Call> = Channel::new(ours.into());
    let call: Call = serde_json::from_slice(message).expect("a call");
    channel.send(&call, Vec::new()).expect("the socket takes it");
    drop(channel);
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut { theirs }, &mut bytes).expect("it was sent");
    bytes
}

fn frames(bytes: &[u8]) -> bool {
    let (mut ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    // An input is shorter than a socket's buffer, so nobody waits.
    ours.write_all(bytes).expect("the socket takes it");
    drop(ours);
    let mut channel: Channel<Call, FromShim> = Channel::new(theirs.into());
    let mut taken = 0;
    while channel.receive().is_ok() {
        taken += 1;
    }
    taken > 0
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder can be made")
}
