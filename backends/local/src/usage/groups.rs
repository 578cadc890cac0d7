//! The control groups of one container, as they are read.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use backends_core::PidsUsage;
use journal_domain::ContainerId;
use rustix::param::clock_ticks_per_second;
use sandbox_shim::Cgroups;

use super::{BlockIo, CpuUsage, MemoryUsage, SECOND, read};
use crate::run::Surroundings;

/// Nanoseconds of a microsecond.
const MICRO: u64 = 1_000;

/// Where the counters of a container are.
#[derive(Debug)]
pub(super) enum Groups {
    /// A directory for each hierarchy, with its controllers.
    V1(Vec<(Vec<String>, PathBuf)>),
    /// One directory.
    V2(PathBuf),
    /// Nothing is counted.
    Absent,
}

// === impl Groups ===

impl Groups {
    pub(super) fn of(around: &Surroundings, container: ContainerId) -> io::Result<Self> {
        let name = container.to_string();
        Ok(match around.host.cgroups_of(&around.layout, container)? {
            Cgroups::V1 { hierarchies } => {
                let group = |hierarchy: &sandbox_shim::V1Hierarchy| {
                    (hierarchy.controllers.clone(), hierarchy.parent.join(&name))
                };
                Self::V1(hierarchies.iter().map(group).collect())
            }
            Cgroups::V2 { parent } => Self::V2(parent.join(name)),
            Cgroups::Absent => Self::Absent,
        })
    }

    /// Gives a directory that lists the processes.
    pub(super) fn any(&self) -> Option<&Path> {
        match self {
            Self::V1(groups) => groups.first().map(|(_, path)| path.as_path()),
            Self::V2(path) => Some(path),
            Self::Absent => None,
        }
    }

    /// Reads a file of a controller of version 1.
    fn v1(groups: &[(Vec<String>, PathBuf)], controller: &str, file: &str) -> Option<String> {
        let has = |(controllers, _): &&(Vec<String>, PathBuf)| {
            controllers.iter().any(|name| name == controller)
        };
        read(&groups.iter().find(has)?.1.join(file))
    }

    pub(super) fn cpu(&self) -> CpuUsage {
        match self {
            Self::V1(groups) => {
                let file =
                    |controller, file| Self::v1(groups, controller, file).unwrap_or_default();
                let ticks = counters(&file("cpuacct", "cpuacct.stat"));
                let held = counters(&file("cpu", "cpu.stat"));
                let tick_nanos = SECOND / clock_ticks_per_second().max(1);
                CpuUsage {
                    total_nanos: number(&file("cpuacct", "cpuacct.usage")),
                    kernel_nanos: of(&ticks, "system").saturating_mul(tick_nanos),
                    user_nanos: of(&ticks, "user").saturating_mul(tick_nanos),
                    per_cpu_nanos: file("cpuacct", "cpuacct.usage_percpu")
                        .split_whitespace()
                        .filter_map(|field| field.parse().ok())
                        .collect(),
                    periods: of(&held, "nr_periods"),
                    throttled_periods: of(&held, "nr_throttled"),
                    throttled_nanos: of(&held, "throttled_time"),
                    ..CpuUsage::default()
                }
            }
            Self::V2(path) => {
                let told = counters(&read(&path.join("cpu.stat")).unwrap_or_default());
                let nanos = |name| of(&told, name).saturating_mul(MICRO);
                CpuUsage {
                    total_nanos: nanos("usage_usec"),
                    kernel_nanos: nanos("system_usec"),
                    user_nanos: nanos("user_usec"),
                    periods: of(&told, "nr_periods"),
                    throttled_periods: of(&told, "nr_throttled"),
                    throttled_nanos: nanos("throttled_usec"),
                    ..CpuUsage::default()
                }
            }
            Self::Absent => CpuUsage::default(),
        }
    }

