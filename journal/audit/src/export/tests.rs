//! Tests of exports.

use std::io;

use journal_log::Seq;

use crate::kit::{Log, Words, everything, key};
use crate::{Checkpoint, ExportError, ExportRequest, Format, export};

#[test]
fn an_export_goes_on_where_the_last_one_ended() {
    let mut log = Log::with(30);
    let first = log.export(&everything(Format::Jsonl));
    let end: serde_json::Value = serde_json::from_str(first.lines().last().unwrap()).unwrap();
    assert_eq!(end["end"], serde_json::json!({"records": 30, "next": 31}));
    log.grow(12);
    let rest = log.export(&ExportRequest { from: Seq::new(31), ..everything(Format::Jsonl) });
    let whole = log.export(&everything(Format::Jsonl));
    let inner = |text: &str| -> Vec<String> {
        let lines: Vec<&str> = text.lines().collect();
        lines[1..lines.len() - 1].iter().map(|line| (*line).to_owned()).collect()
    };
    assert_eq!([inner(&first), inner(&rest)].concat(), inner(&whole));
    let nothing = log.export(&ExportRequest { from: Seq::new(43), ..everything(Format::Jsonl) });
    assert_eq!(nothing.lines().count(), 2);
}

#[test]
fn a_log_that_is_not_what_was_signed_is_not_exported() {
    let log = Log::with(30);
    let other = Log::with_seed(30, 9);
    let request = everything(Format::Csv);
    let written =
        export(&request, &*other.reader(), &log.tree(), &log.signed(), &Words, |_| Ok(()));
    assert!(matches!(written, Err(ExportError::Root { .. })), "{written:?}");
}

#[test]
fn what_cannot_be_is_told() {
    let log = Log::with(30);
    let (reader, tree, signed) = (log.reader(), log.tree(), log.signed());
    let check = |request: &ExportRequest| {
        export(request, &*reader, &tree, &signed, &Words, |_| Ok(())).unwrap_err().to_string()
    };
    let ahead = ExportRequest { from: Seq::new(40), ..everything(Format::Csv) };
    assert_eq!(check(&ahead), "record 40 is not there yet: the log is signed up to 30");
    let proofs = ExportRequest { proofs: true, ..everything(Format::Csv) };
    assert_eq!(check(&proofs), "the format csv carries no proofs: jsonl does");
    let full = |_: &str| Err(io::ErrorKind::StorageFull.into());
    let written = export(&everything(Format::Csv), &*reader, &tree, &signed, &Words, full);
    assert!(matches!(written, Err(ExportError::Write(_))));
}

#[test]
fn an_export_ends_at_its_checkpoint() {
    let log = Log::with(30);
    let tree = log.tree();
    let root = tree.frontier(20).unwrap().root();
    let signed = Checkpoint { origin: "log/a".into(), size: 20, root }.sign(&key());
    let request = everything(Format::Csv);
    let mut rows = 0;
    let written = export(&request, &*log.reader(), &tree, &signed, &Words, |text| {
        rows += text.lines().count();
        Ok(())
    });
    assert_eq!(written.unwrap().records, 20);
    assert!(rows >= 21, "a line of names, and the records");
}
