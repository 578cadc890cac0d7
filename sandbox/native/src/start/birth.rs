//! The birth of a container's first process, as the shim sees it.
//!
//! While the new process makes its mounts, the shim moves it into its control groups and makes its interfaces; then it
//! lets it go on and waits for news.

use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::getpid;
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};
use sandbox_shim::{
    Capabilities, ContainerConfig, FailureOrigin, Network, StartFailure, StartRecord,
};

use super::Prepared;
use crate::container::Birth;
use crate::error::{During, StartError, step};
use crate::handshake::{self, Heard, ShimEnd};
use crate::namespaces::{self, Shared};
use crate::network;
use crate::process::ChildProcess;
use crate::records::now_nanos;
use crate::resolver::ResolverSockets;
use crate::syscall::{Forked, clone3};
use crate::wasm::{Runs, WasmHost};

/// A container's first process, which runs its program.
pub(super) struct Born {
    pub(super) process: ChildProcess,
    pub(super) terminals: OwnedFd,
    pub(super) terminal: Option<OwnedFd>,
    pub(super) terminal_ends: Option<TerminalEnds>,
    started_at_nanos: u64,
    warnings: Vec<String>,
}

/// The terminal again, for those who read it and write it.
pub(super) struct TerminalEnds {
    pub(super) output: OwnedFd,
    pub(super) input: OwnedFd,
}

impl Born {
    pub(super) fn record(&self, config: &ContainerConfig) -> StartRecord {
        StartRecord {
            effect_id: config.effect_id.clone(),
            pid: self.process.number(),
            shim_pid: getpid().as_raw_nonzero().get().unsigned_abs(),
            started_at_nanos: self.started_at_nanos,
            warnings: self.warnings.clone(),
            ports: Vec::new(),
        }
    }
}

/// Bears the process and brings it up to its program.
pub(super) fn give(
    config: &ContainerConfig,
    prepared: &mut Prepared,
) -> Result<Born, StartFailure> {
    let create = |error: StartError| error.into_failure(FailureOrigin::Create);
    let (process, mut link) = bear(config, prepared).map_err(create)?;
    let mut warnings = Vec::new();
    if prepared.withheld(config.security.privileged) != Capabilities::NONE {
        warnings.push("nothing filters devices on this host, so none can be made".to_owned());
    }
    let raised = match equip(config, prepared, &process, &mut warnings) {
        Ok(resolver) => {
            prepared.resolver = resolver;
            listen(&mut link, prepared, &process, &mut warnings)
        }
        Err(error) => match link.hear() {
            // What can be done to a process that has given up fails too, and says less.
            Heard::Failed(failure) => Err(failure),
            Heard::Mounted { .. }
            | Heard::Warning(_)
            | Heard::Running
            | Heard::Module(_)
            | Heard::Nothing => Err(create(error)),
        },
    };
    let raised = raised.and_then(|(terminals, terminal)| {
        let ends = terminal.as_ref().map(ends).transpose().map_err(create)?;
        Ok((terminals, terminal, ends))
    });
    match raised {
        Ok((terminals, terminal, terminal_ends)) => {
            let started_at_nanos = now_nanos();
            Ok(Born { process, terminals, terminal, terminal_ends, started_at_nanos, warnings })
        }
        Err(failure) => {
            process.kill();
            Err(failure)
        }
    }
}

