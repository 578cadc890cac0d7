//! The identities that this crate itself needs.

use crate::id;

id!(
    /// A record's hash: SHA-256 of a zero byte, the header and the body, which is an RFC 6962 leaf hash.
    pub struct RecordHash, 32
);

id!(
    /// A hash in the RFC 6962 tree whose leaves are the records' hashes: a root, a node or a leaf.
    pub struct TreeHash, 32
);

id!(
    /// The request a record belongs to, or the request that caused it.
    pub struct RequestId, 16
);

impl RecordHash {
    /// What the first record links to.
    pub const ZERO: Self = Self::from_bytes([0; 32]);
}

impl RequestId {
    /// No request: the record is of the journal's own making.
    pub const NONE: Self = Self::from_bytes([0; 16]);
}
