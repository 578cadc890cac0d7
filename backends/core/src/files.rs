//! The files of a container: looked at, copied out, copied in, exported.

use std::{io, pin::Pin, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream};
use journal_domain::{ContainerId, ContainerOptions, ContainerSpec, Digest};

/// A container whose files are wanted.
#[derive(Debug, Clone)]
pub struct FilesOf {
    /// The container.
    pub container: ContainerId,
    /// What it is made of: a container that never ran is no more than that.
    pub spec: Arc<ContainerSpec>,
    /// What it was given beyond that: what it has mounted is among it.
    pub options: Option<Arc<ContainerOptions>>,
}

/// What is at a path of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathStat {
    /// The last part of the path, `.` where it ends with that.
    pub name: String,
    /// Bytes.
    pub size_bytes: u64,
    /// Kind and permissions, as the system's `st_mode` has them.
    pub mode: u32,
    /// Seconds since the Unix epoch, and nanoseconds.
    pub mtime: (i64, u32),
    /// What a symbolic link leads to in the end, as a path of the container; empty for anything else.
    pub link_target: String,
}

/// A tar on its way out. An error is its last item, and means that the archive is not whole.
pub type ArchiveStream = Pin<Box<dyn Stream<Item = Result<Bytes, FilesError>> + Send + Sync>>;

/// A tar on its way in, as a client sends it: plain or compressed.
pub type UploadStream = BoxStream<'static, io::Result<Bytes>>;

/// How an archive is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Whether a directory may not be replaced by something else, nor something else by a directory.
    pub keep_kinds: bool,
    /// Whether everything gets the container's user and group instead of its own.
    pub to_user: bool,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The digest of the tar, without its compression.
    pub digest: Digest,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// Entries of the archive.
    pub entries: u64,
}

/// A directory of a container that is about to be written into.
#[async_trait]
pub trait WriteFiles: Send {
    /// Takes an archive in. After an error a part of it may be there, and nothing outside of the container.
    async fn take(self: Box<Self>, archive: UploadStream) -> Result<Written, FilesError>;
}

/// The files of containers, in each of their phases.
///
/// - They are seen as a program in the container would see its root, its volumes and the files that its network needs;
///   not what only a run has: `/proc`, `/sys`, `/dev`, file systems in memory.
/// - A path may be anything: it is resolved as in the container, and never leads out of it, whoever changes the
///   container's files meanwhile.
/// - What is written into a container that does not run is there when it runs.
/// - Nothing is left behind, not by a server that is killed either.
/// - A container that is started or removed waits for this for a little, and then ends it: [`FilesError::Ended`].
/// - Bytes are handed on as they come, in bounded memory.
#[async_trait]
pub trait Files {
    /// Looks at a path. A link at its end is not followed, unless the path says that it is a directory.
    async fn stat_path(&self, files: &FilesOf, path: &str) -> Result<PathStat, FilesError>;

    /// Copies what is at a path, and everything in it where it is a directory.
    async fn read_path(
        &self,
        files: &FilesOf,
        path: &str,
    ) -> Result<(PathStat, ArchiveStream), FilesError>;

    /// Copies the whole root without volumes and without the files that the network needs.
    async fn export(&self, files: &FilesOf) -> Result<ArchiveStream, FilesError>;

    /// Finds the directory at a path, also through links, to write into it. Nothing is written yet.
    async fn write_path(
        &self,
        files: &FilesOf,
        path: &str,
        options: WriteOptions,
    ) -> Result<Box<dyn WriteFiles>, FilesError>;
}

/// Why files could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilesError {
    /// There is nothing at the path.
    #[error("there is nothing at {path}")]
    NotFound {
        /// The path, as it was asked for.
        path: String,
    },
    /// An archive can be written into a directory only.
    #[error("extraction point is not a directory")]
    NotADirectory,
    /// The container's root is not to be written to.
    #[error("container rootfs is marked read-only")]
    ReadOnly,
    /// The path leads nowhere, for the reason that is given.
    #[error("{0}")]
    Path(String),
    /// What was sent is no archive that can be used.
    #[error("{0}")]
    Content(String),
    /// What was sent did not come whole.
    #[error("{0}")]
    Transport(String),
    /// The container was started or removed meanwhile.
    #[error("the container was started or removed while its files were copied")]
    Ended,
    /// It did not work.
    #[error("{0}")]
    Failed(String),
}
