//! The program that holds a container, and how it is started.
//!
//! It is started by `std::process::Command` without any hook between fork and exec, which makes it a `posix_spawn`:
//! the cost does not grow with the server's memory. It gets no descriptor but its three standard streams.

mod process;
mod report;

use std::{
    fs::File,
    io::{self, Seek, Write},
    os::{
        fd::OwnedFd,
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use rustix::fs::{MemfdFlags, memfd_create};
use sandbox_shim::{ContainerConfig, SealError, SealedProgram};
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use process::{ShimProcess, is_held, kill_process, open_process};
pub(crate) use report::{ReportError, read_report};

/// Bytes of what a helper run says about its failure that are passed on.
const COMPLAINT_BYTES_MAX: usize = 4096;

/// What a shim says while it has nobody to talk to, in its run directory.
const COMPLAINTS: &str = "shim.err";

/// The shim's program, ready to be started.
#[derive(Debug)]
pub(crate) struct ShimProgram {
    sealed: SealedProgram,
    path: PathBuf,
}

/// A shim that has been started and has not reported yet.
#[derive(Debug)]
pub(crate) struct Spawned {
    pub(crate) child: Child,
    /// Where it will report.
    pub(crate) report: OwnedFd,
}

/// A run of the shim's program that is not a container failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HelperError {
    /// It could not be started or talked to.
    #[error("{} {verb} cannot be run", path.display())]
    Run {
        path: PathBuf,
        verb: &'static str,
        #[source]
        source: io::Error,
    },
    /// It ended with an error.
    #[error("{verb}: {complaint}")]
    Failed { verb: &'static str, complaint: String },
}

// === impl ShimProgram ===

impl ShimProgram {
    /// Makes the sealed copy that all shims of this server are started from.
    pub(crate) fn load(path: &Path) -> Result<Self, SealError> {
        Ok(Self { sealed: SealedProgram::copy(path)?, path: path.to_owned() })
    }

    /// Starts the shim of a run. Blocks for about half a millisecond.
    pub(crate) fn spawn(&self, config: &ContainerConfig) -> io::Result<Spawned> {
        let complaints =
            File::options().append(true).create(true).open(config.run_dir.join(COMPLAINTS))?;
        let mut command = self.command(config)?;
        // The argument is for the eyes of who lists processes.
        command.arg(&config.run_dir).stdout(Stdio::piped()).stderr(complaints);
        let mut child = command.spawn()?;
        let report = child.stdout.take().expect("standard output is piped");
        Ok(Spawned { child, report: report.into() })
    }

    /// Has the program do one of its duties outside of any container, and gives its answer.
    pub(crate) fn ask<T: DeserializeOwned>(
        &self,
        verb: &'static str,
        request: &impl Serialize,
    ) -> Result<T, HelperError> {
        let output = self.output(verb, request)?;
        serde_json::from_slice(&output.stdout).map_err(|error| self.failed(verb, error.into()))
    }

    /// Has the program do one of its duties that has no answer.
    pub(crate) fn tell(
        &self,
        verb: &'static str,
        request: &impl Serialize,
    ) -> Result<(), HelperError> {
        self.output(verb, request).map(drop)
    }

    fn output(&self, verb: &'static str, request: &impl Serialize) -> Result<Output, HelperError> {
        let output = self
            .command(request)
            .and_then(|mut command| command.arg(verb).stderr(Stdio::piped()).output())
            .map_err(|source| self.failed(verb, source))?;
        if output.status.success() {
            return Ok(output);
        }
        let said = &output.stderr[..output.stderr.len().min(COMPLAINT_BYTES_MAX)];
        let said = String::from_utf8_lossy(said).trim().to_owned();
        let complaint = match (said.is_empty(), output.status.signal()) {
            (true, Some(signal)) => format!("ended by signal {signal}"),
            (true, None) => format!("ended with {}", output.status),
            (false, _) => said,
        };
        Err(HelperError::Failed { verb, complaint })
    }

    #[expect(clippy::disallowed_methods, reason = "this file is the owner of the shim's processes")]
    fn command(&self, input: &impl Serialize) -> io::Result<Command> {
        let mut command = Command::new(self.sealed.path());
        // The copy has no name of its own; this is what lists of processes show.
        command.arg0(&self.path).env_clear().current_dir("/").stdin(document(input)?);
        Ok(command)
    }

    fn failed(&self, verb: &'static str, source: io::Error) -> HelperError {
        HelperError::Run { path: self.path.clone(), verb, source }
    }
}

/// Gives the last thing that a shim said in its run directory, for an end that nobody saw.
pub(crate) fn last_complaint(run_dir: &Path) -> Option<String> {
    let said = std::fs::read(run_dir.join(COMPLAINTS)).ok()?;
    let said = String::from_utf8_lossy(&said);
    let last = said.trim_end().lines().next_back()?;
    Some(last.chars().take(COMPLAINT_BYTES_MAX).collect())
}

/// Puts a document into memory that can be a standard input: environment variables never touch the disk.
fn document(value: &impl Serialize) -> io::Result<File> {
    let mut file = File::from(memfd_create("sockerless-config", MemfdFlags::CLOEXEC)?);
    file.write_all(&serde_json::to_vec(value)?)?;
    file.rewind()?;
    Ok(file)
}
