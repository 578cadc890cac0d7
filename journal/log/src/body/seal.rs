//! The body of the record that seals what is before it.

use serde::{Deserialize, Serialize};

use crate::{Seq, TreeHash};

/// All records from the first to `last` were signed as one tree, of which those from `first` on are new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealBodyV1 {
    /// The first record that no earlier seal covers.
    pub first: Seq,
    /// The last record that is sealed, which is also the size of the tree.
    pub last: Seq,
    /// The root of the RFC 6962 tree over the hashes of the records 1 to `last`.
    pub root: TreeHash,
    /// The signed checkpoint (C2SP tlog-checkpoint), which says the same.
    pub checkpoint: String,
}