    pub(super) fn memory(&self, host_bytes: u64) -> MemoryUsage {
        match self {
            Self::V1(groups) => {
                let file = |file| Self::v1(groups, "memory", file);
                MemoryUsage {
                    bytes: number(&file("memory.usage_in_bytes").unwrap_or_default()),
                    max_bytes: file("memory.max_usage_in_bytes").map(|text| number(&text)),
                    limit_bytes: limit(file("memory.limit_in_bytes"), host_bytes),
                    failures: file("memory.failcnt").map(|text| number(&text)),
                    counters: counters(&file("memory.stat").unwrap_or_default()),
                }
            }
            Self::V2(path) => {
                let file = |file| read(&path.join(file));
                let events = counters(&file("memory.events").unwrap_or_default());
                MemoryUsage {
                    bytes: number(&file("memory.current").unwrap_or_default()),
                    max_bytes: None,
                    limit_bytes: limit(file("memory.max"), host_bytes),
                    failures: events.get("max").copied(),
                    counters: counters(&file("memory.stat").unwrap_or_default()),
                }
            }
            Self::Absent => MemoryUsage { limit_bytes: host_bytes, ..MemoryUsage::default() },
        }
    }

    pub(super) fn pids(&self) -> PidsUsage {
        let file = |file: &str| match self {
            Self::V1(groups) => Self::v1(groups, "pids", file),
            Self::V2(path) => read(&path.join(file)),
            Self::Absent => None,
        };
        let limit = file("pids.max").and_then(|text| text.trim().parse().ok());
        PidsUsage { current: number(&file("pids.current").unwrap_or_default()), limit }
    }

    pub(super) fn block_io(&self) -> Vec<BlockIo> {
        match self {
            Self::V1(groups) => {
                let file = |file| Self::v1(groups, "blkio", file).unwrap_or_default();
                let counted = v1_io(&file("blkio.throttle.io_serviced_recursive"));
                let bytes = v1_io(&file("blkio.throttle.io_service_bytes_recursive"));
                let entry = |((device, operation), bytes): ((_, String), u64)| BlockIo {
                    operations: counted
                        .get(&(device, operation.clone()))
                        .copied()
                        .unwrap_or_default(),
                    device,
                    operation,
                    bytes,
                };
                bytes.into_iter().map(entry).collect()
            }
            Self::V2(path) => v2_io(&read(&path.join("io.stat")).unwrap_or_default()),
            Self::Absent => Vec::new(),
        }
    }
}

fn number(text: &str) -> u64 {
    text.trim().parse().unwrap_or_default()
}

/// A limit that is not set is a word in version 2 and a number beyond any memory in version 1.
fn limit(text: Option<String>, host_bytes: u64) -> u64 {
    let set = text.and_then(|text| text.trim().parse::<u64>().ok());
    set.map_or(host_bytes, |bytes| bytes.min(host_bytes))
}

/// Reads lines of a name and a number.
fn counters(text: &str) -> BTreeMap<String, u64> {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.filter_map(|(name, value)| Some((name.to_owned(), value.trim().parse().ok()?))).collect()
}

fn of(counters: &BTreeMap<String, u64>, name: &str) -> u64 {
    counters.get(name).copied().unwrap_or_default()
}

fn device(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Reads lines such as `254:0 Read 4096`; the sum over all devices at the end has no device.
fn v1_io(text: &str) -> BTreeMap<((u32, u32), String), u64> {
    let line = |line: &str| {
        let mut fields = line.split_whitespace();
        let device = device(fields.next()?)?;
        let operation = fields.next()?.to_owned();
        Some(((device, operation), fields.next()?.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// Reads lines such as `254:0 rbytes=4096 wbytes=0 rios=1 wios=0 …`.
fn v2_io(text: &str) -> Vec<BlockIo> {
    let mut found = Vec::new();
    for line in text.lines() {
        let Some((name, counters)) = line.split_once(' ') else { continue };
        let Some(device) = device(name) else { continue };
        let pairs = counters.split_whitespace().filter_map(|pair| pair.split_once('='));
        let pairs: BTreeMap<&str, u64> =
            pairs.filter_map(|(name, value)| Some((name, value.parse().ok()?))).collect();
        let counter = |name: &str| pairs.get(name).copied().unwrap_or_default();
        for (operation, bytes, operations) in
            [("read", "rbytes", "rios"), ("write", "wbytes", "wios")]
        {
            let (bytes, operations) = (counter(bytes), counter(operations));
            found.push(BlockIo { device, operation: operation.to_owned(), bytes, operations });
        }
    }
    found
}

#[cfg(test)]
mod tests;
