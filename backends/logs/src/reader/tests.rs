//! Reading while the log is written, torn, damaged, moved or shortened.

use std::{
    fs,
    num::NonZeroU32,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use journal_log::Timestamp;

use super::{LogReader, ReadError};
use crate::{
    frame::Stream,
    position::LogPosition,
    writer::{LogWriter, WriterOptions},
};

fn write(dir: &Path, segment_bytes: u64, texts: &[&str]) -> LogWriter {
    let options = WriterOptions { segment_bytes, segments_max: None };
    let mut writer = LogWriter::open(dir, options).unwrap();
    for (nanos, text) in texts.iter().enumerate() {
        let at = Timestamp::from_unix_nanos(nanos as u64);
        writer.append(Stream::Stdout, at, text.as_bytes()).unwrap();
    }
    writer
}

fn rest(reader: &mut LogReader) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        texts.push(String::from_utf8(frame.bytes.to_vec()).unwrap());
    }
    texts
}

#[test]
fn frames_come_back_in_order_over_segments_with_stream_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = write(dir.path(), 80, &["one", "two", "three", "four", "five"]);
    writer.append(Stream::Stderr, Timestamp::from_unix_nanos(99), &[0xff]).unwrap();
    let mut reader = LogReader::open(dir.path()).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        assert_eq!(frame.end, reader.position());
        frames.push(frame);
    }
    assert!(frames.is_sorted_by_key(|frame| frame.position));
    assert_eq!(frames.last().unwrap().position.segment, 3);
    assert_eq!(frames[4].bytes, "five");
    assert_eq!((frames[5].stream, frames[5].at.as_unix_nanos()), (Stream::Stderr, 99));
    reader.seek(frames[3].position);
    assert_eq!(reader.next_frame().unwrap().as_ref(), Some(&frames[3]));
}

#[test]
fn a_log_without_output_has_no_frames_until_there_are_some() {
    let dir = tempfile::tempdir().unwrap();
    let mut reader = LogReader::open(dir.path()).unwrap();
    reader.at_end().unwrap();
    assert_eq!(rest(&mut reader), [""; 0]);
    write(dir.path(), 100, &["late"]);
    assert_eq!(rest(&mut reader), ["late"]);
    assert!(LogReader::open(Path::new("/nonexistent")).unwrap_err().is_missing());
}

#[test]
fn a_frame_that_is_torn_at_any_byte_is_none_and_comes_when_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("00000001.log");
    let first = write(dir.path(), 1000, &["first"]).end();
    write(dir.path(), 1000, &["second"]);
    let whole = fs::read(&path).unwrap();
    for len in first.offset as usize..whole.len() {
        fs::write(&path, &whole[..len]).unwrap();
        let mut reader = LogReader::open(dir.path()).unwrap();
        assert_eq!(rest(&mut reader), ["first"], "torn at {len}");
        reader.at_end().unwrap();
        assert_eq!(reader.position(), first);
        fs::write(&path, &whole).unwrap();
        assert_eq!(rest(&mut reader), ["second"]);
    }
}

#[test]
fn what_is_written_in_place_of_a_torn_frame_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("00000001.log");
    let end = write(dir.path(), 1000, &["first", "the torn one"]).end();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(end.offset - 3).unwrap();
    let mut reader = LogReader::open(dir.path()).unwrap();
    assert_eq!(rest(&mut reader), ["first"]);
    write(dir.path(), 1000, &["another of another length"]);
    assert_eq!(rest(&mut reader), ["another of another length"]);
}

#[test]
fn a_flipped_bit_anywhere_is_never_taken_for_output() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("00000001.log");
    write(dir.path(), 60, &["the first", "the second"]);
    let whole = fs::read(&path).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &bytes).unwrap();
        let mut reader = LogReader::open(dir.path()).unwrap();
        let error = reader.next_frame().unwrap_err();
        assert!(matches!(error, ReadError::Damaged { position } if position.offset == 0), "{bit}");
        assert!(reader.skip_segment().unwrap());
        assert_eq!(rest(&mut reader), ["the second"]);
        assert!(!reader.skip_segment().unwrap());
    }
}

#[test]
fn a_copy_of_frames_inside_a_torn_frame_is_not_taken_for_frames() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("00000001.log");
    let first = write(dir.path(), 10_000, &["first"]).end();
    let copy = fs::read(&path).unwrap();
    let mut writer = write(dir.path(), 10_000, &[]);
    let end = writer.append(Stream::Stdout, Timestamp::ZERO, &copy).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(end.offset - 4).unwrap();
    let mut reader = LogReader::open(dir.path()).unwrap();
    reader.at_end().unwrap();
    assert_eq!(reader.position(), first);
}

#[test]
fn a_renamed_directory_and_deleted_segments_do_not_disturb_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    fs::create_dir(&log).unwrap();
    let options = WriterOptions { segment_bytes: 1, segments_max: NonZeroU32::new(2) };
    let mut writer = LogWriter::open(&log, options).unwrap();
    let mut append = |text: &str| {
        writer.append(Stream::Stdout, Timestamp::ZERO, text.as_bytes()).unwrap();
    };
    append("1");
    append("2");
    let mut reader = LogReader::open(&log).unwrap();
    assert_eq!(reader.next_frame().unwrap().unwrap().bytes, "1");
    fs::rename(&log, dir.path().join("trash")).unwrap();
    for text in ["3", "4", "5"] {
        append(text);
    }
    // What somebody reads is kept, and what comes after it.
    assert_eq!(rest(&mut reader), ["2", "3", "4", "5"]);
    append("6");
    reader.seek(LogPosition { segment: 2, offset: 7 });
    assert_eq!(rest(&mut reader), ["5", "6"]);
}

#[test]
fn the_end_is_behind_the_last_whole_frame() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = write(dir.path(), 90, &["one", "two", "three", "four"]);
    let mut reader = LogReader::open(dir.path()).unwrap();
    reader.at_end().unwrap();
    assert_eq!(reader.position(), writer.end());
    writer.append(Stream::Stdout, Timestamp::ZERO, b"five").unwrap();
    assert_eq!(rest(&mut reader), ["five"]);
}

#[test]
fn a_reader_beside_a_writer_sees_every_byte_once() {
    every_byte_once(WriterOptions { segment_bytes: 300_000, segments_max: None });
}

#[test]
fn a_reader_is_waited_for_where_little_is_kept() {
    every_byte_once(WriterOptions { segment_bytes: 9_000, segments_max: NonZeroU32::new(1) });
}

fn every_byte_once(options: WriterOptions) {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = LogWriter::open(dir.path(), options).unwrap();
    let (begin, done) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !begin.load(Ordering::Acquire) {
                thread::yield_now();
            }
            for number in 0..3000_u32 {
                let bytes = number.to_le_bytes().repeat(1 + number as usize % 997);
                writer.append(Stream::Stdout, Timestamp::ZERO, &bytes).unwrap();
            }
            done.store(true, Ordering::Release);
        });
        let mut reader = LogReader::open(dir.path()).unwrap();
        let mut next = 0_u32;
        begin.store(true, Ordering::Release);
        loop {
            let last_round = done.load(Ordering::Acquire);
            while let Some(frame) = reader.next_frame().unwrap() {
                assert_eq!(frame.bytes, next.to_le_bytes().repeat(1 + next as usize % 997));
                next += 1;
            }
            if last_round {
                break;
            }
        }
        assert_eq!(next, 3000);
    });
}
