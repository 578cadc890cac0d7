//! The right edge of a tree: all that is needed to add leaves and to tell the root.

use journal_log::TreeHash;
use sha2::{Digest, Sha256};

/// What RFC 6962 puts before two hashes that make a node.
const NODE: [u8; 1] = [1];

/// The roots of the whole subtrees that make a tree, the largest first: one for each bit of its size.
///
/// It is the whole state that a verifier keeps, however long the log is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<TreeHash>,
}

impl Frontier {
    /// Takes the edge of a tree of `size` leaves; `None` where `peaks` are not as many as such a tree has.
    pub fn of(size: u64, peaks: Vec<TreeHash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// Returns the number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the roots of the whole subtrees, the largest first.
    pub fn peaks(&self) -> &[TreeHash] {
        &self.peaks
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: TreeHash) {
        let mut hash = leaf;
        // Each low bit of the size that is set is a subtree as large as the one that is carried.
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().unwrap_or(hash);
            hash = node(left, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Returns the root; that of no leaves is the hash of nothing.
    pub fn root(&self) -> TreeHash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else {
            return TreeHash::from_bytes(Sha256::digest([]).into());
        };
        peaks.fold(last, |right, left| node(left, right))
    }
}

/// Makes the hash of the node above two hashes.
pub(crate) fn node(left: TreeHash, right: TreeHash) -> TreeHash {
    let mut hasher = Sha256::new_with_prefix(NODE);
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    TreeHash::from_bytes(hasher.finalize().into())
}

#[cfg(test)]
mod tests;
