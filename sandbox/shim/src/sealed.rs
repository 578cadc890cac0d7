//! A copy of the shim's program that nobody can change.
//!
//! A program that starts inside a container can be reached there as `/proc/<pid>/exe`, and root in the container could
//! overwrite the file behind it (CVE-2019-5736). The copy lies in sealed memory instead, one for all shims of
//! a server, so they share its pages. A shim started from a plain file copies itself first, at the cost of
//! a copy of its own.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create};
use rustix::io::Errno;

/// `MFD_EXEC`, since Linux 6.3: the copy may be executed whatever `vm.memfd_noexec` says.
const MFD_EXEC: MemfdFlags = MemfdFlags::from_bits_retain(0x10);

/// The seals that leave nothing to change.
const SEALS: SealFlags =
    SealFlags::SEAL.union(SealFlags::SHRINK).union(SealFlags::GROW).union(SealFlags::WRITE);

/// A program in sealed memory. It can be started as long as this value lives; what runs goes on after it.
#[derive(Debug)]
pub struct SealedProgram {
    memory: OwnedFd,
}

/// The program could not be copied.
#[derive(Debug, thiserror::Error)]
#[error("sealing a copy of {} failed", path.display())]
pub struct SealError {
    /// The program's file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

// === impl SealedProgram ===

impl SealedProgram {
    /// Copies the program at `path`.
    pub fn copy(path: &Path) -> Result<Self, SealError> {
        copy(path).map_err(|source| SealError { path: path.to_owned(), source })
    }

    /// Tells whether what `file` refers to is such a copy.
    pub fn is_sealed(file: impl AsFd) -> bool {
        fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SEALS))
    }

    /// Returns the path to start, which is good in this process alone.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.memory.as_raw_fd()))
    }
}

impl AsFd for SealedProgram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}

fn copy(path: &Path) -> io::Result<SealedProgram> {
    let mut program = File::open(path)?;
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = match memfd_create("sockerless-shim", flags | MFD_EXEC) {
        Err(Errno::INVAL) => memfd_create("sockerless-shim", flags)?,
        memory => memory?,
    };
    let mut memory = File::from(memory);
    io::copy(&mut program, &mut memory)?;
    fcntl_add_seals(&memory, SEALS)?;
    Ok(SealedProgram { memory: OwnedFd::from(memory) })
}

#[cfg(test)]
mod tests;
