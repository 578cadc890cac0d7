//! Proofs of inclusion and of consistency: how they are checked, and how one is written down.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journal_log::{Record, Seq, TreeHash};
use tlog_tiles::{Hash, check_record, check_tree};

use crate::checkpoint::{Checkpoint, SignedCheckpoint};

/// The first line of a proof (C2SP tlog-proof).
const PROOF: &str = "c2sp.org/tlog-proof@v1";

/// A proof does not prove what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The record is not among those of the tree, by this proof.
    #[error("the proof does not lead from the record to the signed root")]
    Inclusion,
    /// The smaller tree is no beginning of the larger, by this proof.
    #[error("the proof does not lead from the older root to the newer")]
    Consistency,
}

/// Checks that the record `seq`, whose hash is `leaf`, is among those of `checkpoint`.
pub fn check_inclusion(
    proof: &[TreeHash],
    seq: Seq,
    leaf: TreeHash,
    checkpoint: &Checkpoint,
) -> Result<(), ProofError> {
    let size = checkpoint.size;
    if seq < Seq::FIRST || seq.get() > size {
        return Err(ProofError::Inclusion);
    }
    let proof = proof.iter().copied().map(outward).collect();
    check_record(&proof, size, outward(checkpoint.root), index(seq), outward(leaf))
        .map_err(|_| ProofError::Inclusion)
}

/// Checks that the records of `older` are the first of those of `newer`.
pub fn check_consistency(
    proof: &[TreeHash],
    older: &Checkpoint,
    newer: &Checkpoint,
) -> Result<(), ProofError> {
    if older.size == 0 || older.size > newer.size {
        return Err(ProofError::Consistency);
    }
    let proof = proof.iter().copied().map(outward).collect();
    check_tree(&proof, newer.size, outward(newer.root), older.size, outward(older.root))
        .map_err(|_| ProofError::Consistency)
}

/// Writes a proof of inclusion down as C2SP tlog-proof, which carries its checkpoint; and the record, as its extra data.
pub fn inclusion_text(record: &Record, proof: &[TreeHash], signed: &SignedCheckpoint) -> String {
    let extra = STANDARD.encode(record.encode());
    let mut text = format!("{PROOF}\nextra {extra}\nindex {}\n", index(record.header.seq));
    for hash in proof {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", STANDARD.encode(hash.as_bytes()));
    }
    text.push('\n');
    text.push_str(&signed.note);
    text
}

/// Writes a proof of consistency down: JSON with both sizes, the hashes in base64, and the newer checkpoint.
pub fn growth_text(older: u64, proof: &[TreeHash], signed: &SignedCheckpoint) -> String {
    let proof: Vec<String> = proof.iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect();
    let newer = signed.checkpoint.size;
    let text = serde_json::json!({
        "older": older,
        "newer": newer,
        "proof": proof,
        "checkpoint": signed.note,
    });
    format!("{text}\n")
}

/// The place of a record's leaf: records count from one, leaves from zero.
pub(crate) const fn index(seq: Seq) -> u64 {
    seq.get().saturating_sub(1)
}

pub(crate) const fn outward(hash: TreeHash) -> Hash {
    Hash(*hash.as_bytes())
}

pub(crate) const fn inward(hash: Hash) -> TreeHash {
    TreeHash::from_bytes(hash.0)
}
