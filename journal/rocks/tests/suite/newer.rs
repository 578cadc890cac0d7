//! A log that a newer release has written: refused before anything is changed, with the release that is needed.

use std::fs;

use bytes::Bytes;
use journal_log::conformance::{command_draft, epoch_draft};
use journal_log::{
    Body, Chain, Draft, HEADER_BYTES, Journal, Record, RecordKind, RequestId, Timestamp,
    VersionBarrierBodyV1,
};
use journal_rocks::{OpenError, RocksJournal};

use crate::support::{Fixture, options};

/// The kind of records that this release does not know.
const UNKNOWN: u16 = 999;

fn barrier() -> Draft {
    let body = VersionBarrierBodyV1 { min_binary: "9.8.7".to_owned() };
    Draft::new(RequestId::NONE, &Body::VersionBarrier(body)).unwrap()
}

/// Changes the kind of the record that is `bytes` to one that is not known, with all checksums right.
fn renamed(record: &Record) -> Vec<u8> {
    let mut bytes = record.encode();
    bytes[32..34].copy_from_slice(&UNKNOWN.to_le_bytes());
    let checksum = crc32c::crc32c(&bytes[..HEADER_BYTES - 4]);
    bytes[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// A journal whose last record is of an unknown kind, with a barrier before it or without.
///
/// Nothing here can write such a record, so its bytes are changed in the log, with the log's own checksums.
fn newer(has_barrier: bool) -> Fixture {
    let mut fixture = Fixture::new(256 << 10);
    let (mut journal, _) = RocksJournal::open(&fixture.path(), &options(256 << 10)).unwrap();
    fixture.append(&mut journal, vec![epoch_draft()]);
    if has_barrier {
        fixture.append(&mut journal, vec![barrier()]);
    }
    let group = Chain::new(journal.tail()).group(Timestamp::ZERO, vec![command_draft(1, 10)]);
    let last = &group[0];
    assert_eq!(last.header.kind, RecordKind::Command);
    let encoded = Bytes::from(renamed(last));
    journal.append(&group).unwrap();
    drop(journal);
    change_log(&fixture.log(), &last.encode(), &encoded);
    fs::remove_file(fixture.ring()).unwrap();
    fixture
}

/// Exchanges the bytes of a record in a log, and makes the checksum of the log's record right again.
fn change_log(path: &std::path::Path, old: &[u8], new: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
    bytes[at..at + new.len()].copy_from_slice(new);
    let mut begin = 0;
    loop {
        let length = usize::from(u16::from_le_bytes([bytes[begin + 4], bytes[begin + 5]]));
        let end = begin + 7 + length;
        if (begin..end).contains(&at) {
            let checksum = crc32c::crc32c(&bytes[begin + 6..end]);
            let masked = checksum.rotate_right(15).wrapping_add(0xa282_ead8);
            bytes[begin..begin + 4].copy_from_slice(&masked.to_le_bytes());
            break;
        }
        begin = end;
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn j_014_a_record_of_an_unknown_kind_is_refused_with_the_release_that_is_needed() {
    for has_barrier in [true, false] {
        let fixture = newer(has_barrier);
        let rebuild = journal_rocks::Options { rebuild_witness: true, ..options(256 << 10) };
        let error = fixture.open_with(&rebuild).unwrap_err();
        assert!(matches!(error, OpenError::Newer { .. }), "{error:?}");
        let told = error.to_string();
        assert!(told.contains("record kind 999"), "{told}");
        assert_eq!(told.contains("asks for release 9.8.7 or a newer one"), has_barrier, "{told}");
        // Nothing was mended or cut: the next opening finds the same.
        assert_eq!(fixture.open_with(&rebuild).unwrap_err().to_string(), told);
    }
}
