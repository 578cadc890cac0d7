//! Tests of checkpoints.

use expect_test::expect;
use journal_log::TreeHash;

use super::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::{NoteError, SigningKey};

fn key(name: &str) -> SigningKey {
    SigningKey::new(name, [7; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: "log/a".into(), size: 4096, root: TreeHash::from_bytes([0xab; 32]) }
}

#[test]
fn a_checkpoint_is_a_note_of_three_lines() {
    let signed = checkpoint().sign(&key("log/a"));
    expect![[r#"
        log/a
        4096
        q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=

        — log/a ndC0fk81+f4LRJnyHyh79FdB/VrBOsqOVFHpPsNPxsJEHvLaZOHczEQ7DcyDIzIU/dNzaxUZAD+/Dyrmo3n0GxlDHAA=
    "#]]
    .assert_eq(&signed.note);
    let key = key("log/a").verifying_key();
    assert_eq!(SignedCheckpoint::open(&signed.note, &key).unwrap(), signed);
}

#[test]
fn every_changed_byte_of_a_checkpoint_is_found() {
    let signed = checkpoint().sign(&key("log/a"));
    let key = key("log/a").verifying_key();
    for at in 0..signed.note.len() {
        for bit in 0..8 {
            let mut bytes = signed.note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(text) = String::from_utf8(bytes) {
                assert!(SignedCheckpoint::open(&text, &key).is_err(), "byte {at}, bit {bit}");
            }
        }
    }
}

#[test]
fn another_s_signature_is_no_help_and_no_harm() {
    let mine = checkpoint().sign(&key("log/a"));
    let theirs = checkpoint().sign(&SigningKey::new("witness", [9; 32]).unwrap());
    let line = theirs.note.lines().last().unwrap();
    let both = format!("{}{line}\n", mine.note);
    let key = key("log/a").verifying_key();
    assert_eq!(SignedCheckpoint::open(&both, &key).unwrap().checkpoint, checkpoint());
    let error = SignedCheckpoint::open(&theirs.note, &key).unwrap_err();
    assert_eq!(error, CheckpointError::Note(NoteError::Unsigned));
}

#[test]
fn a_checkpoint_of_another_log_is_refused() {
    let other = Checkpoint { origin: "log/b".into(), ..checkpoint() };
    let signed = other.sign(&key("log/a"));
    let error = SignedCheckpoint::open(&signed.note, &key("log/a").verifying_key()).unwrap_err();
    assert_eq!(error.to_string(), "the checkpoint is of the log log/b, not of log/a");
}
