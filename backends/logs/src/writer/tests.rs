//! What is on disk after the writer has been at work, and after it was interrupted.

use std::{fs, io::Write, num::NonZeroU32, path::Path};

use journal_log::Timestamp;

use super::{LogWriter, WriterOptions};
use crate::{
    frame::{FRAME_BYTES_MAX, OVERHEAD_BYTES, Stream},
    position::LogPosition,
    reader::LogReader,
};

fn open(dir: &Path) -> LogWriter {
    LogWriter::open(dir, WriterOptions::default()).unwrap()
}

fn append(writer: &mut LogWriter, text: &str) -> LogPosition {
    writer.append(Stream::Stdout, Timestamp::from_unix_nanos(7), text.as_bytes()).unwrap()
}

#[test]
fn a_log_is_continued_after_its_last_whole_frame() {
    let dir = tempfile::tempdir().unwrap();
    let end = append(&mut open(dir.path()), "one");
    assert_eq!(end, LogPosition { segment: 1, offset: 3 + OVERHEAD_BYTES as u64 });
    let mut writer = open(dir.path());
    assert_eq!(writer.end(), end);
    assert!(append(&mut writer, "two") > end);
    writer.finish().unwrap();
}

#[test]
fn a_torn_frame_is_cut_wherever_it_was_torn() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = open(dir.path());
    let first = append(&mut writer, "the first");
    let second = append(&mut writer, "the second");
    drop(writer);
    let path = dir.path().join("00000001.log");
    let whole = fs::read(&path).unwrap();
    for len in first.offset..second.offset {
        fs::write(&path, &whole[..len as usize]).unwrap();
        assert_eq!(open(dir.path()).end(), first, "cut at {len}");
        assert_eq!(fs::metadata(&path).unwrap().len(), first.offset);
    }
}

#[test]
fn a_tail_of_zeros_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let end = append(&mut open(dir.path()), "kept");
    let path = dir.path().join("00000001.log");
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(end.offset + 5000).unwrap();
    assert_eq!(open(dir.path()).end(), end);
}

#[test]
fn whole_frames_behind_a_damaged_one_are_never_cut() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = open(dir.path());
    append(&mut writer, "damaged");
    append(&mut writer, "whole");
    drop(writer);
    let path = dir.path().join("00000001.log");
    let mut bytes = fs::read(&path).unwrap();
    bytes[22] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(open(dir.path()).end(), LogPosition { segment: 2, offset: 0 });
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn segments_end_at_their_size_and_only_the_newest_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let options = WriterOptions { segment_bytes: 100, segments_max: NonZeroU32::new(3) };
    let mut writer = LogWriter::open(dir.path(), options).unwrap();
    for _ in 0..10 {
        append(&mut writer, &"x".repeat(60));
    }
    let mut names: Vec<_> =
        fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["00000008.log", "00000009.log", "00000010.log"]);
    writer.finish().unwrap();
}

#[test]
fn no_more_is_kept_than_was_asked_for_whatever_is_written_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let options = WriterOptions { segment_bytes: 10_000, segments_max: NonZeroU32::new(3) };
    let mut writer = LogWriter::open(dir.path(), options).unwrap();
    for size in [1, 9_999, 10_000, 256 * 1024, 100_000, 3] {
        append(&mut writer, &"x".repeat(size));
        let kept = fs::read_dir(dir.path()).unwrap();
        let kept: u64 = kept.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        assert!(kept <= 30_000, "{kept} bytes are kept");
    }
}

#[test]
fn what_was_kept_for_a_reader_goes_when_the_log_is_finished() {
    let dir = tempfile::tempdir().unwrap();
    let options = WriterOptions { segment_bytes: 100, segments_max: NonZeroU32::MIN.into() };
    let mut writer = LogWriter::open(dir.path(), options).unwrap();
    let reader = LogReader::open(dir.path()).unwrap();
    for _ in 0..4 {
        append(&mut writer, &"x".repeat(60));
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
    drop(reader);
    writer.finish().unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn output_longer_than_a_frame_becomes_several_and_none_becomes_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = open(dir.path());
    assert_eq!(append(&mut writer, "").offset, 0);
    let end = append(&mut writer, &"x".repeat(2 * FRAME_BYTES_MAX + 1));
    assert_eq!(end.offset as usize, 2 * FRAME_BYTES_MAX + 1 + 3 * OVERHEAD_BYTES);
}

#[test]
fn a_directory_that_is_not_there_is_an_error_that_names_it() {
    let error = LogWriter::open(Path::new("/nonexistent/log"), WriterOptions::default());
    assert_eq!(
        error.unwrap_err().to_string(),
        "opening the log /nonexistent/log for writing failed"
    );
}

#[test]
fn after_a_failed_write_the_log_ends_with_a_whole_frame_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("00000001.log");
    let mut writer = open(dir.path());
    let end = append(&mut writer, "kept");
    let file = std::mem::replace(&mut writer.file, fs::File::open(&path).unwrap());
    let error = writer.append(Stream::Stdout, Timestamp::ZERO, b"lost").unwrap_err();
    assert_eq!(error.to_string(), "writing 4 bytes of output at 00000001+28 failed");
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"part of a frame").unwrap();
    writer.file = file;
    assert!(append(&mut writer, "next") > end);
    drop(writer);
    assert_eq!(open(dir.path()).end().offset, end.offset * 2);
}
