//! The shapes of records for ever: the bytes of every kind and version that was released, and what they say.
//!
//! `tests/golden/<kind>-v<version>-<case>.bin` is a whole record, the `.json` beside it what it is read as.
//! `UPDATE_GOLDEN=1 cargo test -p journal-log --test golden` writes the files of new shapes; it never touches
//! one that is there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use journal_log::{
    Actor, Body, Chain, CommandBodyV1, Draft, Epoch, EpochBodyV1, Hlc, Outcome, Record, RecordHash,
    RequestId, SealBodyV1, Seq, SkipBodyV1, SnapshotRefBodyV1, StateHashBodyV1, Tagged, Tail,
    Timestamp, TreeHash, TrimBodyV1, VersionBarrierBodyV1,
};

/// Samples of each shape: the smallest, a usual one, and one with large numbers and odd text.
const CASES: usize = 3;

#[test]
fn every_shape_has_its_golden_files() {
    let files = golden_files();
    for (kind, version) in Body::SHAPES {
        for case in 1..=CASES {
            let name = format!("{kind}-v{version}-{case}");
            assert!(files.contains_key(&name), "{name} is missing: see the head of this file");
        }
    }
}

#[test]
fn golden_records_are_read_as_they_always_were() {
    for (name, path) in golden_files() {
        let bytes = fs::read(&path).unwrap();
        let record = Record::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(record.encode(), bytes, "{name}: the frame");
        let found: serde_json::Value = serde_json::from_str(&shown(&record)).unwrap();
        let text = fs::read_to_string(path.with_extension("json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn the_newest_shapes_are_written_as_they_were_released() {
    let files = golden_files();
    for (name, record) in samples() {
        let path = files.get(&name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(fs::read(path).unwrap(), record.encode(), "{name}");
    }
}

/// Finds the golden files, after it has written those that are missing where it is asked to.
fn golden_files() -> BTreeMap<String, PathBuf> {
    // The tests run at once, so the first writes for all.
    static UPDATED: Once = Once::new();
    let folder = Path::new("tests/golden");
    UPDATED.call_once(|| {
        if is_update_asked() {
            write_missing(folder);
        }
    });
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let records = paths.filter(|path| path.extension().is_some_and(|extension| extension == "bin"));
    records.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

fn write_missing(folder: &Path) {
    for (name, record) in samples() {
        let path = folder.join(&name).with_extension("bin");
        if !path.exists() {
            fs::write(&path, record.encode()).unwrap();
            fs::write(path.with_extension("json"), shown(&record) + "\n").unwrap();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch for the developer, not configuration")]
fn is_update_asked() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok()
}

fn shown(record: &Record) -> String {
    let body = Body::of(record).unwrap();
    let hash = record.hash();
    let header = &record.header;
    let shown = serde_json::json!({ "hash": hash, "header": header, "body": body });
    serde_json::to_string_pretty(&shown).unwrap()
}

/// Makes a record of each sample, as the first of an opening far into a journal.
fn samples() -> Vec<(String, Record)> {
    let tail = Tail {
        seq: Seq::new(0x0102_0304_0506),
        hash: RecordHash::from_bytes([0x5a; 32]),
        epoch: Epoch::new(77),
        hlc: Hlc::new(0x018b_0000_0000_0003),
    };
    let now = Timestamp::from_unix_nanos(1_700_000_000_123_456_789);
    let request = RequestId::from_bytes(*b"0123456789abcdef");
    let mut cases = BTreeMap::new();
    let record = |body: &Body| {
        let draft = Draft::new(request, body).unwrap();
        let case = cases.entry(body.kind()).or_insert(0);
        *case += 1;
        let name = format!("{}-v{}-{case}", body.kind(), body.version());
        (name, Chain::new(tail).group(now, vec![draft]).remove(0))
    };
    bodies().iter().map(record).collect()
}

fn bodies() -> Vec<Body> {
    let commands = commands();
    let kinds: [fn(CommandBodyV1) -> Body; 3] = [Body::Command, Body::Observation, Body::Timer];
    let mut bodies: Vec<Body> =
        kinds.iter().flat_map(|kind| commands.iter().cloned().map(kind)).collect();
    bodies.extend(openings().map(Body::Epoch));
    bodies.extend(skips().map(Body::Skip));
    for (number, state_hash) in [(1, [0; 32]), (1000, [0xab; 32]), (u64::MAX, [0xff; 32])] {
        let seq = Seq::new(number);
        let record_hash = RecordHash::from_bytes([number as u8; 32]);
        bodies.push(Body::StateHash(StateHashBodyV1 { seq, state_hash }));
        bodies.push(Body::SnapshotRef(SnapshotRefBodyV1 {
            seq,
            record_hash,
            state_hash,
            schema: number as u32,
            size_bytes: number / 2,
        }));
        bodies.push(Body::Seal(SealBodyV1 {
            first: Seq::new(number / 2),
            last: seq,
            root: TreeHash::from_bytes(state_hash),
            checkpoint: format!("log/ünï\n{number}\n"),
        }));
        bodies.push(Body::Trim(TrimBodyV1 {
            now: Timestamp::from_unix_nanos(number),
            actor: Actor { principal: format!("uid:{number}"), ..Actor::default() },
            reason: if number == 1 { String::new() } else { "älter als 30 Tage\n".to_owned() },
            through: seq.previous(),
            through_hash: record_hash,
            through_epoch: Epoch::new(number),
            through_clock: Hlc::new(number << 16),
            snapshot: seq,
            snapshot_state_hash: state_hash,
        }));
        bodies.push(Body::VersionBarrier(VersionBarrierBodyV1 {
            min_binary: format!("0.{number}.1"),
        }));
    }
    bodies
}

fn commands() -> [CommandBodyV1; CASES] {
    let least = CommandBodyV1 {
        actor: Actor::default(),
        request: RequestId::NONE,
        now: Timestamp::ZERO,
        cause: None,
        command: Tagged { kind: 0, version: 0, bytes: Vec::new() },
        outcome: Outcome::Accepted,
        events: Vec::new(),
    };
    let usual = CommandBodyV1 {
        actor: Actor {
            principal: "uid:1000".to_owned(),
            source: "unix:/run/sockerless.sock".to_owned(),
            agent: "Docker-Client/27.5.1 (linux)".to_owned(),
        },
        request: RequestId::from_bytes([0x42; 16]),
        now: Timestamp::from_unix_nanos(1_700_000_000_123_456_789),
        cause: Some(Seq::new(4711)),
        command: Tagged { kind: 0x0101, version: 1, bytes: b"create".to_vec() },
        outcome: Outcome::Accepted,
        events: vec![
            Tagged { kind: 0x0201, version: 1, bytes: b"created".to_vec() },
            Tagged { kind: 0x0202, version: 2, bytes: (0..=255).collect() },
        ],
    };
    let odd = CommandBodyV1 {
        actor: Actor { principal: "ünï\u{0}\"'\n".to_owned(), ..usual.actor.clone() },
        now: Timestamp::from_unix_nanos(u64::MAX),
        cause: Some(Seq::new(u64::MAX)),
        command: Tagged { kind: u16::MAX, version: u16::MAX, bytes: vec![0xff; 300] },
        outcome: Outcome::Refused { code: 409, message: "the name \"/web\" is taken".to_owned() },
        events: Vec::new(),
        ..usual.clone()
    };
    [least, usual, odd]
}

fn openings() -> [EpochBodyV1; CASES] {
    let least = EpochBodyV1 {
        now: Timestamp::ZERO,
        node: String::new(),
        boot: String::new(),
        binary: String::new(),
        cluster: [0; 16],
        recovery: Vec::new(),
    };
    let usual = EpochBodyV1 {
        now: Timestamp::from_unix_nanos(1_700_000_000_123_456_789),
        node: "host-1".to_owned(),
        boot: "8a0e1f5c-7c1b-4b60-9d0e-2f6f3a1c9f11".to_owned(),
        binary: "0.0.0".to_owned(),
        cluster: *b"fedcba9876543210",
        recovery: Vec::new(),
    };
    let mended = EpochBodyV1 {
        recovery: vec![
            "records 41 to 43 were taken back from the witness".to_owned(),
            "17 bytes of a record that was never acknowledged were cut".to_owned(),
        ],
        ..usual.clone()
    };
    [least, usual, mended]
}

fn skips() -> [SkipBodyV1; CASES] {
    let least = SkipBodyV1 {
        now: Timestamp::ZERO,
        operator: String::new(),
        reason: String::new(),
        first: Seq::FIRST,
        last: Seq::FIRST,
        resumes: None,
        damage: String::new(),
    };
    let usual = SkipBodyV1 {
        now: Timestamp::from_unix_nanos(1_700_000_000_123_456_789),
        operator: "uid:0".to_owned(),
        reason: "the disk was replaced, ticket 4711".to_owned(),
        first: Seq::new(41),
        last: Seq::new(43),
        resumes: Some(RecordHash::from_bytes([0x5a; 32])),
        damage: "journal/db/000012.sst at byte 8112: block checksum mismatch".to_owned(),
    };
    let odd = SkipBodyV1 {
        now: Timestamp::from_unix_nanos(u64::MAX),
        reason: "ünï\u{0}\"'\n".to_owned(),
        first: Seq::new(u64::MAX - 1),
        last: Seq::new(u64::MAX),
        ..usual.clone()
    };
    [least, usual, odd]
}
