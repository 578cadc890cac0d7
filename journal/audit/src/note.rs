//! Signed notes (C2SP signed-note): text, an empty line, and a line for each signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::key::{KEY_ID_BYTES, SigningKey, VerifyingKey};

/// Bytes of a note; a checkpoint with the sixteen signatures that have to be taken has about 3 KiB.
const NOTE_BYTES_MAX: usize = 64 << 10;

/// Signatures that are looked at, as many as the format asks for at least.
const SIGNATURES_MAX: usize = 16;

/// Why a note is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has not the shape of a note.
    #[error("the text is not a signed note")]
    Shape,
    /// This key has not signed it.
    #[error("the note is not signed by this key")]
    Unsigned,
    /// It names this key, but the signature is another's or of another text.
    #[error("the signature does not belong to the note")]
    Signature,
}

/// Signs `text`, which ends a line.
pub(crate) fn sign(text: &str, key: &SigningKey) -> String {
    let mut signature = key.verifying_key().id().to_vec();
    signature.extend_from_slice(&key.sign(text));
    format!("{text}\n\u{2014} {} {}\n", key.name(), STANDARD.encode(signature))
}

/// Returns the text of `note` where `key` has signed it; signatures of others do not matter.
pub(crate) fn open<'n>(note: &'n str, key: &VerifyingKey) -> Result<&'n str, NoteError> {
    let is_bad = |letter: char| letter.is_ascii_control() && letter != '\n';
    if note.len() > NOTE_BYTES_MAX || note.contains(is_bad) {
        return Err(NoteError::Shape);
    }
    let split = note.rfind("\n\n").ok_or(NoteError::Shape)?;
    let (text, signatures) = (&note[..=split], &note[split + 2..]);
    if !signatures.ends_with('\n') {
        return Err(NoteError::Shape);
    }
    let mut is_signed = false;
    for (number, line) in signatures.lines().enumerate() {
        let (name, signature) = signature_of(line).ok_or(NoteError::Shape)?;
        if number >= SIGNATURES_MAX {
            return Err(NoteError::Shape);
        }
        let Some((id, signature)) = signature.split_at_checked(KEY_ID_BYTES) else {
            return Err(NoteError::Shape);
        };
        if name == key.name() && id == key.id() {
            if !key.is_signed(text, signature) {
                return Err(NoteError::Signature);
            }
            is_signed = true;
        }
    }
    if is_signed { Ok(text) } else { Err(NoteError::Unsigned) }
}

fn signature_of(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    Some((name, STANDARD.decode(signature).ok()?))
}
