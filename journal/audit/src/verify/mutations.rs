//! Changes of an export by the thousand, each of which has to be found.
//!
//! `SOCKERLESS_TEST_MUTATIONS` says how many, `SOCKERLESS_TEST_SEED` which.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journal_log::{Record, Seq};
use serde_json::Value;

use super::{VerifyError, VerifyOptions, verify};
use crate::kit::{Log, Words, everything, key};
use crate::tree::leaf_of;
use crate::{Entry, ExportRequest, Format, Frontier};

/// Mutations of a run that is not told how many.
const MUTATIONS: u64 = 2_000;

/// How an export is changed.
#[derive(Debug, Clone, Copy)]
enum Mutation {
    /// A bit of the file.
    Bit,
    /// A byte of the file is another.
    Byte,
    /// A line is gone.
    Delete,
    /// A line is there twice.
    Duplicate,
    /// Two lines have changed their places.
    Swap,
    /// A line of another log stands between.
    Insert,
    /// The end is gone.
    Truncate,
    /// A record's body is another, its checksums are right again.
    Checksums,
    /// A record is another, and everything behind it is made right again.
    Chain,
    /// A record is gone, and everything behind it is made right again.
    Gap,
    /// Records and the first line are of another log, the checkpoint is this one's.
    Graft,
}

const ALL: [Mutation; 11] = [
    Mutation::Bit,
    Mutation::Byte,
    Mutation::Delete,
    Mutation::Duplicate,
    Mutation::Swap,
    Mutation::Insert,
    Mutation::Truncate,
    Mutation::Checksums,
    Mutation::Chain,
    Mutation::Gap,
    Mutation::Graft,
];

