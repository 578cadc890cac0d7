//! What the processes of a run use, as each of them tells in `/proc`: for hosts where no control group counts it.

use std::{collections::BTreeSet, path::PathBuf};

use backends_core::{MemoryUsage, PidsUsage};

use super::read;

/// Counts threads, as the kernel's controller of processes does.
pub(super) fn pids(of: &BTreeSet<u32>) -> PidsUsage {
    let threads = of.iter().filter_map(|pid| field(&read(&file(*pid, "status"))?, "Threads:"));
    PidsUsage { current: threads.sum(), limit: None }
}

/// Sums up what is in memory of them: of what several share, each has its part (PSS). Files that the kernel keeps in memory for
/// nobody in particular are not in it.
pub(super) fn memory(of: &BTreeSet<u32>, host_bytes: u64) -> MemoryUsage {
    let kibibytes = of.iter().filter_map(|pid| resident(*pid));
    let bytes = kibibytes.sum::<u64>().saturating_mul(1024);
    MemoryUsage { bytes, limit_bytes: host_bytes, ..MemoryUsage::default() }
}

/// A kernel that tells no shares tells what is resident, shared or not.
fn resident(pid: u32) -> Option<u64> {
    let share = read(&file(pid, "smaps_rollup")).and_then(|text| field(&text, "Pss:"));
    share.or_else(|| field(&read(&file(pid, "status"))?, "VmRSS:"))
}

fn file(pid: u32, name: &str) -> PathBuf {
    format!("/proc/{pid}/{name}").into()
}

/// Gives the number behind a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests;
