//! The scan against logs that a small writer makes, damaged in every way.

use std::fs;
use std::path::Path;

use super::{
    BLOCK_BYTES, Damage, FIRST, FULL, HEADER_BYTES, LAST, MIDDLE, first_damage, mask, scan,
};

/// Writes records as RocksDB does: split over blocks, the rest of a block padded where no header fits.
fn log(records: &[usize]) -> (Vec<u8>, Vec<u64>) {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for (number, size) in records.iter().enumerate() {
        let payload = vec![number as u8 + 1; *size];
        let mut rest = payload.as_slice();
        let mut is_first = true;
        loop {
            let left = BLOCK_BYTES - bytes.len() % BLOCK_BYTES;
            if left < HEADER_BYTES {
                bytes.resize(bytes.len() + left, 0);
                continue;
            }
            let now = rest.len().min(left - HEADER_BYTES);
            let kind = match (is_first, now == rest.len()) {
                (true, true) => FULL,
                (true, false) => FIRST,
                (false, true) => LAST,
                (false, false) => MIDDLE,
            };
            push(&mut bytes, kind, &rest[..now]);
            rest = &rest[now..];
            is_first = false;
            if rest.is_empty() {
                break;
            }
        }
        ends.push(bytes.len() as u64);
    }
    (bytes, ends)
}

fn push(bytes: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    let mut checked = vec![kind];
    checked.extend_from_slice(payload);
    bytes.extend_from_slice(&mask(crc32c::crc32c(&checked)).to_le_bytes());
    bytes.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(&checked);
}

fn damage_of(bytes: &[u8]) -> Option<Damage> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("000004.log");
    fs::write(&path, bytes).unwrap();
    scan(&path).unwrap()
}

/// Sizes that end a record at a block's end, seven bytes before it, and over several blocks.
const SIZES: [usize; 7] =
    [10, 0, BLOCK_BYTES - 24 - 7, 5, BLOCK_BYTES - 12 - 14, 3 * BLOCK_BYTES, 40];

#[test]
fn a_sound_log_has_no_damage() {
    assert_eq!(damage_of(&[]), None);
    let (bytes, ends) = log(&SIZES);
    assert_eq!(damage_of(&bytes), None);
    assert_eq!(ends[2], BLOCK_BYTES as u64, "the sizes meet the edges of blocks");
}

#[test]
fn a_log_cut_anywhere_keeps_its_whole_records() {
    let (bytes, ends) = log(&SIZES);
    for cut in (0..bytes.len()).filter(|cut| cut % 4001 < 8 || cut % BLOCK_BYTES < 20) {
        let whole = ends.iter().rev().find(|end| **end <= cut as u64).copied().unwrap_or(0);
        match damage_of(&bytes[..cut]) {
            None => {
                let is_padding = bytes[whole as usize..cut].iter().all(|byte| *byte == 0);
                assert!(is_padding, "cut at {cut}");
            }
            Some(damage) => {
                assert_eq!((damage.whole_bytes, damage.is_torn), (whole, true), "cut at {cut}");
                assert_eq!(damage.file_bytes, cut as u64);
            }
        }
    }
}

#[test]
fn a_flipped_bit_is_found_in_its_record() {
    let (good, ends) = log(&SIZES);
    for at in (0..good.len()).step_by(509) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        let whole = ends.iter().rev().find(|end| **end <= at as u64).copied().unwrap_or(0);
        let damage = damage_of(&bytes).unwrap_or_else(|| panic!("byte {at} was passed over"));
        assert_eq!(damage.whole_bytes, whole, "byte {at}: {}", damage.cause);
    }
}

#[test]
fn types_that_rocksdb_would_loop_over_are_damage() {
    for kind in [0, 5, 6, 7, 8, 9, 11, 131, 200] {
        let (mut bytes, _) = log(&[10]);
        push(&mut bytes, kind, b"payload");
        let damage = damage_of(&bytes).unwrap();
        assert_eq!(damage.whole_bytes, 17, "type {kind}");
        assert!(!damage.is_torn);
    }
}

#[test]
fn parts_out_of_order_are_damage() {
    for kinds in [&[MIDDLE][..], &[LAST], &[FIRST, FULL], &[FIRST, FIRST], &[FULL, LAST]] {
        let mut bytes = Vec::new();
        for kind in kinds {
            push(&mut bytes, *kind, b"payload");
        }
        assert!(damage_of(&bytes).is_some(), "{kinds:?}");
    }
}

#[test]
fn zeros_at_the_end_are_a_write_cut_short() {
    let (mut bytes, ends) = log(&[10, 20]);
    bytes.resize(bytes.len() + 5000, 0);
    let damage = damage_of(&bytes).unwrap();
    assert!(damage.is_torn);
    assert_eq!(damage.whole_bytes, ends[1]);
}

#[test]
fn the_oldest_damaged_log_is_the_one_that_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (good, _) = log(&[10, 20]);
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("000009.log", &good);
    write("000010.log", &good[..20]);
    write("000101.log", &good[..20]);
    write("LOG", b"not a log");
    let damage = first_damage(folder.path()).unwrap().unwrap();
    assert_eq!(damage.path.file_name(), Some("000010.log".as_ref()));
    assert_eq!(first_damage(Path::new("/nonexistent")).unwrap(), None);
}
