//! Ports of the host that lead into the container: a process of their own, a fork of the shim, holds them.
//!
//! It listens before the container is born, so a port in use is a failed start, and carries what reaches its sockets to
//! the container. With address translation in the kernel that is little: connections of the host to itself, and those of
//! IPv6. It dies with the shim, and goes before the end of the container is told.
//!
//! A process of its own keeps connections from standing in the way of the container's output, and keeps the shims of
//! containers without ports as small as they are.

mod bind;
mod forward;
mod tcp;
mod udp;

use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{
    Resource, Rlimit, Signal, getpid, getppid, getrlimit, set_parent_process_death_signal,
    setrlimit,
};
use rustix::thread::set_name;
use sandbox_shim::{BoundPort, FailureOrigin, Publishing, StartFailure};

use crate::error::{During, StartError, step};
use crate::network;
use crate::process::ChildProcess;
use crate::stdio::null_device;
use crate::syscall::{self, Forked};

use bind::Bound;

/// Docker's exit code for a start that fails for another reason than the program.
const CODE_OTHER: i32 = 128;

/// The descriptor by which the new process says what it has bound; the numbers from here on are otherwise closed.
const REPORT: i32 = 3;

/// The process that holds a container's ports; dropping it ends it.
pub(crate) struct Forwarder {
    process: ChildProcess,
    ports: Vec<BoundPort>,
}

/// What the new process says: what it has bound, or why not.
type Report = Result<Vec<BoundPort>, String>;

impl Forwarder {
    /// Binds the ports and starts to listen.
    ///
    /// The container is reached from the network `hub`, where that is not the one whose ports they are.
    pub(crate) fn start(publishing: &Publishing, hub: Option<&Path>) -> Result<Self, StartFailure> {
        let failed = |reason: &str| StartFailure {
            code: CODE_OTHER,
            reason: format!("{}: {reason}", publishing.subject),
            origin: FailureOrigin::Daemon,
        };
        let (process, report) =
            fork(publishing, hub).map_err(|error| failed(&error.to_string()))?;
        let mut line = String::new();
        let heard = BufReader::new(std::fs::File::from(report)).read_line(&mut line);
        let report = heard.ok().and_then(|_| serde_json::from_str::<Report>(&line).ok());
        match report {
            Some(Ok(ports)) => Ok(Self { process, ports }),
            Some(Err(reason)) => {
                process.kill();
                Err(failed(&reason))
            }
            None => {
                process.kill();
                Err(failed("the process that should hold the ports has died early"))
            }
        }
    }

    /// Returns the ports.
    pub(crate) fn ports(&self) -> Vec<BoundPort> {
        self.ports.clone()
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.process.kill();
    }
}

fn fork(
    publishing: &Publishing,
    hub: Option<&Path>,
) -> Result<(ChildProcess, OwnedFd), StartError> {
    let (ours, its) =
        socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .during(step!("making a socket pair"))?;
    let shim = getpid();
    match syscall::clone3(0, None).during(step!("forking"))? {
        Forked::Parent { pid, pidfd } => Ok((ChildProcess::new(pid, pidfd), ours)),
        Forked::Child => {
            let begun = set_parent_process_death_signal(Some(Signal::KILL))
                .and_then(|()| syscall::place(&its, REPORT));
            // A shim that died before the signal was asked for has left this process to another parent.
            if begun.is_err() || getppid() != Some(shim) {
                syscall::exit_now(CODE_OTHER);
            }
            // Every owner of what is closed here is the shim's; none of them is used in this process.
            std::mem::forget((ours, its));
            syscall::close_from(REPORT + 1);
            serve(publishing, hub)
        }
    }
}

/// Is the new process: binds, tells, and carries until it is killed.
fn serve(publishing: &Publishing, hub: Option<&Path>) -> ! {
    let _ = set_name(c"sockerless-port");
    leave_streams();
    raise_descriptor_limit();
    let bound = bind::all(publishing).map_err(|error| error.to_string()).and_then(|bound| {
        // What is bound stays where it is; what is opened from now on is there.
        network::enter(hub).map_err(|error| error.to_string())?;
        Ok(bound)
    });
    let report: Report = match &bound {
        Ok(bound) => Ok(bound.iter().map(|bound| bound.port).collect()),
        Err(reason) => Err(reason.clone()),
    };
    let mut line = serde_json::to_vec(&report).unwrap_or_default();
    line.push(b'\n');
    let told = std::fs::File::from(syscall::adopt(REPORT)).write_all(&line);
    match bound {
        Ok(bound) if told.is_ok() => run(bound),
        Ok(_) | Err(_) => syscall::exit_now(CODE_OTHER),
    }
}

fn run(bound: Vec<Bound>) -> ! {
    // Only a kernel without memory lets it end; the ports are closed then.
    let _: Result<(), Errno> = forward::run(bound);
    syscall::exit_now(CODE_OTHER)
}

/// Lets go of the shim's streams, or a server would wait for the end of what the shim has to report.
fn leave_streams() {
    let null = null_device(CWD);
    for number in 0..REPORT {
        // What cannot be replaced stays; the server reads no further than the report's line.
        let _ = null.as_ref().map(|null| syscall::place(null, number));
    }
}

/// A connection takes six descriptors, and the usual limit is a thousand.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    // What cannot be raised limits the connections at a time, and nothing else.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}
