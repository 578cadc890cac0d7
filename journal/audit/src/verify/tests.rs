//! Tests of verification; what no single test thinks of is tried by the mutations.

use journal_log::{Record, Seq};

use super::{Verified, VerifyError, VerifyOptions, verify};
use crate::kit::{Log, Words, container, everything, key};
use crate::{Checkpoint, ExportRequest, Filter, Format, SigningKey};

fn check(export: &str) -> Result<Verified, VerifyError> {
    check_with(export, Vec::new())
}

fn check_with(export: &str, checkpoints: Vec<Checkpoint>) -> Result<Verified, VerifyError> {
    let key = key().verifying_key();
    verify(export.as_bytes(), &key, &Words, &VerifyOptions { checkpoints })
}

fn sealed() -> Log {
    let mut log = Log::with(60);
    log.seal();
    log.grow(30);
    log.seal();
    log.grow(5);
    log
}

#[test]
fn an_export_is_verified_with_its_seals() {
    let log = sealed();
    let verified = check(&log.export(&everything(Format::Jsonl))).unwrap();
    assert_eq!((verified.from, verified.to, verified.records), (Seq::FIRST, Seq::new(97), 97));
    assert_eq!((verified.seals, verified.proofs, verified.is_part), (2, 0, false));
    assert_eq!(verified.root, log.signed().checkpoint.root);
}

#[test]
fn the_rest_of_a_log_is_verified_alone() {
    let log = sealed();
    for from in [2, 50, 61, 62, 96, 97, 98] {
        let request = ExportRequest { from: Seq::new(from), ..everything(Format::Jsonl) };
        let verified = check(&log.export(&request)).unwrap();
        assert_eq!((verified.from, verified.records), (Seq::new(from), 98 - from), "{from}");
    }
}

#[test]
fn a_part_is_verified_by_its_proofs() {
    let log = sealed();
    let filter = Filter { containers: vec![container(1)], ..Filter::default() };
    let request = ExportRequest { filter, proofs: true, ..everything(Format::Jsonl) };
    let text = log.export(&request);
    let verified = check(&text).unwrap();
    assert!(verified.is_part && verified.records > 0 && verified.proofs == verified.records);
    let other = text.replacen(&container(1), &container(2), 1);
    assert!(check(&other).unwrap_err().to_string().contains("is not of the part"));
}

#[test]
fn another_s_key_is_told() {
    let text = sealed().export(&everything(Format::Jsonl));
    let key = SigningKey::new("log/a", [8; 32]).unwrap().verifying_key();
    let error = verify(text.as_bytes(), &key, &Words, &VerifyOptions::default()).unwrap_err();
    assert!(matches!(error, VerifyError::Checkpoint(_)), "{error}");
    assert!(matches!(check("seq,time\n"), Err(VerifyError::NoExport)));
    assert!(matches!(check(""), Err(VerifyError::NoExport)));
}

#[test]
fn checkpoints_from_elsewhere_have_to_fit() {
    let mut log = sealed();
    let older = log.signed().checkpoint;
    log.grow(20);
    let text = log.export(&everything(Format::Jsonl));
    check_with(&text, vec![older.clone(), log.signed().checkpoint]).unwrap();
    let fork = Checkpoint { root: Log::with_seed(97, 3).signed().checkpoint.root, ..older.clone() };
    let error = check_with(&text, vec![fork]).unwrap_err();
    assert_eq!(error.first_bad(), Some(Seq::new(92)), "{error}");
    let cut = sealed().export(&everything(Format::Jsonl));
    let error = check_with(&cut, vec![log.signed().checkpoint]).unwrap_err();
    assert_eq!(error.first_bad(), Some(Seq::new(98)), "the end is missing: {error}");
    let request = ExportRequest { from: Seq::new(100), ..everything(Format::Jsonl) };
    let error = check_with(&log.export(&request), vec![older]).unwrap_err();
    assert!(matches!(error, VerifyError::NotCovered { size: 97, .. }), "{error}");
}

#[test]
fn a_log_that_was_made_anew_is_found_by_its_seals() {
    let log = sealed();
    let forged = crate::verify::mutations::rewrite(&log.records(), 70, |record: &mut Record| {
        record.header.request = journal_log::RequestId::NONE;
    });
    let text = log.export(&everything(Format::Jsonl));
    let error = check(&crate::verify::mutations::with_records(&text, &forged)).unwrap_err();
    // The first seal is still good, the second is not.
    let VerifyError::Bad { first, last, .. } = error else { panic!("{error}") };
    assert_eq!((first, last), (Seq::new(61), Seq::new(91)));
}

#[test]
fn a_log_that_was_made_anew_is_found_at_the_record_by_proofs() {
    let log = sealed();
    let forged = crate::verify::mutations::rewrite(&log.records(), 70, |record: &mut Record| {
        record.header.request = journal_log::RequestId::NONE;
    });
    let text = log.export(&ExportRequest { proofs: true, ..everything(Format::Jsonl) });
    let error = check(&crate::verify::mutations::with_records(&text, &forged)).unwrap_err();
    assert_eq!(error.first_bad(), Some(Seq::new(70)), "{error}");
}
