//! Every payload that was ever released reads back as what it was: the bytes are checked in.
//!
//! `golden/payloads.txt` has a line for each sample: kind, version, bytes, and the value as JSON. A released
//! line is never changed; a new kind or version gets a new one (`UPDATE_EXPECT=1` writes them).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "golden/samples.rs"]
mod samples;

use std::collections::BTreeSet;

use expect_test::expect_file;
use journal_domain::{Command, Event};
use journal_log::{Tagged, Wire};

fn line(tagged: &Tagged, json: String) -> String {
    format!("{:#06x} v{} {} {json}\n", tagged.kind, tagged.version, hex::encode(&tagged.bytes))
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn the_bytes_of_every_payload_are_the_released_ones() {
    let commands = samples::commands().into_iter().map(|c| line(&c.to_tagged().unwrap(), json(&c)));
    let events = samples::events().into_iter().map(|e| line(&e.to_tagged().unwrap(), json(&e)));
    let text: String = commands.chain(events).collect();
    expect_file!["./golden/payloads.txt"].assert_eq(&text);
}

#[test]
fn every_released_line_reads_back_as_its_value() {
    for golden in include_str!("golden/payloads.txt").lines() {
        let mut parts = golden.splitn(4, ' ');
        let mut next = || parts.next().unwrap();
        let kind = u16::from_str_radix(next().trim_start_matches("0x"), 16).unwrap();
        let version = next().trim_start_matches('v').parse().unwrap();
        let tagged = Tagged { kind, version, bytes: hex::decode(next()).unwrap() };
        let read = if kind < 0x0200 {
            json(&Command::from_tagged(&tagged).unwrap())
        } else {
            json(&Event::from_tagged(&tagged).unwrap())
        };
        assert_eq!(read, next(), "{kind:#06x}");
    }
}

#[test]
fn every_kind_has_a_golden_sample_and_a_number_of_its_own() {
    let all: Vec<(u16, u16)> = Command::kinds().chain(Event::kinds()).collect();
    let known: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!(known.len(), all.len(), "a kind is used twice");
    let commands = samples::commands().into_iter().map(|c| c.to_tagged().unwrap());
    let events = samples::events().into_iter().map(|e| e.to_tagged().unwrap());
    let sampled: BTreeSet<_> = commands.chain(events).map(|t| (t.kind, t.version)).collect();
    assert_eq!(sampled, known);
}

#[test]
fn an_unknown_kind_is_refused_by_its_number() {
    let tagged = Tagged { kind: 0x7fff, version: 3, bytes: Vec::new() };
    let error = Event::from_tagged(&tagged).unwrap_err().to_string();
    assert!(error.contains("0x7fff") && error.contains("version 3"), "{error}");
    assert!(Command::from_tagged(&tagged).is_err());
}

#[test]
fn a_payload_cut_short_or_drawn_out_is_refused() {
    for command in samples::commands() {
        let whole = command.to_tagged().unwrap();
        let mut longer = whole.clone();
        longer.bytes.push(0);
        assert!(Command::from_tagged(&longer).is_err(), "{command:?}");
        let mut shorter = whole;
        shorter.bytes.pop();
        assert!(Command::from_tagged(&shorter).is_err(), "{command:?}");
    }
}
