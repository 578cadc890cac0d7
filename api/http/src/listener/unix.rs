//! The file of a unix socket: made with its mode before anyone can connect, replaced only when nobody listens.
//!
//! Two servers that start at once must not remove each other's socket, so probing, removing and binding happen
//! under a lock of the directory.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use tokio::net::{UnixListener, UnixSocket, UnixStream};
use tokio::time::{sleep, timeout};

use super::{BACKLOG, BindError};
use crate::address::ListenAddress;

/// Bytes of a path that fit into a socket address, without the closing zero.
pub(super) const PATH_MAX_BYTES: usize = 107;

/// Owner and group may connect: as dockerd's socket.
const MODE: u32 = 0o660;

/// Time for a server that holds the socket to accept the probe; only a full queue makes it wait.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Tries for the directory's lock; a bind holds it for a millisecond, or for [`PROBE_TIMEOUT`] at worst.
const LOCK_TRIES: u32 = 100;

/// Time between two tries for the lock.
const LOCK_INTERVAL: Duration = Duration::from_millis(30);

/// A bound unix socket and the file that stands for it.
#[derive(Debug)]
pub(super) struct UnixEntry {
    listener: UnixListener,
    path: PathBuf,
    inode: (u64, u64),
}

impl UnixEntry {
    /// Binds `path` with mode 0660.
    pub(super) async fn bind(path: &Path) -> Result<Self, BindError> {
        let length = path.as_os_str().as_bytes().len();
        if length > PATH_MAX_BYTES {
            return Err(BindError::PathTooLong { path: path.to_owned(), length });
        }
        let failed = |doing| {
            move |source| BindError::Io {
                address: ListenAddress::Unix(path.to_owned()),
                doing,
                source,
            }
        };
        let directory = path.parent().unwrap_or(Path::new("/"));
        let _lock = lock_directory(directory, path).await?;
        remove_stale(path).await?;
        let socket = UnixSocket::new_stream().map_err(failed("making the socket"))?;
        socket.bind(path).map_err(failed("binding"))?;
        // Before listen(2) a connect is refused, so nobody gets in under the mode that the umask left.
        fs::set_permissions(path, fs::Permissions::from_mode(MODE))
            .map_err(failed("setting the mode"))?;
        let listener = socket.listen(BACKLOG).map_err(failed("listening"))?;
        let inode = inode(path).map_err(failed("looking at the new socket"))?;
        Ok(Self { listener, path: path.to_owned(), inode })
    }

    pub(super) fn listener(&self) -> &UnixListener {
        &self.listener
    }

    /// Removes the socket's file, unless another server has put its own there.
    pub(super) fn remove(self) {
        if inode(&self.path).is_ok_and(|found| found == self.inode)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::debug!(path = %self.path.display(), %error, "socket file stays");
        }
    }
}

async fn lock_directory(directory: &Path, path: &Path) -> Result<File, BindError> {
    let failed = |doing, source: io::Error| BindError::Io {
        address: ListenAddress::Unix(path.to_owned()),
        doing,
        source,
    };
    let file = match File::open(directory) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(BindError::NoDirectory(directory.to_owned()));
        }
        Err(error) => return Err(failed("opening its directory", error)),
    };
    for _ in 0..LOCK_TRIES {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) => sleep(LOCK_INTERVAL).await,
            Err(source) => return Err(failed("locking its directory", source.into())),
        }
    }
    Err(BindError::DirectoryLocked(directory.to_owned()))
}

async fn remove_stale(path: &Path) -> Result<(), BindError> {
    let failed = |doing| {
        move |source| BindError::Io { address: ListenAddress::Unix(path.to_owned()), doing, source }
    };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("looking at the path")(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(BindError::NotASocket(path.to_owned()));
        }
        Ok(_) => {}
    }
    match timeout(PROBE_TIMEOUT, UnixStream::connect(path)).await {
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            tracing::info!(path = %path.display(), "removing a stale socket");
            fs::remove_file(path).map_err(failed("removing the stale socket"))
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // A full queue (EAGAIN) or no answer in time: somebody holds it, however slowly.
        Ok(Ok(_)) | Err(_) => Err(BindError::Live(path.to_owned())),
        Ok(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(BindError::Live(path.to_owned()))
        }
        Ok(Err(error)) => Err(failed("probing the socket that is there")(error)),
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}
