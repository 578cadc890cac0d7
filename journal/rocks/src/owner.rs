//! One owner for a journal: a locked file that names the owner's process.
//!
//! The kernel drops the lock with the process, so a killed owner never has to be cleaned up after.

use std::fs::{self, File, TryLockError};
use std::io::{Seek, Write};
use std::path::Path;
use std::process;

use crate::OpenError;
use crate::durable::At;

/// The file's name in the journal's folder.
const NAME: &str = "owner.lock";

/// The right to write a journal, kept while it lives.
#[derive(Debug)]
pub(crate) struct Owner(File);

impl Owner {
    /// Takes the right, or says which process has it.
    pub(crate) fn claim(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join(NAME);
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.at("open", &path)?;
        match journal_log::planted!("no-lock", file.try_lock(), Ok(())) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Locked { pid: pid_in(&path) }),
            Err(TryLockError::Error(error)) => Err(error).at("lock", &path)?,
        }
        let pid = format!("{}\n", process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(pid.as_bytes()))
            .at("write", &path)?;
        Ok(Self(file))
    }
}

impl Drop for Owner {
    /// Gives the right back at once: a process that is just being started holds every open file until its program
    /// runs, and with it a lock that is only closed.
    fn drop(&mut self) {
        // What cannot be given back goes with the process.
        drop(self.0.unlock());
    }
}

/// Reads who owns the journal; none in the instant between the owner's locking and its writing.
fn pid_in(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
