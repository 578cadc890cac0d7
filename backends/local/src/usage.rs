//! What a run uses, read from its control groups and its network.
//!
//! Files and units: the kernel's `admin-guide/cgroup-v1`, `admin-guide/cgroup-v2.rst` and `proc(5)`. What a host does not
//! count is zero or absent, never guessed; without control groups memory and processes are told by the processes.

mod groups;
mod processes;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    num::NonZero,
    path::Path,
    thread::available_parallelism,
};

use backends_core::{BlockIo, CpuUsage, EffectError, MemoryUsage, NetworkUsage, Traffic, Usage};
use journal_domain::ContainerId;
use rustix::param::clock_ticks_per_second;

use self::groups::Groups;
use crate::{errors::chain, run::Surroundings};

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// Measures a run whose first process is `pid`. Blocks.
pub(crate) fn usage(
    around: &Surroundings,
    container: ContainerId,
    pid: u32,
) -> Result<Usage, EffectError> {
    let groups = Groups::of(around, container).map_err(failed)?;
    let mut cpu = groups.cpu();
    let (memory, pids) = match groups.any() {
        Some(_) => (groups.memory(host_memory()), groups.pids()),
        None => {
            let own = pids(around, container, pid)?;
            (processes::memory(&own, host_memory()), processes::pids(&own))
        }
    };
    cpu.host_nanos = read(Path::new("/proc/stat")).map_or(0, |text| host_nanos(&text));
    cpu.online_cpus =
        available_parallelism().map_or(1, NonZero::get).try_into().unwrap_or(u32::MAX);
    let networks = match own_network(pid) {
        true => read(format!("/proc/{pid}/net/dev").as_ref()).map(|text| interfaces(&text)),
        false => None,
    };
    Ok(Usage {
        cpu,
        memory,
        pids,
        block_io: groups.block_io(),
        networks: networks.unwrap_or_default(),
    })
}

/// Lists the processes of a run. Blocks.
pub(crate) fn pids(
    around: &Surroundings,
    container: ContainerId,
    pid: u32,
) -> Result<BTreeSet<u32>, EffectError> {
    let mut found = BTreeSet::from([pid]);
    match Groups::of(around, container).map_err(failed)?.any() {
        Some(group) => members(group, &mut found).map_err(failed)?,
        // Without groups a container has processes of its own: no others are in its namespace of them.
        None => companions(pid, &mut found).map_err(failed)?,
    }
    Ok(found)
}

fn failed(error: io::Error) -> EffectError {
    EffectError::Failed(chain(&error))
}

/// Gathers the processes of a group and of the groups in it, which a container may have made.
fn members(group: &Path, found: &mut BTreeSet<u32>) -> io::Result<()> {
    let listed = fs::read_to_string(group.join("cgroup.procs"))?;
    found.extend(listed.lines().filter_map(|line| line.parse::<u32>().ok()));
    for entry in fs::read_dir(group)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            members(&entry.path(), found)?;
        }
    }
    Ok(())
}

/// Gathers the processes that are in the same namespace of processes.
fn companions(pid: u32, found: &mut BTreeSet<u32>) -> io::Result<()> {
    let of = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let Some(namespace) = of(pid) else { return Ok(()) };
    for entry in fs::read_dir("/proc")? {
        let other = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        found.extend(other.filter(|other| of(*other).as_ref() == Some(&namespace)));
    }
    Ok(())
}

/// Tells whether a process has a network that is not ours.
fn own_network(pid: u32) -> bool {
    let of = |who: &str| fs::read_link(format!("/proc/{who}/ns/net")).ok();
    of(&pid.to_string()).is_some_and(|theirs| Some(theirs) != of("self"))
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// Gives the memory of the host in bytes.
fn host_memory() -> u64 {
    let text = read(Path::new("/proc/meminfo")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_default().saturating_mul(1024)
}

/// Sums up the processor time of the host, from the first line of `/proc/stat`: user, nice, system, idle, iowait, irq and
/// softirq, as dockerd counts it.
fn host_nanos(stat: &str) -> u64 {
    let line = stat.lines().next().unwrap_or_default();
    let ticks =
        line.split_whitespace().skip(1).take(7).filter_map(|field| field.parse::<u64>().ok());
    ticks.sum::<u64>().saturating_mul(SECOND / clock_ticks_per_second().max(1))
}

/// Reads `/proc/net/dev`: two lines of heads, then a name and sixteen counters each. The loopback is not shown.
fn interfaces(text: &str) -> BTreeMap<String, NetworkUsage> {
    let lines = text.lines().skip(2).filter_map(|line| line.split_once(':'));
    let lines =
        lines.map(|(name, counters)| (name.trim(), counters)).filter(|(name, _)| *name != "lo");
    lines
        .map(|(name, counters)| {
            let counters: Vec<u64> =
                counters.split_whitespace().filter_map(|field| field.parse().ok()).collect();
            let way = |from: usize| {
                let at = |index: usize| counters.get(from + index).copied().unwrap_or_default();
                Traffic { bytes: at(0), packets: at(1), errors: at(2), dropped: at(3) }
            };
            (name.to_owned(), NetworkUsage { received: way(0), sent: way(8) })
        })
        .collect()
}

#[cfg(test)]
mod tests;
