//! Records, their bodies, the payloads of the domain, and the state of a snapshot.

use journal_domain::{Command, Event};
use journal_log::{Body, HEADER_BYTES, Record, Seq, Tagged, Timestamp, Wire};
use projector_containers::{Containers, State};
use projector_machine::{Machine as _, Stamp};

use crate::target::Target;

/// Where a header has the length of its body, the body's checksum, and its own.
const LENGTH_AT: usize = 36;
const BODY_CHECKSUM_AT: usize = 96;
const CHECKSUM_AT: usize = 100;

/// Released records, as files.
const RECORDS: &[&[u8]] = &[
    include_bytes!("../../../../journal/log/tests/golden/command-v1-1.bin"),
    include_bytes!("../../../../journal/log/tests/golden/command-v1-2.bin"),
    include_bytes!("../../../../journal/log/tests/golden/command-v1-3.bin"),
    include_bytes!("../../../../journal/log/tests/golden/epoch-v1-1.bin"),
    include_bytes!("../../../../journal/log/tests/golden/epoch-v1-2.bin"),
    include_bytes!("../../../../journal/log/tests/golden/observation-v1-1.bin"),
    include_bytes!("../../../../journal/log/tests/golden/seal-v1-1.bin"),
    include_bytes!("../../../../journal/log/tests/golden/snapshot_ref-v1-1.bin"),
    include_bytes!("../../../../journal/log/tests/golden/state_hash-v1-1.bin"),
    include_bytes!("../../../../journal/log/tests/golden/timer-v1-1.bin"),
    include_bytes!("../../../../journal/log/tests/golden/version_barrier-v1-1.bin"),
];

/// Released payloads, a line each: kind, version, bytes, JSON.
const PAYLOADS: &str = include_str!("../../../../journal/domain/tests/golden/payloads.txt");

pub(super) fn targets() -> Vec<Target> {
    let samples = RECORDS.iter().map(|bytes| bytes.to_vec()).collect();
    let mut record = Target::new("record", samples, record);
    record.repair = repair;
    let states = vec![state(0), state(40), state(usize::MAX)];
    vec![
        record,
        Target::new("command", payloads(|kind| kind < 0x0200), payload::<Command>),
        Target::new("event", payloads(|kind| kind >= 0x0200), payload::<Event>),
        Target::new("snapshot", states, |bytes| postcard::from_bytes::<State>(bytes).is_ok()),
    ]
}

/// A record that is taken is the bytes that were read, and its body may be anything but a panic.
fn record(bytes: &[u8]) -> bool {
    let Ok(record) = Record::decode(bytes) else { return false };
    assert_eq!(record.encode(), bytes, "a record is not the bytes it was read from");
    assert_eq!(record.hash(), Record::hash_encoded(bytes));
    let (body, view) = (Body::of(&record), Body::view(&record).map(drop));
    assert_eq!(body.is_ok(), view.is_ok(), "one way to read a body takes what the other refuses");
    body.is_ok()
}

/// Makes length and checksums of a record right.
fn repair(bytes: &mut [u8]) {
    if bytes.len() < HEADER_BYTES {
        return;
    }
    let length = u32::try_from(bytes.len() - HEADER_BYTES).unwrap_or(u32::MAX);
    bytes[LENGTH_AT..LENGTH_AT + 4].copy_from_slice(&length.to_le_bytes());
    let body = crc32c::crc32c(&bytes[HEADER_BYTES..]);
    bytes[BODY_CHECKSUM_AT..BODY_CHECKSUM_AT + 4].copy_from_slice(&body.to_le_bytes());
    let header = crc32c::crc32c(&bytes[..CHECKSUM_AT]);
    bytes[CHECKSUM_AT..CHECKSUM_AT + 4].copy_from_slice(&header.to_le_bytes());
}

/// A payload that is taken can be written and read again as the same.
fn payload<W: Wire + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> bool {
    let Some(tagged) = tagged(bytes) else { return false };
    let Ok(value) = W::from_tagged(&tagged) else { return false };
    // Some bytes spell a value in another way than it is written, so the bytes need not be the same.
    if let Ok(written) = value.to_tagged() {
        let again = W::from_tagged(&written).expect("what was written is read");
        assert_eq!(again, value, "a payload is another one once it was written");
    }
    true
}

fn tagged(bytes: &[u8]) -> Option<Tagged> {
    let (kind, rest) = bytes.split_first_chunk()?;
    let (version, bytes) = rest.split_first_chunk()?;
    let (kind, version) = (u16::from_le_bytes(*kind), u16::from_le_bytes(*version));
    Some(Tagged { kind, version, bytes: bytes.to_vec() })
}

/// Gives the released payloads whose kind is `wanted`: kind, version, bytes.
fn payloads(wanted: fn(u16) -> bool) -> Vec<Vec<u8>> {
    let lines = PAYLOADS.lines().filter_map(|line| {
        let mut parts = line.split(' ');
        let kind = u16::from_str_radix(parts.next()?.trim_start_matches("0x"), 16).ok()?;
        let version: u16 = parts.next()?.trim_start_matches('v').parse().ok()?;
        let bytes = hex::decode(parts.next()?).ok()?;
        let head = [kind.to_le_bytes(), version.to_le_bytes()].concat();
        wanted(kind).then(|| [head, bytes].concat())
    });
    lines.collect()
}

/// Gives a snapshot's bytes after the first released events.
fn state(count: usize) -> Vec<u8> {
    let mut state = State::default();
    for (number, bytes) in (1..).zip(payloads(|kind| kind >= 0x0200)).take(count) {
        let Some(Ok(event)) = tagged(&bytes).map(|tagged| Event::from_tagged(&tagged)) else {
            continue;
        };
        Containers::apply(&mut state, &event, Stamp { seq: Seq::new(number), at: Timestamp::ZERO });
    }
    postcard::to_stdvec(&state).expect("a state can be written")
}
