//! Layers of files that a test has put into a container: listed as new, and taken as one layer of no bytes.

use async_trait::async_trait;
use journal_domain::{Digest, Layer};

use super::FakeBackend;
use crate::{
    Draft, FileChange, FileChangeKind, FilesError, FilesOf, Layers, Shown, StoreLease, Taking,
};

/// The layer that changes become.
const TAKEN: Layer = Layer {
    diff_id: Digest::from_bytes([0xfb; 32]),
    blob: Digest::from_bytes([0xfb; 32]),
    size_bytes: 0,
};

#[async_trait]
impl Layers for FakeBackend {
    async fn changes(&self, files: &FilesOf) -> Result<Vec<FileChange>, FilesError> {
        let world = self.world();
        let own = world.files.keys().filter(|(container, _)| *container == files.container);
        let kind = FileChangeKind::Added;
        Ok(own.map(|(_, path)| FileChange { path: path.clone(), kind }).collect())
    }

    async fn take_changes(
        &self,
        files: &FilesOf,
        _lease: StoreLease,
        _taking: Taking,
    ) -> Result<Option<Layer>, FilesError> {
        Ok((!self.changes(files).await?.is_empty()).then_some(TAKEN))
    }

    async fn show(&self, _layers: &[Digest]) -> Result<Box<dyn Shown>, FilesError> {
        Err(no_trees())
    }

    async fn draft(
        &self,
        _layers: &[Digest],
        _lease: StoreLease,
    ) -> Result<Box<dyn Draft>, FilesError> {
        Err(no_trees())
    }
}

fn no_trees() -> FilesError {
    FilesError::Failed("this backend has no trees of files".to_owned())
}
