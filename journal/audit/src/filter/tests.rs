//! Tests of the parts of a log.

use journal_log::Record;

use super::{Filter, containers_named};
use crate::kit::{Log, Words, container};
use crate::{Entry, ExportError};

fn taken(log: &Log, filter: &Filter) -> Vec<u64> {
    let filter = filter.clone().normalised().unwrap();
    let entry = |record: &Record| Entry::of(record, &Words).unwrap();
    let entries = log.records().iter().map(entry).collect::<Vec<_>>();
    entries.iter().filter(|entry| filter.takes(entry)).map(|entry| entry.seq).collect()
}

#[test]
fn times_are_a_half_open_span_with_any_offset() {
    let log = Log::with(30);
    let filter = Filter {
        since: Some("2023-11-14T23:13:25+01:00".into()),
        until: Some("2023-11-14T22:13:30Z".into()),
        ..Filter::default()
    };
    let seqs = taken(&log, &filter);
    assert!(!seqs.is_empty() && seqs.len() < 12, "{seqs:?}");
    assert!(seqs.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{seqs:?}");
    let bad = Filter { since: Some("yesterday".into()), ..Filter::default() };
    assert!(bad.normalised().is_err());
}

#[test]
fn a_container_is_found_by_name_identity_and_part_of_it() {
    let log = Log::with(60);
    let named = containers_named("/web1", &*log.reader(), &Words).unwrap();
    assert_eq!(named, ["web1".to_owned(), container(1)]);
    let by_name = taken(&log, &Filter { containers: named, ..Filter::default() });
    let of_one = Filter { actor: Some("uid:1".into()), ..Filter::default() };
    assert_eq!(by_name, taken(&log, &of_one), "refusals tell the name alone");
    let part = container(1)[..12].to_owned();
    let by_part = taken(&log, &Filter { containers: vec![part], ..Filter::default() });
    assert!(!by_part.is_empty() && by_part.len() < by_name.len());
    let error = containers_named("web9", &*log.reader(), &Words).unwrap_err();
    assert!(matches!(error, ExportError::NoContainer { .. }));
}
