//! The first and the last line of a JSON Lines export. What a verifier cannot check is not in them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journal_log::TreeHash;
use serde::{Deserialize, Serialize};

use crate::filter::Filter;

/// The form of these exports. It grows when a line's form changes.
pub(crate) const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Opening {
    /// The form.
    pub(crate) audit_export: u32,
    /// The first record that is looked at.
    pub(crate) from: u64,
    /// The last, which is the size of the signed tree.
    pub(crate) to: u64,
    /// What is left out; nothing where it is absent.
    pub(crate) filter: Option<Filter>,
    /// The edge of the tree before `from`, base64.
    pub(crate) frontier: Vec<String>,
    /// The signed checkpoint at `to`.
    pub(crate) checkpoint: String,
}

/// The last line, without which an export is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closing {
    /// The end.
    pub(crate) end: End,
}

/// What an export has, and where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    /// How many records are in it.
    pub(crate) records: u64,
    /// Where the next export goes on.
    pub(crate) next: u64,
}

/// Gives a value's line. The same value always gives the same bytes.
pub(crate) fn line<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string(value).expect("the lines have text and numbers only");
    text + "\n"
}

pub(crate) fn hash_text(hash: &TreeHash) -> String {
    STANDARD.encode(hash.as_bytes())
}

pub(crate) fn parse_hash(text: &str) -> Option<TreeHash> {
    let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
    Some(TreeHash::from_bytes(bytes))
}
