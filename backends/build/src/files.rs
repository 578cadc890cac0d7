//! Files of a tree: found, summed up, and copied into another. All of it blocks.
//!
//! A tree is a context that anybody may have sent, or an image that anybody may have made. Paths are resolved by the kernel
//! with the tree as root, so that no link in either leads out of it.

mod copy;
mod find;
pub(crate) mod listed;
mod owner;
mod sum;
mod tree;

pub(crate) use copy::{CopyHow, copy, make_directory};
pub(crate) use owner::find_owner;
pub(crate) use sum::Sum;
pub(crate) use tree::Tree;

#[cfg(test)]
mod tests;
