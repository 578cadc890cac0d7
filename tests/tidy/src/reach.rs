//! No source file is forgotten: each is reached from a root that cargo builds.

use crate::finding::Finding;
use crate::tree::Tree;

/// Finds Rust files that no root of their package leads to.
pub fn reach(tree: &Tree) -> Vec<Finding> {
    tree.sources()
        .filter(|source| !source.is_reached)
        .map(|source| Finding::of(&source.path, "no `mod` leads here, so it is never built"))
        .collect()
}

#[cfg(test)]
mod tests;
