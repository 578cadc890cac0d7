//! Signals: a WASI program cannot handle any, so each that would end a process ends this one, at once.
//!
//! As the first process of its container it would otherwise be spared: the kernel drops what has no handler there.

#![expect(unsafe_code, reason = "handlers of signals have no safe wrapper")]

use std::{mem, ptr};

/// What is added to a signal's number to make an exit code of it.
const SIGNAL_BASE: libc::c_int = 128;

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

extern "C" fn end(signal: libc::c_int) {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(SIGNAL_BASE + signal) }
}
