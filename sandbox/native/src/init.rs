//! `--init`: a first process that starts the program, passes signals on and reaps what is left behind.
//!
//! Where it has no program to start it only holds the namespaces that others share, until it is asked to end.
//!
//! It is this program again, started inside the container by descriptor, so nothing has to be put into the image. It has the
//! rights of the container's program and knows nothing of the host.

use std::ffi::{CStr, CString};
use std::io;

use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::process::{Pid, WaitOptions, WaitStatus, getpgid, setpgid, wait};
use rustix::termios::tcsetpgrp;
use sandbox_shim::FailureOrigin;

use crate::error::{During, StartError, step};
use crate::handshake::ChildEnd;
use crate::program;
use crate::syscall;

/// The name the process has in the container, which is how this program knows what to be.
const NAME: &CStr = c"/sbin/docker-init";

/// Returns the arguments of the first process: its name, `--`, the program and its arguments.
pub(crate) fn arguments(argv: Vec<CString>) -> Vec<CString> {
    [NAME, c"--"].into_iter().map(CStr::to_owned).chain(argv).collect()
}

/// Returns those of one that only holds namespaces: it starts a program without a name, which none is.
pub(crate) fn arguments_of_holder() -> Vec<CString> {
    arguments(vec![CString::default()])
}

/// Tells whether `argv` is that of a first process.
pub fn is_init(argv: &[String]) -> bool {
    argv.len() > 2
        && argv[0].as_bytes() == NAME.to_bytes()
        && argv[1] == "--"
        && std::process::id() == 1
}

/// Is the first process. Ends with the program's exit code.
pub fn run_init(argv: &[String]) -> ! {
    let argv = &argv[2..];
    let shim = ChildEnd::inherited();
    syscall::set_signal_mask(true);
    if argv[0].is_empty() {
        drop(shim);
        syscall::close_from(0);
        hold()
    }
    match syscall::fork() {
        Ok(None) => become_program(shim, argv),
        Ok(Some(pid)) => {
            drop(shim);
            // The streams belong to the program.
            syscall::close_from(0);
            supervise(pid)
        }
        Err(errno) => fail(shim, Err::<(), _>(errno).during(step!("fork"))),
    }
}

fn fail<T>(shim: ChildEnd, result: Result<T, StartError>) -> ! {
    match result {
        Err(error) => shim.fail(error.into_failure(FailureOrigin::Create)),
        Ok(_) => syscall::exit_now(0),
    }
}

fn become_program(shim: ChildEnd, argv: &[String]) -> ! {
    syscall::reset_signals();
    // A group of its own lets a terminal's signals reach the program and its children, not this process's parent.
    let _ = setpgid(None, None);
    if let Ok(group) = getpgid(None) {
        ignoring_background_writes(|| tcsetpgrp(io::stdin(), group));
    }
    let env: Vec<String> = std::env::vars_os()
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
        .collect();
    let path = program::variable(&env, "PATH").unwrap_or("");
    // The shim has found it a moment ago, so that a failure here is a surprise.
    let found = program::find(&argv[0], path).map_err(StartError::from);
    let found = found.and_then(|found| {
        fcntl_setfd(&shim, FdFlags::CLOEXEC).during(step!("closing descriptors"))?;
        Ok(found)
    });
    match (found, program::c_strings(argv), program::c_strings(&env)) {
        (Ok(found), Ok(argv), Ok(env)) => program::run(&found, &argv, &env),
        (found, _, _) => fail(shim, found),
    }
}

/// Does something to the terminal that a process in the background may not do without being stopped.
fn ignoring_background_writes(action: impl FnOnce() -> Result<(), Errno>) {
    syscall::ignore_signal(libc::SIGTTOU);
    // Without a terminal there is nothing to do.
    let _ = action();
    syscall::reset_signals();
}

fn supervise(program: Pid) -> ! {
    loop {
        let signal = syscall::wait_for_signal();
        if signal == libc::SIGCHLD {
            reap(program);
        } else {
            // A program that has ended is reaped next.
            let _ = syscall::kill(program, signal);
        }
    }
}

/// Reaps what is left behind until it is asked to end, which is no failure.
fn hold() -> ! {
    /// What asks: `docker stop`, a terminal, its end, `docker kill --signal QUIT`.
    const ASKING: [i32; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT];
    loop {
        let signal = syscall::wait_for_signal();
        if ASKING.contains(&signal) {
            syscall::exit_now(0);
        }
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
    }
}

/// Takes every child that has ended; ends with the program's code if it is among them.
fn reap(program: Pid) {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if pid == program {
            syscall::exit_now(code(status));
        }
    }
}

fn code(status: WaitStatus) -> i32 {
    let signalled = status.terminating_signal().map(|signal| 128 + signal);
    status.exit_status().or(signalled).unwrap_or(program::CODE_EXEC_FAILED)
}
