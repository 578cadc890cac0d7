//! Tests of the sync; that bytes outlive a crash cannot be seen here, only that nothing else changes.

use journal_log::Timestamp;

use super::sync_log;
use crate::{LogReader, LogWriter, Stream, WriterOptions};

#[test]
fn a_log_of_several_segments_reads_the_same_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let options = WriterOptions { segment_bytes: 64, ..WriterOptions::default() };
    let mut writer = LogWriter::open(dir.path(), options).unwrap();
    for _ in 0..3 {
        writer.append(Stream::Stdout, Timestamp::ZERO, &[b'x'; 50]).unwrap();
    }
    sync_log(dir.path()).unwrap();
    let mut reader = LogReader::open(dir.path()).unwrap();
    let mut frames = 0;
    while let Some(frame) = reader.next_frame().unwrap() {
        assert_eq!(frame.bytes, [b'x'; 50][..]);
        frames += 1;
    }
    assert_eq!((frames, writer.end().segment), (3, 3));
}

#[test]
fn a_log_that_was_removed_meanwhile_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    sync_log(&dir.path().join("gone")).unwrap();
}
