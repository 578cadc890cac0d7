//! Lines against a plain model of them, and the options of `docker logs`.

use std::path::Path;

use journal_log::Timestamp;
use proptest::prelude::*;

use super::{Assembly, LINE_BYTES_MAX, Line, LineOptions, LinePosition, LineReader, begin};
use crate::{
    frame::Stream::{self, Stderr, Stdout},
    position::LogPosition,
    reader::LogReader,
    writer::{LogWriter, WriterOptions},
};

/// A piece of output: its stream, when it was read, what it was.
type Write = (Stream, u64, Vec<u8>);

fn append(dir: &Path, segment_bytes: u64, writes: &[Write]) {
    let options = WriterOptions { segment_bytes, segments_max: None };
    let mut writer = LogWriter::open(dir, options).unwrap();
    for (stream, nanos, bytes) in writes {
        writer.append(*stream, Timestamp::from_unix_nanos(*nanos), bytes).unwrap();
    }
}

fn texts(writes: &[(Stream, u64, &str)]) -> Vec<Write> {
    writes.iter().map(|(stream, at, text)| (*stream, *at, text.as_bytes().to_vec())).collect()
}

fn drain(mut reader: LineReader) -> Vec<Line> {
    let mut lines = Vec::new();
    while let Some(line) = reader.next_line().unwrap() {
        lines.push(line);
    }
    while let Some(line) = reader.next_unended() {
        lines.push(line);
    }
    lines
}

fn read(dir: &Path, options: LineOptions) -> Vec<Line> {
    drain(LineReader::open(LogReader::open(dir).unwrap(), options).unwrap())
}

/// Reads a tail that is looked for in windows of one byte and more.
fn read_tail(dir: &Path, lines: u64) -> Vec<Line> {
    let options = LineOptions { tail: Some(lines), ..LineOptions::default() };
    let mut frames = LogReader::open(dir).unwrap();
    let begin = begin::find(&mut frames, &options, 1).unwrap();
    drain(LineReader::beginning(frames, options, begin))
}

fn shown(lines: &[Line]) -> Vec<(Stream, u64, String)> {
    let text = |line: &Line| String::from_utf8_lossy(&line.bytes).into_owned();
    lines.iter().map(|line| (line.stream, line.at.as_unix_nanos(), text(line))).collect()
}

fn check(writes: &[(Stream, u64, &str)], options: LineOptions, expected: &[(Stream, u64, &str)]) {
    let dir = tempfile::tempdir().unwrap();
    append(dir.path(), 1000, &texts(writes));
    let expected: Vec<_> =
        expected.iter().map(|(stream, at, text)| (*stream, *at, (*text).to_owned())).collect();
    assert_eq!(shown(&read(dir.path(), options)), expected);
}

const SAMPLE: &[(Stream, u64, &str)] = &[
    (Stdout, 10, "one\ntwo\nthr"),
    (Stderr, 20, "warn"),
    (Stdout, 30, "ee\n"),
    (Stderr, 40, "ing\nprompt"),
    (Stdout, 50, "four\n"),
];

#[test]
fn lines_keep_the_time_they_were_begun_at_and_come_as_they_end() {
    check(
        SAMPLE,
        LineOptions::default(),
        &[
            (Stdout, 10, "one\n"),
            (Stdout, 10, "two\n"),
            (Stdout, 10, "three\n"),
            (Stderr, 20, "warning\n"),
            (Stdout, 50, "four\n"),
            (Stderr, 40, "prompt"),
        ],
    );
}

#[test]
fn a_stream_can_be_left_out() {
    let options = LineOptions { stdout: false, ..LineOptions::default() };
    check(SAMPLE, options, &[(Stderr, 20, "warning\n"), (Stderr, 40, "prompt")]);
}

#[test]
fn since_and_until_choose_by_time() {
    let options = LineOptions {
        since: Some(Timestamp::from_unix_nanos(20)),
        until: Some(Timestamp::from_unix_nanos(40)),
        ..LineOptions::default()
    };
    check(SAMPLE, options, &[(Stderr, 20, "warning\n"), (Stderr, 40, "prompt")]);
    let dir = tempfile::tempdir().unwrap();
    append(dir.path(), 1000, &texts(SAMPLE));
    let mut reader = LineReader::open(LogReader::open(dir.path()).unwrap(), options).unwrap();
    while reader.next_line().unwrap().is_some() {}
    assert!(reader.is_ended());
}

