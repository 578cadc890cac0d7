//! The shell over the host's own files, for trying things out and for timing them beside another shell:
//! `time target/release/examples/sh -c 'i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done'`.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::process::ExitCode;
use std::sync::Arc;

use sandbox_shell::Limits;
use sandbox_tools::{HostStream, HostWorld, Interrupt, Process, Stream};

fn main() -> io::Result<ExitCode> {
    let stream = |descriptor: OwnedFd| -> io::Result<Arc<dyn Stream>> {
        Ok(Arc::new(HostStream::new(descriptor)?))
    };
    let mut args: Vec<_> = std::env::args_os().map(|arg| arg.into_vec().into()).collect();
    args[0] = "sh".into();
    if args.get(1).is_some_and(|arg: &bstr::BString| arg == "--bash") {
        args.remove(1);
        args[0] = "bash".into();
    }
    let env = std::env::vars_os();
    let process = Process {
        args,
        env: env.map(|(name, value)| (name.into_vec().into(), value.into_vec().into())).collect(),
        cwd: std::env::current_dir()?,
        umask: 0o022,
        stdin: stream(io::stdin().as_fd().try_clone_to_owned()?)?,
        stdout: stream(io::stdout().as_fd().try_clone_to_owned()?)?,
        stderr: stream(io::stderr().as_fd().try_clone_to_owned()?)?,
    };
    let world = Arc::new(HostWorld);
    let status = sandbox_shell::run(world, process, Interrupt::new(), &Limits::default(), None);
    Ok(ExitCode::from(u8::try_from(status).unwrap_or(u8::MAX)))
}
