//! Tests of what a refused opening means.

use std::io;

use journal_log::{ReadError, Seq};

use crate::OpenError;

#[test]
fn a_disk_that_fails_to_read_is_no_damage_of_the_journal() {
    let source = io::Error::other("Input/output error").into();
    let error = OpenError::from(ReadError::Store { seq: Seq::FIRST, source });
    assert!(!error.is_damage(), "{error}");
}

#[test]
fn a_record_that_is_missing_is_damage() {
    let error = OpenError::from(ReadError::Missing { seq: Seq::FIRST });
    assert!(error.is_damage(), "{error}");
}
