//! Networks that the server is not in: those of containers, and the one that has the bridges where that is not the server's own.

use std::{
    fs::File,
    io,
    os::fd::{AsFd as _, AsRawFd as _, RawFd},
    path::Path,
    sync::Arc,
    thread,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A network, held open; the one that the calling thread is in, where there is none.
#[derive(Debug, Clone, Default)]
pub(crate) struct NetworkNamespace(Option<Arc<File>>);

// === impl NetworkNamespace ===

impl NetworkNamespace {
    /// Opens the kernel's file for it; without one it is the server's own.
    pub(crate) fn open(file: Option<&Path>) -> io::Result<Self> {
        Ok(Self(file.map(File::open).transpose()?.map(Arc::new)))
    }

    /// Gives its descriptor, where it is not the server's own.
    pub(crate) fn descriptor(&self) -> Option<RawFd> {
        self.0.as_ref().map(|file| file.as_raw_fd())
    }

    /// Does something in that network: sockets that are opened there stay there. Blocks for as long as `work` does.
    ///
    /// A thread of its own goes there, for without root rights there is no way back.
    pub(crate) fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        let Some(file) = &self.0 else { return Ok(work()) };
        let go = move || {
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?;
            Ok(work())
        };
        let gone = thread::scope(|scope| scope.spawn(go).join());
        gone.map_err(|_| io::Error::other("a thread panicked"))?
    }
}
