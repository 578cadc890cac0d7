//! The directory of one incarnation of a container.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
};

/// Connections that wait to be taken; a server makes one.
const BACKLOG: i32 = 8;

const SOCKET_NAME: &str = "shim.sock";

/// The directory of one incarnation and the names in it.
///
/// The shim holds an exclusive `flock` on [`Self::lock`] from before `start.json` until after it has cleaned up, so a
/// server that can take the lock knows that no shim lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Names the directory; nothing is touched.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Returns the directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file the shim keeps locked.
    pub fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// Returns the socket, mode 0600.
    pub fn socket(&self) -> PathBuf {
        self.path.join(SOCKET_NAME)
    }

    /// Returns the place of the [`crate::StartRecord`].
    pub fn start_record(&self) -> PathBuf {
        self.path.join("start.json")
    }

    /// Returns the place of the [`crate::ExitRecord`].
    pub fn exit_record(&self) -> PathBuf {
        self.path.join("exit.json")
    }

    /// Returns the directory over which the container mounts its root file system; empty for everybody else.
    pub fn root(&self) -> PathBuf {
        self.path.join("root")
    }

    /// Returns the directory of the files that are bound into the container.
    pub fn files(&self) -> PathBuf {
        self.path.join("files")
    }

    /// Connects to the shim. The directory's path may be longer than a socket's address.
    pub fn connect(&self) -> Result<OwnedFd, Errno> {
        let (socket, address, _directory) = self.address()?;
        connect(&socket, &address)?;
        Ok(socket)
    }

    /// Makes the socket, for the shim. The umask decides who may connect.
    pub fn listen(&self) -> Result<OwnedFd, Errno> {
        let (socket, address, _directory) = self.address()?;
        bind(&socket, &address)?;
        listen(&socket, BACKLOG)?;
        Ok(socket)
    }

    /// A socket's address has room for some hundred bytes, so it names the directory by a descriptor.
    fn address(&self) -> Result<(OwnedFd, SocketAddrUnix, OwnedFd), Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, &self.path, flags, Mode::empty())?;
        let path = format!("/proc/self/fd/{}/{SOCKET_NAME}", directory.as_raw_fd());
        let socket =
            socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        Ok((socket, SocketAddrUnix::new(path)?, directory))
    }
}

#[cfg(test)]
mod tests {
    use super::RunDir;

    #[test]
    fn a_socket_is_reached_in_a_directory_with_a_long_name() {
        let base = std::env::temp_dir().join(format!("run-dir-{}", std::process::id()));
        let path = base.join("x".repeat(200));
        std::fs::create_dir_all(&path).unwrap();
        let run_dir = RunDir::new(path);
        let _listener = run_dir.listen().unwrap();
        assert!(run_dir.connect().is_ok());
        std::fs::remove_dir_all(base).unwrap();
    }
}
