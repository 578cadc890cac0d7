//! The program of a container, and those that exec adds.

use backends_core::{ExecWorkload, StartError, Workload};
use journal_domain::{ContainerSpec, TerminalSize, Ulimit};
use sandbox_shim::{Process, Rlimit, RlimitKind, TerminalSize as ShimSize};

use super::{environment, refused, security};

/// Gives a container's own program.
pub(super) fn main(workload: &Workload, hostname: &str) -> Result<Process, StartError> {
    let spec = &*workload.spec;
    let argv = spec.argv();
    if argv.is_empty() {
        return Err(refused("no command specified"));
    }
    let size = workload.size.or(spec.console_size);
    let linked = workload.links.iter().flat_map(|link| &link.env);
    let own: Vec<String> = linked.chain(&spec.env).cloned().collect();
    Ok(Process {
        argv,
        env: environment::environment(hostname, spec.tty, &own),
        cwd: directory(&spec.working_dir),
        user: spec.user.clone(),
        additional_groups: spec.security.group_add.clone(),
        terminal: spec.tty.then(|| shim_size(size)),
        capabilities: security::capabilities(&spec.security)?,
        no_new_privileges: spec.security.no_new_privileges,
        rlimits: rlimits(&spec.limits.ulimits)?,
    })
}

/// Gives the program of an exec; what it does not say is as its container's.
pub(super) fn exec(workload: &ExecWorkload) -> Result<Process, StartError> {
    let (exec, container) = (&*workload.spec, &*workload.container);
    let or_else = |own: &String, other: &String| {
        if own.is_empty() { other.clone() } else { own.clone() }
    };
    let inherited = environment::environment(&workload.hostname, exec.tty, &container.env);
    let size = workload.size.or(exec.console_size);
    Ok(Process {
        argv: exec.cmd.clone(),
        env: environment::merged(inherited, &exec.env),
        cwd: directory(&or_else(&exec.working_dir, &container.working_dir)),
        user: or_else(&exec.user, &container.user),
        additional_groups: container.security.group_add.clone(),
        terminal: exec.tty.then(|| shim_size(size)),
        capabilities: exec_capabilities(exec.privileged, container)?,
        no_new_privileges: container.security.no_new_privileges,
        rlimits: rlimits(&container.limits.ulimits)?,
    })
}

fn exec_capabilities(
    privileged: bool,
    container: &ContainerSpec,
) -> Result<sandbox_shim::Capabilities, StartError> {
    if privileged {
        return Ok(sandbox_shim::Capabilities::ALL);
    }
    security::capabilities(&container.security)
}

/// Gives a terminal's size in the shim's words; zero is a size that nobody has told yet.
pub(super) fn shim_size(size: Option<TerminalSize>) -> ShimSize {
    size.map_or_else(ShimSize::default, |size| ShimSize { height: size.rows, width: size.columns })
}

fn directory(path: &str) -> String {
    if path.is_empty() { "/".to_owned() } else { path.to_owned() }
}

fn rlimits(ulimits: &[Ulimit]) -> Result<Vec<Rlimit>, StartError> {
    let limits = ulimits.iter().map(|ulimit| {
        let kind = RlimitKind::from_name(&ulimit.name)
            .ok_or_else(|| refused(format!("invalid ulimit type: {}", ulimit.name)))?;
        Ok(Rlimit { kind, soft: amount(ulimit.soft), hard: amount(ulimit.hard) })
    });
    limits.collect()
}

/// -1 is no limit, in Docker's API as in the kernel's, where it is the largest number.
fn amount(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