fn bear(
    config: &ContainerConfig,
    prepared: &mut Prepared,
) -> Result<(ChildProcess, ShimEnd), StartError> {
    let own_program = match config.init || config.namespaces.holder {
        true => Some(File::open("/proc/self/exe").during(step!("opening the shim's program"))?),
        false => None,
    };
    let shared = Shared::open(&config.namespaces, &config.network)?;
    shared.enter_processes()?;
    let (link, child) = handshake::pair()?;
    let streams = prepared.streams.ends.take();
    let forked =
        clone3(namespaces::own(&config.namespaces, &config.network), prepared.cgroups.birthplace());
    match forked.during(step!("making namespaces"))? {
        Forked::Parent { pid, pidfd } => Ok((ChildProcess::new(pid, pidfd), link)),
        Forked::Child => {
            let birth = Birth {
                config,
                shared: &shared,
                null: prepared.null.as_fd(),
                cgroups: &prepared.cgroups.hierarchies(),
                streams,
                filter: prepared.filter.as_ref(),
                withheld: prepared.withheld(config.security.privileged),
                init: own_program.as_ref().map(AsFd::as_fd),
                runs: prepared.wasm.as_ref().map_or(Runs::Native, WasmHost::runs),
            };
            birth.run(child)
        }
    }
}

/// All ends are one file to the kernel, so none of them blocks.
fn ends(terminal: &OwnedFd) -> Result<TerminalEnds, StartError> {
    let what = step!("taking the terminal");
    ioctl_fionbio(terminal, true).during(what)?;
    let copy = || terminal.try_clone().during(what);
    Ok(TerminalEnds { output: copy()?, input: copy()? })
}

/// Does what only the host can do for the new process; gives the sockets at which it asks for names.
fn equip(
    config: &ContainerConfig,
    prepared: &Prepared,
    process: &ChildProcess,
    warnings: &mut Vec<String>,
) -> Result<Option<ResolverSockets>, StartError> {
    let pid = process.pid();
    prepared.cgroups.attach(pid)?;
    if config.oom_score_adj != 0 {
        warnings.extend(adjust_oom_score(
            &format!("/proc/{}/oom_score_adj", process.number()),
            config.oom_score_adj,
        )?);
    }
    let mut resolver = None;
    if let Network::Bridge { .. } = config.network {
        let namespace = File::open(format!("/proc/{}/ns/net", process.number()))
            .during(step!("opening the network namespace"))?;
        network::connect(&config.network, namespace.as_fd())?;
        let asked = config.resolver.as_ref();
        resolver = asked.map(|one| ResolverSockets::open(one, namespace.as_fd())).transpose()?;
    }
    // From now on this process's children are born into the container, which is how execs get there.
    move_into_thread_name_spaces(process.as_fd(), ThreadNameSpaceType::PROCESS_ID)
        .during(step!("joining the pid namespace"))?;
    Ok(resolver)
}

/// Sets how readily the kernel kills a process; returns a warning if the host does not allow that.
pub(crate) fn adjust_oom_score(file: &str, score: i32) -> Result<Option<String>, StartError> {
    let denied = |error: &std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
    match fs::write(file, score.to_string()) {
        Err(error) if denied(&error) => {
            Ok(Some(format!("the host does not allow an oom_score_adj of {score}")))
        }
        written => written.map(|()| None).during(step!("setting oom_score_adj")),
    }
}

/// Follows what the new process says until its program runs.
fn listen(
    link: &mut ShimEnd,
    prepared: &mut Prepared,
    process: &ChildProcess,
    warnings: &mut Vec<String>,
) -> Result<(OwnedFd, Option<OwnedFd>), StartFailure> {
    let mut mounted = None;
    let mut _compiler = None;
    loop {
        match link.hear() {
            Heard::Mounted { terminals, terminal } => {
                mounted = Some((terminals, terminal));
                link.proceed();
            }
            Heard::Warning(text) => warnings.push(text),
            Heard::Module(request) => {
                let Some(wasm) = &mut prepared.wasm else { continue };
                wasm.note_main();
                let answered = wasm.answer(link, request.as_ref(), &prepared.cgroups, process);
                let started =
                    answered.map_err(|error| error.into_failure(FailureOrigin::Create))?;
                _compiler = started;
            }
            Heard::Failed(failure) => return Err(failure),
            Heard::Running | Heard::Nothing => {
                let gone = || Err(Errno::CHILD).during(step!("the first process has died early"));
                return mounted
                    .map_or_else(gone, Ok)
                    .map_err(|error| error.into_failure(FailureOrigin::Create));
            }
        }
    }
}
