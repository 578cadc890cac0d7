//! A program that joins a running container.
//!
//! The shim's children are born into the container's pid namespace. One becomes the program in four steps: the control
//! groups, all other namespaces at once, the rights of its user, exec. Until its exec it cannot be looked into from
//! the container, for the shim is not dumpable (CVE-2016-9962).

use std::os::fd::{AsFd, BorrowedFd};

use rustix::process::setsid;
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};
use sandbox_shim::{Capabilities, FailureOrigin, Process};

use crate::cgroup::ContainerCgroups;
use crate::error::{During, StartError, step};
use crate::finish::Finish;
use crate::handshake::{self, ChildEnd, ShimEnd};
use crate::process::ChildProcess;
use crate::seccomp::Filter;
use crate::start::adjust_oom_score;
use crate::stdio::Stdio;
use crate::syscall::{self, Forked, clone3};
use crate::wasm::Runs;

/// The container as an exec needs it.
pub(crate) struct Place<'a> {
    pub(crate) first: &'a ChildProcess,
    pub(crate) cgroups: &'a ContainerCgroups,
    /// The host's null device.
    pub(crate) null: BorrowedFd<'a>,
    pub(crate) filter: Option<&'a Filter>,
    /// What is withheld from the container's programs.
    pub(crate) withheld: Capabilities,
    pub(crate) oom_score_adj: i32,
    /// What the program may be.
    pub(crate) runs: Runs,
}

/// Makes the process. What becomes of it is heard from the returned end.
pub(crate) fn spawn(
    place: &Place<'_>,
    process: &Process,
    stdio: Stdio,
) -> Result<(ChildProcess, ShimEnd), StartError> {
    let (link, child) = handshake::pair()?;
    match clone3(0, place.cgroups.birthplace()).during(step!("fork"))? {
        Forked::Parent { pid, pidfd } => Ok((ChildProcess::new(pid, pidfd), link)),
        Forked::Child => become_exec(place, process, &stdio, child),
    }
}

fn become_exec(place: &Place<'_>, process: &Process, stdio: &Stdio, shim: ChildEnd) -> ! {
    syscall::reset_signals();
    if let Err(error) = enter(place) {
        shim.fail(error.into_failure(FailureOrigin::Exec));
    }
    let origin = FailureOrigin::Exec;
    let Place { null, filter, withheld, runs, .. } = *place;
    let (init, holds) = (None, false);
    Finish { process, stdio, null, filter, withheld, init, holds, runs, origin }.run(shim)
}

fn enter(place: &Place<'_>) -> Result<(), StartError> {
    setsid().during(step!("starting a session"))?;
    place.cgroups.join()?;
    if place.oom_score_adj != 0 {
        // The start has warned if the host does not allow it.
        adjust_oom_score("/proc/self/oom_score_adj", place.oom_score_adj)?;
    }
    let all = ThreadNameSpaceType::MOUNT
        | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME
        | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
        | ThreadNameSpaceType::NETWORK
        | ThreadNameSpaceType::CONTROL_GROUP;
    move_into_thread_name_spaces(place.first.as_fd(), all).during(step!("joining the container"))
}
