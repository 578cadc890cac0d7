//! A process this shim has made: the container's first or an exec.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitIdStatus, waitid};

use crate::syscall;

/// What is added to a signal's number to make an exit code of it.
const SIGNAL_BASE: i32 = 128;

/// A child that was not yet waited for, so that its number cannot become another's.
#[derive(Debug)]
pub(crate) struct ChildProcess {
    pid: Pid,
    pidfd: OwnedFd,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// The exit code; 128 and the signal's number for one that a signal ended.
    pub(crate) code: i32,
    /// The signal.
    pub(crate) signal: Option<i32>,
}

impl ChildProcess {
    /// Takes over a new child.
    pub(crate) fn new(pid: Pid, pidfd: OwnedFd) -> Self {
        Self { pid, pidfd }
    }

    /// Returns the process id as the host sees it.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Returns the process id as records have it.
    pub(crate) fn number(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Sends a signal by its number.
    pub(crate) fn signal(&self, signal: i32) -> Result<(), Errno> {
        syscall::send_signal(self.pidfd.as_fd(), signal)
    }

    /// Takes the end, if the process has ended; after that this value is of no further use.
    pub(crate) fn ending(&self) -> Option<Ending> {
        self.wait(WaitIdOptions::NOHANG)
    }

    /// Kills the process and waits for its end.
    pub(crate) fn kill(&self) {
        // One that has ended already is waited for all the same.
        let _ = self.signal(libc::SIGKILL);
        self.wait(WaitIdOptions::empty());
    }

    fn wait(&self, options: WaitIdOptions) -> Option<Ending> {
        loop {
            match waitid(WaitId::PidFd(self.pidfd.as_fd()), options | WaitIdOptions::EXITED) {
                Err(Errno::INTR) => {}
                Ok(Some(status)) => return Some(Ending::of(&status)),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

impl AsFd for ChildProcess {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

impl Ending {
    fn of(status: &WaitIdStatus) -> Self {
        let signal = status.terminating_signal();
        let code = status.exit_status().unwrap_or(SIGNAL_BASE + signal.unwrap_or(0));
        Self { code, signal }
    }
}
