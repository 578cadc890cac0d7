//! `--init`: a first process that starts the program, passes signals on and reaps what is left behind.
//!
//! It is this program again, started inside the container by descriptor, so nothing has to be put into the image. It has the
//! rights of the container's program and knows nothing of the host.

use std::ffi::CString;
use std::io;

use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::process::{Pid, WaitOptions, WaitStatus, getpgid, setpgid, wait};
use rustix::termios::tcsetpgrp;
use sandbox_shim::FailureOrigin;

use crate::error::{During, StartError, step};
use crate::handshake::ChildEnd;
use crate::program;
use crate::syscall::{self, Forked, clone3};

/// The name the process has in the container, which is how this program knows what to be.
const NAME: &str = "/sbin/docker-init";

/// Returns the arguments of the first process: its name, `--`, the program's path, its own arguments.
pub(crate) fn arguments(program: &str, argv: Vec<CString>) -> Vec<CString> {
    let path = CString::new(program).expect("the path was looked up as a C string");
    [c_string(NAME), c_string("--"), path].into_iter().chain(argv).collect()
}

fn c_string(text: &str) -> CString {
    CString::new(text).expect("the text has no null byte")
}

/// Tells whether `argv` is that of a first process.
pub fn is_init(argv: &[String]) -> bool {
    argv.len() > 3 && argv[0] == NAME && argv[1] == "--" && std::process::id() == 1
}

/// Is the first process. Ends with the program's exit code.
pub fn run_init(argv: &[String]) -> ! {
    let (program, argv) = (argv[2].as_str(), &argv[3..]);
    let shim = ChildEnd::inherited();
    syscall::set_signal_mask(true);
    match clone3(0, None) {
        Ok(Forked::Child) => become_program(shim, program, argv),
        Ok(Forked::Parent { pid, .. }) => {
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

fn become_program(shim: ChildEnd, program: &str, argv: &[String]) -> ! {
    syscall::reset_signals();
    // A group of its own lets a terminal's signals reach the program and its children, not this process's parent.
    let _ = setpgid(None, None);
    if let Ok(group) = getpgid(None) {
        ignoring_background_writes(|| tcsetpgrp(io::stdin(), group));
    }
    let env: Vec<String> = std::env::vars_os()
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
        .collect();
    let prepared = fcntl_setfd(&shim, FdFlags::CLOEXEC).during(step!("closing descriptors"));
    let (Ok(()), Ok(argv), Ok(env)) =
        (prepared, program::c_strings(argv), program::c_strings(&env))
    else {
        fail(shim, Err::<(), _>(Errno::INVAL).during(step!("starting {program}")))
    };
    program::run(program, &argv, &env)
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
