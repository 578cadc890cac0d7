//! What a process is given, and a process that runs.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bstr::{BStr, BString};

use crate::interrupt::Interrupt;
use crate::stream::Stream;

/// All that a process is given by whoever starts it.
#[derive(Clone)]
pub struct Process {
    /// The arguments, the name of the program first.
    pub args: Vec<BString>,
    /// The environment, in its order.
    pub env: Vec<(BString, BString)>,
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The bits of permission that new files do without.
    pub umask: u32,
    /// Descriptor 0.
    pub stdin: Arc<dyn Stream>,
    /// Descriptor 1.
    pub stdout: Arc<dyn Stream>,
    /// Descriptor 2.
    pub stderr: Arc<dyn Stream>,
}

impl Process {
    /// The value of a variable.
    pub fn variable(&self, name: &str) -> Option<&BStr> {
        let found = self.env.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_ref())
    }
}

/// A process that was started.
pub trait Child: Send {
    /// Its number.
    fn pid(&self) -> u32;

    /// Waits for its end, `time` at most: the exit code, 128 and the signal where one ended it, or none where it still
    /// runs. `EINTR` once `interrupt` is raised; the child runs on.
    fn wait(&mut self, time: Option<Duration>, interrupt: &Interrupt) -> io::Result<Option<u8>>;

    /// Sends it a signal.
    fn kill(&mut self, signal: u8) -> io::Result<()>;
}
