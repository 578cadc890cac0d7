//! Being a shell, or one of its tools: what `--runtime wasm` runs of an image that was made for native programs.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;

use bstr::BString;
use sandbox_shell::Limits;
use sandbox_shim::WasmJob;
use sandbox_tools::{HostStream, HostWorld, Interrupt, Process, Stream};

use crate::signals;

/// The mask of permissions that a container's program begins with.
const UMASK: u32 = 0o022;

/// Runs the program that a job describes, until its end: its exit code.
pub(crate) fn run(job: WasmJob) -> io::Result<i32> {
    let interrupt = Interrupt::new();
    // Before any other thread: each thread inherits which signals wait.
    signals::raise(Arc::clone(&interrupt))?;
    // Modes come with the shell's own mask taken off.
    rustix::process::umask(rustix::fs::Mode::empty());
    let variables = job.env.into_iter().map(|variable| match variable.split_once('=') {
        Some((name, value)) => (BString::from(name), BString::from(value)),
        None => (BString::from(variable), BString::default()),
    });
    let process = Process {
        args: job.argv.into_iter().map(BString::from).collect(),
        env: variables.collect(),
        cwd: PathBuf::from(job.cwd),
        umask: UMASK,
        stdin: stream(io::stdin().as_fd().try_clone_to_owned()?)?,
        stdout: stream(io::stdout().as_fd().try_clone_to_owned()?)?,
        stderr: stream(io::stderr().as_fd().try_clone_to_owned()?)?,
    };
    Ok(sandbox_shell::run(Arc::new(HostWorld), process, interrupt, &Limits::default(), None))
}

fn stream(descriptor: OwnedFd) -> io::Result<Arc<dyn Stream>> {
    Ok(Arc::new(HostStream::new(descriptor)?))
}