#[test]
fn a_line_begun_before_since_in_an_earlier_segment_is_left_out_whole() {
    let dir = tempfile::tempdir().unwrap();
    let writes = texts(&[(Stdout, 1, "old"), (Stdout, 2, "er\n"), (Stdout, 3, "new\n")]);
    append(dir.path(), 1, &writes);
    for (since, expected) in [(2, vec!["new\n"]), (1, vec!["older\n", "new\n"]), (4, vec![])] {
        let since = Some(Timestamp::from_unix_nanos(since));
        let lines = read(dir.path(), LineOptions { since, ..LineOptions::default() });
        assert_eq!(lines.iter().map(|line| line.bytes.clone()).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn timestamps_stand_before_each_line() {
    let options = LineOptions { timestamps: true, tail: Some(1), ..LineOptions::default() };
    check(
        &[(Stdout, 1_500_000_000, "one\n")],
        options,
        &[(Stdout, 1_500_000_000, "1970-01-01T00:00:01.500000000Z one\n")],
    );
}

#[test]
fn a_long_line_is_divided_and_its_parts_have_the_time_of_its_begin() {
    let dir = tempfile::tempdir().unwrap();
    let line = [vec![b'x'; 2 * LINE_BYTES_MAX + 5], b"\n".to_vec()].concat();
    append(
        dir.path(),
        1000,
        &[(Stdout, 1, line[..100].to_vec()), (Stdout, 2, line[100..].to_vec())],
    );
    let lines = read(dir.path(), LineOptions::default());
    let sizes: Vec<_> =
        lines.iter().map(|line| (line.bytes.len(), line.at.as_unix_nanos())).collect();
    assert_eq!(sizes, [(LINE_BYTES_MAX, 1), (LINE_BYTES_MAX, 1), (6, 1)]);
}

#[test]
fn what_one_run_left_open_is_a_line_before_those_of_the_next() {
    let dir = tempfile::tempdir().unwrap();
    append(dir.path(), 1000, &texts(&[(Stderr, 1, "err"), (Stdout, 2, "out")]));
    append(dir.path(), 1000, &texts(&[(Stdout, 3, "next\n")]));
    let expected = [(Stderr, 1, "err"), (Stdout, 2, "out"), (Stdout, 3, "next\n")];
    let expected = expected.map(|(stream, at, text)| (stream, at, text.to_owned()));
    assert_eq!(shown(&read(dir.path(), LineOptions::default())), expected);
    assert_eq!(shown(&read_tail(dir.path(), 2)), expected[1..]);
}

#[test]
fn no_lines_of_the_tail_and_then_all_that_follow() {
    let dir = tempfile::tempdir().unwrap();
    append(dir.path(), 1000, &texts(&[(Stdout, 1, "old\nolder, op")]));
    let options = LineOptions { tail: Some(0), ..LineOptions::default() };
    let mut reader = LineReader::open(LogReader::open(dir.path()).unwrap(), options).unwrap();
    assert_eq!(reader.next_line().unwrap(), None);
    append(dir.path(), 1000, &texts(&[(Stderr, 2, "new\n")]));
    assert_eq!(reader.next_line().unwrap().unwrap().bytes, "new\n");
}

#[test]
fn a_tail_of_a_long_log_is_read_from_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let writes: Vec<Write> =
        (0..20_000).map(|n| (Stdout, n, format!("line {n}\n").into_bytes())).collect();
    append(dir.path(), 100_000, &writes);
    for tail in [1, 3, 5000, 19_999, 20_000, 30_000] {
        let options = LineOptions { tail: Some(tail), ..LineOptions::default() };
        let lines = read(dir.path(), options);
        assert_eq!(lines.len() as u64, tail.min(20_000));
        assert_eq!(lines[0].bytes, format!("line {}\n", 20_000 - tail.min(20_000)));
    }
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let stream = prop_oneof![Just(Stdout), Just(Stderr)];
    let text = prop_oneof![
        8 => "[a-c\n]{1,12}".prop_map(String::into_bytes),
        1 => (LINE_BYTES_MAX - 2..2 * LINE_BYTES_MAX + 2).prop_map(|len| vec![b'-'; len]),
    ];
    prop::collection::vec((stream, text), 0..24).prop_map(|writes| {
        let timed = writes.into_iter().enumerate();
        timed.map(|(at, (stream, bytes))| (stream, at as u64, bytes)).collect()
    })
}

/// Divides each write at some of its bytes.
fn divided(writes: &[Write], every: usize) -> Vec<Write> {
    let parts = |(stream, at, bytes): &Write| {
        let (stream, at) = (*stream, *at);
        bytes.chunks(every).map(|part| (stream, at, part.to_vec())).collect::<Vec<_>>()
    };
    writes.iter().flat_map(parts).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_division_into_frames_and_segments_gives_the_same_lines(
        writes in writes(), every in 1_usize..7000, segment_bytes in 1_u64..70_000
    ) {
        let whole = tempfile::tempdir().unwrap();
        append(whole.path(), u64::MAX, &writes);
        let parts = tempfile::tempdir().unwrap();
        append(parts.path(), segment_bytes.max(writes.len() as u64 * 10), &divided(&writes, every));
        let lines = read(whole.path(), LineOptions::default());
        prop_assert_eq!(&read(parts.path(), LineOptions::default()), &lines);

        for stream in [Stdout, Stderr] {
            let of_lines: Vec<u8> = lines.iter().filter(|line| line.stream == stream)
                .flat_map(|line| line.bytes.to_vec()).collect();
            let of_writes: Vec<u8> = writes.iter().filter(|write| write.0 == stream)
                .flat_map(|write| write.2.clone()).collect();
            prop_assert_eq!(of_lines, of_writes);
        }
        let is_entry = |line: &Line| {
            let feed = line.bytes.iter().position(|&byte| byte == b'\n');
            feed.is_none_or(|at| at + 1 == line.bytes.len()) && line.bytes.len() <= LINE_BYTES_MAX + 1
        };
        prop_assert!(lines.iter().all(is_entry));
    }

    #[test]
    fn a_tail_is_the_end_of_all_lines(
        first in writes(), second in writes(), segment_bytes in 200_u64..70_000, lines in 0_u64..40
    ) {
        let dir = tempfile::tempdir().unwrap();
        append(dir.path(), segment_bytes, &first);
        append(dir.path(), segment_bytes, &second);
        let all = read(dir.path(), LineOptions::default());
        let from = all.len().saturating_sub(lines as usize);
        prop_assert_eq!(read_tail(dir.path(), lines), &all[from..]);
    }
}

#[test]
fn a_reader_in_the_middle_keeps_no_more_than_a_line_of_each_stream() {
    let dir = tempfile::tempdir().unwrap();
    append(dir.path(), u64::MAX, &[(Stdout, 1, vec![b'x'; 3_000_000])]);
    let mut frames = LogReader::open(dir.path()).unwrap();
    let mut assembly = Assembly::default();
    let mut bytes = 0;
    while let Some(frame) = frames.next_frame().unwrap() {
        assembly.feed(frame);
        while let Some(piece) = assembly.next_piece() {
            assert_eq!(piece.bytes.len(), LINE_BYTES_MAX);
            bytes += piece.bytes.len();
        }
    }
    assert_eq!(bytes + assembly.next_unended().unwrap().bytes.len(), 3_000_000);
    assert!(assembly.next_unended().is_none());
}

#[test]
fn a_prefix_stands_before_each_line_and_behind_its_time() {
    let dir = tempfile::tempdir().unwrap();
    append(dir.path(), 1024, &texts(&[(Stdout, 1_500_000_000, "one\ntwo")]));
    for (timestamps, time) in [(false, ""), (true, "1970-01-01T00:00:01.500000000Z ")] {
        let options = LineOptions { timestamps, ..LineOptions::default() };
        let reader = LogReader::open(dir.path()).unwrap();
        let lines = drain(LineReader::open(reader, options).unwrap().with_prefix("a=b "));
        let texts = shown(&lines).into_iter().map(|(_, _, text)| text).collect::<Vec<_>>();
        assert_eq!(texts, [format!("{time}a=b one\n"), format!("{time}a=b two")]);
    }
}

/// Reads everything with a pause after each `count` lines, after which another reader goes on.
fn read_with_pauses(dir: &Path, count: usize) -> Vec<Line> {
    let mut at = LinePosition { frame: LogPosition::START, given: 0 };
    let mut lines = Vec::new();
    loop {
        let mut reader = LineReader::resume(LogReader::open(dir).unwrap(), at);
        let before = lines.len();
        while lines.len() < before + count {
            let Some(line) = reader.next_line().unwrap().or_else(|| reader.next_unended()) else {
                break;
            };
            lines.push(line);
        }
        if lines.len() == before {
            return lines;
        }
        at = reader.resting();
    }
}

#[test]
fn another_reader_goes_on_where_one_has_stopped_also_within_a_frame_and_a_line() {
    let dir = tempfile::tempdir().unwrap();
    let long = "x".repeat(2 * LINE_BYTES_MAX + 7);
    let writes = texts(&[
        (Stdout, 1, "a\nb\nc"),
        (Stderr, 2, "begun "),
        (Stdout, 3, "d\n"),
        (Stdout, 4, &long),
        (Stderr, 5, "and ended\n"),
        (Stdout, 6, "\nlast\n"),
        (Stderr, 7, "no end"),
    ]);
    append(dir.path(), 1 << 20, &writes);
    let whole = read(dir.path(), LineOptions::default());
    for count in 1..=whole.len() {
        assert_eq!(read_with_pauses(dir.path(), count), whole, "pauses after {count}");
    }
}

#[test]
fn where_a_segment_is_gone_the_lines_go_on_with_the_oldest_that_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let writes: Vec<_> =
        (1..=3).map(|n| (Stdout, n, format!("{n}{}\n", "x".repeat(4000)).into_bytes())).collect();
    append(dir.path(), 4096, &writes);
    let mut reader = LineReader::resume(
        LogReader::open(dir.path()).unwrap(),
        LinePosition { frame: LogPosition::START, given: 0 },
    );
    reader.next_line().unwrap().unwrap();
    let at = LinePosition { frame: LogPosition { segment: 1, offset: 0 }, given: 5 };
    drop(reader);
    std::fs::remove_file(dir.path().join("00000001.log")).unwrap();
    let lines = drain(LineReader::resume(LogReader::open(dir.path()).unwrap(), at));
    let begins: Vec<_> = lines.iter().map(|line| line.bytes[0]).collect();
    assert_eq!(begins, b"23");
}
