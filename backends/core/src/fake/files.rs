//! Files of containers that have none: what a test has put at a path is read, what is written is kept.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use journal_domain::{ContainerId, Digest};

use super::FakeBackend;
use crate::{
    ArchiveStream, Files, FilesError, FilesOf, PathStat, UploadStream, WriteFiles, WriteOptions,
    Written,
};

/// What a test has put at a path.
#[derive(Debug, Clone)]
pub(super) struct FakeFile {
    stat: PathStat,
    archive: Bytes,
}

/// What was written into a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeCopy {
    /// The container.
    pub container: ContainerId,
    /// The path.
    pub path: String,
    /// How it was written.
    pub options: WriteOptions,
    /// The archive as it came.
    pub archive: Bytes,
}

struct FakeWriter {
    fake: Arc<FakeBackend>,
    copy: FakeCopy,
}

/// The path of a file whose archive breaks off, and that nothing can be written to.
const BROKEN: &str = "/broken";

// === impl FakeBackend ===

impl FakeBackend {
    /// Puts something at a path of a container: what is told of it, and the archive that it is read as.
    pub fn put_file(&self, container: ContainerId, path: &str, stat: PathStat, archive: &[u8]) {
        let file = FakeFile { stat, archive: Bytes::copy_from_slice(archive) };
        self.world().files.insert((container, path.to_owned()), file);
    }

    /// Gives what was written into containers, in order.
    pub fn copies(&self) -> Vec<FakeCopy> {
        self.world().copies.clone()
    }

    fn file(&self, files: &FilesOf, path: &str) -> Result<FakeFile, FilesError> {
        let file = self.world().files.get(&(files.container, path.to_owned())).cloned();
        file.ok_or_else(|| FilesError::NotFound { path: path.to_owned() })
    }
}

#[async_trait]
impl Files for FakeBackend {
    async fn stat_path(&self, files: &FilesOf, path: &str) -> Result<PathStat, FilesError> {
        Ok(self.file(files, path)?.stat)
    }

    async fn read_path(
        &self,
        files: &FilesOf,
        path: &str,
    ) -> Result<(PathStat, ArchiveStream), FilesError> {
        let file = self.file(files, path)?;
        let cut = (path == BROKEN).then_some(Err(FilesError::Ended));
        Ok((file.stat, Box::pin(stream::iter([Ok(file.archive)]).chain(stream::iter(cut)))))
    }

    async fn export(&self, files: &FilesOf) -> Result<ArchiveStream, FilesError> {
        Ok(self.read_path(files, "/").await?.1)
    }

    async fn write_path(
        &self,
        files: &FilesOf,
        path: &str,
        options: WriteOptions,
    ) -> Result<Box<dyn WriteFiles>, FilesError> {
        const KIND: u32 = 0o170_000;
        const DIRECTORY: u32 = 0o040_000;
        if self.file(files, path)?.stat.mode & KIND != DIRECTORY {
            return Err(FilesError::NotADirectory);
        }
        let copy = FakeCopy {
            container: files.container,
            path: path.to_owned(),
            options,
            archive: Bytes::new(),
        };
        let fake = self.this.upgrade().ok_or(FilesError::Ended)?;
        Ok(Box::new(FakeWriter { fake, copy }))
    }
}

#[async_trait]
impl WriteFiles for FakeWriter {
    async fn take(mut self: Box<Self>, mut archive: UploadStream) -> Result<Written, FilesError> {
        let mut bytes = Vec::new();
        while let Some(piece) = archive.next().await {
            bytes.extend_from_slice(
                &piece.map_err(|error| FilesError::Transport(error.to_string()))?,
            );
        }
        if self.copy.path == BROKEN {
            return Err(FilesError::Content("it is broken".to_owned()));
        }
        let sent_bytes = bytes.len() as u64;
        self.copy.archive = bytes.into();
        self.fake.world().copies.push(self.copy);
        Ok(Written { digest: Digest::from_bytes([0xfa; 32]), sent_bytes, entries: 1 })
    }
}
