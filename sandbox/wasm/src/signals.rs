//! Signals: a WASI program cannot handle any, so each that would end a process ends this one, at once. The shell can: its
//! interrupt is raised.
//!
//! As the first process of its container it would otherwise be spared: the kernel drops what has no handler there.

#![expect(unsafe_code, reason = "handlers of signals have no safe wrapper")]

use std::sync::Arc;
use std::{io, mem, ptr};

use sandbox_tools::Interrupt;

/// What is added to a signal's number to make an exit code of it.
const SIGNAL_BASE: libc::c_int = 128;

/// The stack of the thread that waits for signals: it does nothing else.
const STACK_BYTES: usize = 64 << 10;

/// Signals that end a process that does not handle them. Those of faults are wasmtime's.
const ENDING: [libc::c_int; 14] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGABRT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGXCPU,
    libc::SIGXFSZ,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGIO,
    libc::SIGPWR,
];

/// Has signals end the process, whatever it is doing, with 128 and the signal's number.
pub(crate) fn end_the_process() {
    for signal in ENDING.into_iter().chain(libc::SIGRTMIN()..=libc::SIGRTMAX()) {
        let handler: extern "C" fn(libc::c_int) = end;
        // SAFETY: the structure is whole, and the handler does nothing but `_exit`, which may be called at any instruction.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = handler as libc::sighandler_t;
            // A program's own stack may be at its end.
            action.sa_flags = libc::SA_ONSTACK;
            libc::sigaction(signal, &raw const action, ptr::null_mut());
        }
    }
}

/// Has signals raise `interrupt`. To be called while the process has one thread.
pub(crate) fn raise(interrupt: Arc<Interrupt>) -> io::Result<()> {
    // SAFETY: the set is made before it is used, and both calls only change which signals wait for this thread and its heirs.
    let set = unsafe {
        let mut set: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in ENDING {
            libc::sigaddset(&raw mut set, signal);
        }
        if libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        set
    };
    let wait = move || loop {
        let mut signal = 0;
        // SAFETY: both places are this thread's.
        if unsafe { libc::sigwait(&raw const set, &raw mut signal) } == 0 {
            interrupt.raise(u8::try_from(signal).unwrap_or(u8::MAX));
        }
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(wait)?;
    Ok(())
}

extern "C" fn end(signal: libc::c_int) {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(SIGNAL_BASE + signal) }
}
