//! Finding a program by the rules and in the words of Docker's runtime, and becoming it.

use std::ffi::{CString, NulError};
use std::io::Write;

use rustix::fs::{Access, AtFlags, CWD, FileType, accessat, stat};
use rustix::io::Errno;

use crate::syscall::{error_text, execve};

/// What a program gets that was found but could not be started: the container counts as started and ends with it.
pub(crate) const CODE_EXEC_FAILED: i32 = 255;

/// The program cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProgramError {
    /// No directory of `PATH` has it.
    #[error("exec: {name:?}: executable file not found in $PATH")]
    NotInPath {
        /// The name.
        name: String,
    },
    /// There is nothing at the path.
    #[error("exec: {path:?}: stat {path}: {}", error_text(*errno))]
    Missing {
        /// The path.
        path: String,
        /// Why it cannot be looked at.
        errno: Errno,
    },
    /// What is at the path cannot be executed.
    #[error("exec: {path:?}: {}", error_text(*errno))]
    Refused {
        /// The path.
        path: String,
        /// Why.
        errno: Errno,
    },
}

impl ProgramError {
    /// Returns the error that decides the exit code.
    pub(crate) fn errno(&self) -> Errno {
        match self {
            Self::NotInPath { .. } => Errno::NOENT,
            Self::Missing { errno, .. } | Self::Refused { errno, .. } => *errno,
        }
    }
}

/// Returns the path of `name`, as the current user in the current directory may execute it.
///
/// A name with a slash is the path itself; any other is looked for in the directories of `path`.
pub(crate) fn find(name: &str, path: &str) -> Result<String, ProgramError> {
    if name.contains('/') {
        return match check(name) {
            Ok(()) => Ok(name.to_owned()),
            Err(Unfit::Missing(errno)) => {
                Err(ProgramError::Missing { path: name.to_owned(), errno })
            }
            Err(Unfit::Refused(errno)) => {
                Err(ProgramError::Refused { path: name.to_owned(), errno })
            }
        };
    }
    let candidates = path.split(':').map(|dir| if dir.is_empty() { "." } else { dir });
    candidates
        .map(|dir| format!("{dir}/{name}"))
        .find(|candidate| !name.is_empty() && check(candidate).is_ok())
        .ok_or_else(|| ProgramError::NotInPath { name: name.to_owned() })
}

/// Becomes the program at `path`; if that fails, says so on standard error as Docker's runtime does and ends.
pub(crate) fn run(path: &str, argv: &[CString], env: &[CString]) -> ! {
    let errno = match CString::new(path) {
        Ok(program) => execve(&program, argv, env),
        Err(_) => Errno::INVAL,
    };
    // Nobody is left to hear of a failure to write.
    drop(writeln!(std::io::stderr(), "exec {path}: {}", error_text(errno)));
    crate::syscall::exit_now(CODE_EXEC_FAILED)
}

/// Returns the value of `name` in an environment of `NAME=value` strings; the last one wins.
pub(crate) fn variable<'a>(env: &'a [String], name: &str) -> Option<&'a str> {
    env.iter().rev().find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='))
}

/// Makes strings for the kernel.
pub(crate) fn c_strings(strings: &[String]) -> Result<Vec<CString>, NulError> {
    strings.iter().map(|string| CString::new(string.as_str())).collect()
}

enum Unfit {
    Missing(Errno),
    Refused(Errno),
}

fn check(path: &str) -> Result<(), Unfit> {
    let found = stat(path).map_err(Unfit::Missing)?;
    if FileType::from_raw_mode(found.st_mode).is_dir() {
        return Err(Unfit::Refused(Errno::ISDIR));
    }
    // Root may execute what has any execute bit, so the effective ids are asked about as well as the bits.
    match accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS) {
        Ok(()) if found.st_mode & 0o111 != 0 => Ok(()),
        Ok(()) => Err(Unfit::Refused(Errno::ACCESS)),
        Err(errno) => Err(Unfit::Refused(errno)),
    }
}

#[cfg(test)]
mod tests;
