//! What is around a process.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bstr::{BStr, BString};

use crate::files::{FileSystem, Time};
use crate::interrupt::Interrupt;
use crate::process::{Child, Process};
use crate::stream::Stream;

/// What is around a process: files, clock, host, and the other processes.
pub trait World: Send + Sync {
    /// The files.
    fn files(&self) -> &dyn FileSystem;

    /// Whose process it is.
    fn identity(&self) -> Identity;

    /// What `uname` says.
    fn system(&self) -> System;

    /// The time of day.
    fn now(&self) -> Time;

    /// The time since a moment that does not change.
    fn elapsed(&self) -> Duration;

    /// Fills `bytes` with random ones.
    fn random(&self, bytes: &mut [u8]) -> io::Result<()>;

    /// The number of the calling process.
    fn pid(&self) -> u32;

    /// Starts a program by its name, as `execvp` would find it, builtin tools among them.
    ///
    /// `ENOENT` where there is none, `EACCES` where it may not be run.
    fn start(&self, process: Process) -> io::Result<Box<dyn Child>>;

    /// The processes there are.
    fn processes(&self) -> Vec<ProcessInfo>;

    /// Sends a signal.
    fn kill(&self, pid: i64, signal: u8) -> io::Result<()>;

    /// Opens a TCP connection to a host's name or address. `ENOSYS` where there is no network.
    ///
    /// `ETIMEDOUT` when the host is not found or does not answer within `patience`, and from the connection's reads and
    /// writes when nothing moves for as long.
    fn connect(
        &self,
        host: &BStr,
        port: u16,
        patience: Duration,
        interrupt: &Interrupt,
    ) -> io::Result<Arc<dyn Stream>>;
}

/// Whose process it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The other groups.
    pub groups: Vec<u32>,
}

/// What `uname` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// The kernel's name.
    pub name: String,
    /// The host's name.
    pub host: String,
    /// The kernel's release.
    pub release: String,
    /// The kernel's build.
    pub version: String,
    /// The processor.
    pub machine: String,
}

/// A process as `ps` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Its number.
    pub pid: u32,
    /// The number of the one that started it.
    pub parent: u32,
    /// Its user.
    pub uid: u32,
    /// Its arguments.
    pub args: Vec<BString>,
    /// The time of the processor it took.
    pub used: Duration,
}
