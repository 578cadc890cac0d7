//! System calls that no safe wrapper offers, each behind a safe function.
//!
//! All of the crate's unsafe code is here and in [`crate::bpf`]. What makes it sound is that the process has one
//! thread: a child made by [`clone3`] is a whole copy that may allocate and take locks like its parent.

#![expect(unsafe_code, reason = "clone3, execve, seccomp and others have no safe wrapper")]

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use rustix::io::Errno;
use rustix::process::Pid;

/// `CLONE_PIDFD`: the parent gets a descriptor of the child.
const CLONE_PIDFD: u64 = 0x1000;

/// `CLONE_INTO_CGROUP`: the child is born in a version 2 control group.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// The highest signal number.
const SIGNAL_MAX: i32 = 64;

/// Which side of [`clone3`] this is.
pub(crate) enum Forked {
    /// The new process.
    Child,
    /// The process that called.
    Parent {
        /// The child.
        pid: Pid,
        /// The child again, as a descriptor that is readable once it has ended.
        pidfd: OwnedFd,
    },
}

/// One instruction of a classic BPF program.
pub(crate) type Instruction = libc::sock_filter;

fn check(result: libc::c_long) -> Result<libc::c_long, Errno> {
    if result >= 0 {
        return Ok(result);
    }
    // SAFETY: errno is thread-local and always there.
    Err(Errno::from_raw_os_error(unsafe { *libc::__errno_location() }))
}

/// Forks with `namespaces` new to the child, into `cgroup` if there is one.
pub(crate) fn clone3(namespaces: u64, cgroup: Option<BorrowedFd<'_>>) -> Result<Forked, Errno> {
    let mut pidfd: RawFd = -1;
    // SAFETY: all zeros is a valid value of this plain C structure.
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = namespaces | CLONE_PIDFD;
    args.pidfd = ptr::from_mut(&mut pidfd) as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    if let Some(cgroup) = cgroup {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = cgroup.as_raw_fd() as u64;
    }
    // SAFETY: the arguments are a whole `clone_args`; without CLONE_VM the child runs on a copy of this single-threaded
    // process, as after fork.
    let pid = check(unsafe {
        libc::syscall(libc::SYS_clone3, &raw const args, size_of::<libc::clone_args>())
    })?;
    match Pid::from_raw(pid as i32) {
        None => Ok(Forked::Child),
        // SAFETY: the kernel has stored a new descriptor there that nobody else owns.
        Some(pid) => Ok(Forked::Parent { pid, pidfd: unsafe { OwnedFd::from_raw_fd(pidfd) } }),
    }
}

/// Forks as a program in a container may: its filter answers `clone3` as a kernel without it would.
///
/// Returns `None` in the child.
pub(crate) fn fork() -> Result<Option<Pid>, Errno> {
    let none = ptr::null::<libc::c_void>();
    // SAFETY: without CLONE_VM the child runs on a copy of this single-threaded process, on its own stack.
    let pid =
        check(unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, none, none, none, none) })?;
    Ok(Pid::from_raw(pid as i32))
}

/// Ends the process at once, running nothing.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}

/// Puts `program` in the place of this process; returns only the error.
pub(crate) fn execve(program: &CStr, argv: &[CString], env: &[CString]) -> Errno {
    let (argv, env) = (pointers(argv), pointers(env));
    // SAFETY: both arrays end with a null pointer and point into strings that outlive the call.
    let result = unsafe { libc::execve(program.as_ptr(), argv.as_ptr(), env.as_ptr()) };
    check(result.into()).err().unwrap_or(Errno::INVAL)
}