#[test]
fn every_mutation_of_an_export_is_found() {
    let seed = setting("SOCKERLESS_TEST_SEED").unwrap_or_else(|| getrandom::u64().unwrap());
    let count = setting("SOCKERLESS_TEST_MUTATIONS").unwrap_or(MUTATIONS);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut log = Log::with_seed(12, seed);
    log.seal();
    log.grow(8);
    log.seal();
    log.grow(3);
    let plain = log.export(&everything(Format::Jsonl));
    let proven = log.export(&ExportRequest { proofs: true, ..everything(Format::Jsonl) });
    let other = Log::with_seed(log.head(), seed.wrapping_add(1));
    let foreign = other.export(&everything(Format::Jsonl));
    let logs = Logs { own: log.records(), other: other.records(), foreign };
    let verifying = key().verifying_key();
    let mut counts = [0_u64; ALL.len()];
    for number in 0..count {
        let which = random.usize(..ALL.len());
        let text = if random.bool() { &plain } else { &proven };
        let (mutated, place) = mutate(ALL[which], text, &logs, &mut random);
        if mutated == text.as_bytes() {
            continue;
        }
        counts[which] += 1;
        let told = verify(mutated.as_slice(), &verifying, &Words, &VerifyOptions::default());
        let error = told.expect_err(&format!("seed {seed}, mutation {number}: {:?}", ALL[which]));
        if let (Some(place), VerifyError::Bad { first, last, .. }) = (place, &error) {
            let named = first.get()..=last.get();
            assert!(
                named.contains(&place),
                "seed {seed}, {number}: {:?} at {place}: {error}",
                ALL[which]
            );
        }
    }
    let total: u64 = counts.iter().sum();
    let kinds = ALL.iter().zip(counts).map(|(kind, count)| format!("{kind:?} {count}"));
    eprintln!("found: {}", kinds.collect::<Vec<_>>().join(", "));
    // The line that `make torture` collects.
    eprintln!(r#"{{"suite":"audit","seed":{seed},"tried":{total},"lost":0}}"#);
    assert!(total > count / 2);
}

/// The log, and another from which lines and records are taken.
struct Logs {
    own: Vec<Record>,
    other: Vec<Record>,
    foreign: String,
}

/// Changes an export; also says which record is the first bad one, where that is certain.
fn mutate(
    mutation: Mutation,
    text: &str,
    logs: &Logs,
    random: &mut fastrand::Rng,
) -> (Vec<u8>, Option<u64>) {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let records = logs.own.clone();
    let at = random.usize(1..lines.len() - 1);
    let seq = at as u64;
    match mutation {
        Mutation::Bit => {
            let mut bytes = text.as_bytes().to_vec();
            bytes[random.usize(..text.len())] ^= 1 << random.u8(..8);
            (bytes, None)
        }
        Mutation::Byte => {
            let mut bytes = text.as_bytes().to_vec();
            bytes[random.usize(..text.len())] = random.u8(..);
            (bytes, None)
        }
        Mutation::Delete => {
            lines.remove(at);
            (lines.concat().into(), Some(seq))
        }
        Mutation::Duplicate => {
            let to = random.usize(1..lines.len());
            lines.insert(to, lines[at]);
            // A line put before itself is the line, and the second is the bad one.
            let first = if to == at { to + 1 } else { to };
            (lines.concat().into(), Some(first as u64))
        }
        Mutation::Swap => {
            let with = random.usize(1..lines.len() - 1);
            lines.swap(at, with);
            (lines.concat().into(), Some(at.min(with) as u64))
        }
        Mutation::Insert => {
            let foreign: Vec<&str> = logs.foreign.split_inclusive('\n').collect();
            lines.insert(at, foreign[random.usize(1..foreign.len() - 1)]);
            (lines.concat().into(), None)
        }
        Mutation::Truncate => (text.as_bytes()[..random.usize(..text.len())].to_vec(), None),
        Mutation::Checksums => {
            let mut forged = records;
            change(&mut forged[at - 1], random);
            (with_records(text, &forged).into(), Some(seq))
        }
        Mutation::Chain => {
            let forged = rewrite(&records, seq, |record| change(record, random));
            (with_records(text, &forged).into(), Some(seq))
        }
        Mutation::Gap => {
            let mut forged = records;
            forged.remove(at - 1);
            for (index, record) in forged.iter_mut().enumerate() {
                record.header.seq = Seq::new(index as u64 + 1);
            }
            let forged = rewrite(&forged, seq.min(forged.len() as u64), |_| {});
            (with_records(text, &forged).into(), None)
        }
        Mutation::Graft => (with_records(text, &logs.other).into(), None),
    }
}

/// Changes what a record says, and makes its checksums right.
fn change(record: &mut Record, random: &mut fastrand::Rng) {
    let mut body = record.body.to_vec();
    let place = random.usize(..body.len());
    body[place] ^= 1 << random.u8(..8);
    record.body = body.into();
    record.header.body_crc32c = crc32c_of(record);
}

/// The checksum of a body, as a record that is made of it has it.
fn crc32c_of(record: &Record) -> u32 {
    let draft = journal_log::Draft {
        kind: record.header.kind,
        version: record.header.version,
        request: record.header.request,
        body: record.body.clone(),
    };
    let now = record.header.hlc.wall();
    let made = journal_log::Chain::new(journal_log::Tail::GENESIS).group(now, vec![draft]);
    made[0].header.body_crc32c
}

/// Changes the record `seq`, and makes every link from there on right again.
pub(super) fn rewrite(
    records: &[Record],
    seq: u64,
    change: impl FnOnce(&mut Record),
) -> Vec<Record> {
    let mut records = records.to_vec();
    let at = seq as usize - 1;
    change(&mut records[at]);
    for index in at.max(1)..records.len() {
        records[index].header.previous = records[index - 1].hash();
    }
    records
}

/// Puts `records` into an export of as many, each told anew; the first and last line and the proofs stay.
pub(super) fn with_records(text: &str, records: &[Record]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut forged = lines[0].to_owned();
    for (index, line) in lines[1..lines.len() - 1].iter().enumerate() {
        let Some(record) = records.get(index) else { continue };
        // What cannot be told any more keeps its words and has other bytes.
        let Ok(mut entry) = Entry::of(record, &Words) else {
            let mut value: Value = serde_json::from_str(line).unwrap();
            value["record"] = STANDARD.encode(record.encode()).into();
            forged.push_str(&format!("{value}\n"));
            continue;
        };
        entry.carry(record);
        let parsed: Value = serde_json::from_str(line).unwrap();
        entry.proof = serde_json::from_value(parsed["proof"].clone()).unwrap_or_default();
        forged.push_str(&crate::format::jsonl_line(&entry));
    }
    forged.push_str(lines[lines.len() - 1]);
    forged
}

#[test]
fn records_made_right_again_are_a_chain() {
    let log = Log::with(20);
    let forged = rewrite(&log.records(), 7, |record| {
        record.header.request = journal_log::RequestId::NONE;
    });
    let mut chain = journal_log::ChainVerifier::from_genesis();
    let mut frontier = Frontier::default();
    for record in &forged {
        chain.check(record).unwrap();
        frontier.push(leaf_of(record.hash()));
    }
    assert_ne!(frontier.root(), log.signed().checkpoint.root);
}

#[expect(clippy::disallowed_methods, reason = "tests are told by variables how to run")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}
