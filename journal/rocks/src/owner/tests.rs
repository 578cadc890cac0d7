//! Tests of ownership.

use std::{fs, process};

use super::{NAME, Owner};
use crate::OpenError;

#[test]
fn a_second_claim_is_refused_and_names_the_owner() {
    let folder = tempfile::tempdir().unwrap();
    let owner = Owner::claim(folder.path()).unwrap();
    let Err(OpenError::Locked { pid }) = Owner::claim(folder.path()) else {
        panic!("a second owner");
    };
    assert_eq!(pid, Some(process::id()));
    drop(owner);
    Owner::claim(folder.path()).unwrap();
}

#[test]
fn what_a_killed_owner_left_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(NAME), "4294967295 and more\n").unwrap();
    let _owner = Owner::claim(folder.path()).unwrap();
    let text = fs::read_to_string(folder.path().join(NAME)).unwrap();
    assert_eq!(text, format!("{}\n", process::id()));
}

#[test]
fn a_right_given_back_is_free_though_a_process_being_started_still_holds_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let owner = Owner::claim(folder.path()).unwrap();
    // What a child has between fork and exec: the same open file.
    let inherited = owner.0.try_clone().unwrap();
    drop(owner);
    Owner::claim(folder.path()).unwrap();
    drop(inherited);
}
