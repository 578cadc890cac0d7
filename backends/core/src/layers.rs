//! The files of images, and layers that are made here: of what a container has changed, or of files that are put together.

use std::os::fd::BorrowedFd;

use async_trait::async_trait;
use journal_domain::{Digest, Layer};

use crate::{FilesError, FilesOf};

/// One change of a container's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The path, from the root.
    pub path: String,
    /// What happened to it.
    pub kind: FileChangeKind,
}

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileChangeKind {
    /// It is another one, or what is in it is.
    Modified,
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
}

/// A lease of the store of images, in numbers that only the backend understands: what is made is held by it until the state
/// refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLease(pub u64);

/// What becomes of the files that a layer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    /// The container keeps them; it may run meanwhile.
    Copied,
    /// They become the layer, and the container has none any more. It does not run, and never will again.
    Moved,
}

/// A tree of files of this host, as long as it is held.
///
/// It is read by descriptor alone: whoever resolves a path in it takes the root for `/`.
pub trait Shown: Send + Sync {
    /// Gives the root.
    fn root(&self) -> BorrowedFd<'_>;
}

/// A layer that is being written over others; [`Shown::root`] is the tree of all of them. Dropped, it is gone.
#[async_trait]
pub trait Draft: Shown {
    /// Makes the layer of what was written, durable and held; `None` where nothing was.
    async fn finish(self: Box<Self>) -> Result<Option<Layer>, FilesError>;
}

/// Layers, their files, and how new ones are made.
///
/// - What is made is whole and durable when it is given, and held by the lease; nothing is left of what fails.
/// - A layer is known by the digest of a tar that is made of its files, and that is kept.
#[async_trait]
pub trait Layers {
    /// Lists what a container has changed, each directory before what is in it.
    async fn changes(&self, files: &FilesOf) -> Result<Vec<FileChange>, FilesError>;

    /// Makes a layer of what a container has changed; `None` where that is nothing.
    async fn take_changes(
        &self,
        files: &FilesOf,
        lease: StoreLease,
        taking: Taking,
    ) -> Result<Option<Layer>, FilesError>;

    /// Shows the files of layers, lowest first, to read.
    async fn show(&self, layers: &[Digest]) -> Result<Box<dyn Shown>, FilesError>;

    /// Begins a layer over others, lowest first.
    async fn draft(
        &self,
        layers: &[Digest],
        lease: StoreLease,
    ) -> Result<Box<dyn Draft>, FilesError>;
}