/// Puts the program behind descriptor `file` in the place of this process; returns only the error.
pub(crate) fn execveat(file: RawFd, argv: &[CString], env: &[CString]) -> Errno {
    let (argv, env) = (pointers(argv), pointers(env));
    // SAFETY: as in `execve`; the empty path makes `file` itself the program.
    let result = unsafe {
        libc::syscall(
            libc::SYS_execveat,
            file,
            c"".as_ptr(),
            argv.as_ptr(),
            env.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    check(result).err().unwrap_or(Errno::INVAL)
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

/// Makes `file` the descriptor `number`, which stays open over an exec.
///
/// For low numbers that no owner in this program closes.
pub(crate) fn place(file: impl AsFd, number: RawFd) -> Result<(), Errno> {
    // SAFETY: descriptors are plain numbers to the kernel; whoever owned `number` before is not used again.
    check(unsafe { libc::dup2(file.as_fd().as_raw_fd(), number) }.into()).map(drop)
}

/// Closes every descriptor from `first` on.
///
/// For the start of the program, before anything owns one, and for its end, when no owner will be asked again.
pub(crate) fn close_from(first: RawFd) {
    // SAFETY: no owner of a descriptor from `first` on is used or dropped afterwards. It cannot fail with these arguments.
    unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
}

/// Becomes the owner of a descriptor that is only known by its number.
pub(crate) fn adopt(number: RawFd) -> OwnedFd {
    // SAFETY: the callers know the number to be open and without an owner in this program.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Has every descriptor from `first` on closed by the next exec.
pub(crate) fn close_on_exec_from(first: RawFd) -> Result<(), Errno> {
    // SAFETY: only a flag of the descriptors changes.
    let result =
        unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    check(result).map(drop)
}

/// Ignores `signal`.
pub(crate) fn ignore_signal(signal: i32) {
    // SAFETY: no handler is installed that could run.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// Gives every signal its default again and blocks none.
pub(crate) fn reset_signals() {
    for signal in 1..=SIGNAL_MAX {
        // SAFETY: no handler is installed that could run; numbers that have no disposition are refused.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    set_signal_mask(false);
}

/// Blocks all signals or none.
pub(crate) fn set_signal_mask(blocked: bool) {
    // SAFETY: the set is initialised by the call before it is used.
    unsafe {
        let mut set = std::mem::zeroed();
        if blocked {
            libc::sigfillset(&raw mut set);
        } else {
            libc::sigemptyset(&raw mut set);
        }
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, ptr::null_mut());
    }
}

/// Waits for one of the signals, all of which are blocked, and returns its number.
pub(crate) fn wait_for_signal() -> i32 {
    let mut signal = 0;
    // SAFETY: the set is initialised by the call before it is used.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigfillset(&raw mut set);
        libc::sigwait(&raw const set, &raw mut signal);
    }
    signal
}

/// Sends a signal by its number, which may be a real-time one, to a child that was not waited for.
pub(crate) fn kill(pid: Pid, signal: i32) -> Result<(), Errno> {
    // SAFETY: the call takes plain numbers.
    check(unsafe { libc::kill(pid.as_raw_nonzero().get(), signal) }.into()).map(drop)
}

/// Sends a signal by its number to the process behind `pidfd`.
pub(crate) fn send_signal(pidfd: BorrowedFd<'_>, signal: i32) -> Result<(), Errno> {
    // SAFETY: the call takes plain numbers and a null pointer for the signal's details.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal,
            ptr::null::<libc::siginfo_t>(),
            0,
        )
    };
    check(result).map(drop)
}

/// Installs a system call filter for good.
pub(crate) fn install_filter(program: &[Instruction], flags: libc::c_ulong) -> Result<(), Errno> {
    let length = program.len().try_into().map_err(|_| Errno::INVAL)?;
    let program = libc::sock_fprog { len: length, filter: program.as_ptr().cast_mut() };
    // SAFETY: the kernel only reads the program, which outlives the call.
    let result = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program)
    };
    check(result).map(drop)
}

/// Sets attributes of the mount behind `mount`, and of those below it if `all`.
pub(crate) fn set_mount_attributes(
    mount: BorrowedFd<'_>,
    set: u64,
    all: bool,
) -> Result<(), Errno> {
    set_mount(mount, libc::mount_attr { attr_set: set, ..NO_CHANGE }, all)
}

/// Sets how mounts made below `mount`, and below those in it, are seen elsewhere.
pub(crate) fn set_propagation(mount: BorrowedFd<'_>, kind: libc::c_ulong) -> Result<(), Errno> {
    set_mount(mount, libc::mount_attr { propagation: kind, ..NO_CHANGE }, true)
}

const NO_CHANGE: libc::mount_attr =
    libc::mount_attr { attr_set: 0, attr_clr: 0, propagation: 0, userns_fd: 0 };

fn set_mount(mount: BorrowedFd<'_>, attributes: libc::mount_attr, all: bool) -> Result<(), Errno> {
    let below = if all { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the structure is whole and outlives the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | below,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    check(result).map(drop)
}

/// Makes the control groups the process is in the root of those it sees.
pub(crate) fn new_cgroup_namespace() -> Result<(), Errno> {
    // SAFETY: the call takes a plain number; descriptors stay shared with nobody.
    check(unsafe { libc::unshare(libc::CLONE_NEWCGROUP) }.into()).map(drop)
}

/// Gives the process a user namespace of its own, and in it mounts and a network.
pub(crate) fn new_user_namespace() -> Result<(), Errno> {
    let new = libc::CLONE_NEWUSER | libc::CLONE_NEWNS | libc::CLONE_NEWNET;
    // SAFETY: as above.
    check(unsafe { libc::unshare(new) }.into()).map(drop)
}

/// Waits until this process is killed.
pub(crate) fn wait_for_ever() -> ! {
    loop {
        // SAFETY: it takes nothing.
        unsafe { libc::pause() };
    }
}

/// Gives the process mounts of its own, which are those it has seen.
pub(crate) fn new_mount_namespace() -> Result<(), Errno> {
    // SAFETY: as above.
    check(unsafe { libc::unshare(libc::CLONE_NEWNS) }.into()).map(drop)
}

/// Gives the process a session keyring of its own, so that it cannot see the server's.
pub(crate) fn new_session_keyring() -> Result<(), Errno> {
    const KEYCTL_JOIN_SESSION_KEYRING: libc::c_int = 1;
    // SAFETY: a null name makes an anonymous keyring.
    let result = unsafe {
        libc::syscall(libc::SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, ptr::null::<libc::c_char>())
    };
    check(result).map(drop)
}

/// Returns the kernel's words for an error, in lower case as Docker prints them.
pub(crate) fn error_text(errno: Errno) -> String {
    // SAFETY: strerror returns a string that is valid until the next call; it is copied at once.
    let text = unsafe { CStr::from_ptr(libc::strerror(errno.raw_os_error())) };
    text.to_string_lossy().to_lowercase()
}
