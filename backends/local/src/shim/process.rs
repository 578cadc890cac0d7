//! A shim's process, watched without a thread.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, OwnedFd},
    process::Child,
};

use rustix::{
    fs::FlockOperation,
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use sandbox_shim::RunDir;
use tokio::io::{Interest, unix::AsyncFd};

use crate::descriptor::watched;

/// A shim that lives, or has ended and waits to be noticed.
#[derive(Debug)]
pub(crate) struct ShimProcess {
    pidfd: AsyncFd<OwnedFd>,
    /// Present where this server started it, and so has to collect it.
    child: Option<Child>,
}

// === impl ShimProcess ===

impl ShimProcess {
    /// Watches a shim that this server started.
    pub(crate) fn started(child: Child) -> io::Result<Self> {
        let mut process = Self::open(child.id())?.ok_or(Errno::SRCH)?;
        process.child = Some(child);
        Ok(process)
    }

    /// Watches the shim of `dir`, which another server started; `None` when it is gone.
    pub(crate) fn adopted(pid: u32, dir: &RunDir) -> io::Result<Option<Self>> {
        let Some(process) = Self::open(pid)? else { return Ok(None) };
        // A shim that holds its lock lives, so its number has not passed on to another process.
        Ok(is_held(dir)?.then_some(process))
    }

    /// Waits until the process is gone.
    pub(crate) async fn gone(&mut self) {
        // Waiting fails only while the runtime ends, and then nobody asks any more.
        if self.pidfd.readable().await.is_ok() {
            self.collect();
        }
    }

    /// Kills it. What it holds dies with it.
    pub(crate) fn kill(&self) {
        if let Err(errno) = kill_process(&self.pidfd) {
            tracing::error!(%errno, "a shim cannot be killed");
        }
    }

    fn open(pid: u32) -> io::Result<Option<Self>> {
        let Some(pidfd) = open_process(pid)? else { return Ok(None) };
        Ok(Some(Self { pidfd: watched(pidfd, Interest::READABLE)?, child: None }))
    }

    fn collect(&mut self) {
        if let Some(mut child) = self.child.take()
            && let Err(error) = child.wait()
        {
            tracing::warn!(%error, "a shim could not be waited for");
        }
    }
}

/// Opens a process by its number; `None` when it is gone.
pub(crate) fn open_process(pid: u32) -> rustix::io::Result<Option<OwnedFd>> {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Ok(None) };
    match pidfd_open(pid, PidfdFlags::NONBLOCK) {
        Err(Errno::SRCH) => Ok(None),
        opened => opened.map(Some),
    }
}

/// Kills a process. One that is gone is as good as killed.
pub(crate) fn kill_process(process: impl AsFd) -> rustix::io::Result<()> {
    match pidfd_send_signal(process, Signal::KILL) {
        Err(Errno::SRCH) => Ok(()),
        killed => killed,
    }
}

/// Tells whether a shim lives that holds the run directory.
pub(crate) fn is_held(dir: &RunDir) -> io::Result<bool> {
    let lock = match File::open(dir.lock()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        lock => lock?,
    };
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(errno) => Err(errno.into()),
    }
}
