//! The network that has the bridges: the server's own, or one beside it where the server may not change its own.

use std::{
    fs::File,
    io,
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A network, by the kernel's file for it; the one that the calling thread is in, where there is none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hub(Option<Arc<Path>>);

// === impl Hub ===

impl Hub {
    pub(crate) fn new(file: Option<PathBuf>) -> Self {
        Self(file.map(Arc::from))
    }

    /// Does something in that network: sockets that are opened there stay there. Blocks for as long as `work` does.
    ///
    /// A thread of its own goes there, for without root rights there is no way back.
    pub(crate) fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        let Some(file) = &self.0 else { return Ok(work()) };
        let namespace = File::open(file)?;
        let go = move || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            Ok(work())
        };
        let gone = thread::scope(|scope| scope.spawn(go).join());
        gone.map_err(|_| io::Error::other("a thread panicked"))?
    }
}
