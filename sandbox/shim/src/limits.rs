//! Control groups: where they are made and what is written into them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The control group hierarchies that take the container, as the host offers them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cgroups {
    /// Version 1: a hierarchy for each controller or group of controllers.
    V1 {
        /// The hierarchies.
        hierarchies: Vec<V1Hierarchy>,
    },
    /// Version 2: one tree.
    V2 {
        /// The directory that takes the container's directory; its `subtree_control` has the controllers on.
        parent: PathBuf,
    },
    /// None: any limit is refused.
    Absent,
}

/// One version 1 hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct V1Hierarchy {
    /// Its controllers, as the kernel names them.
    pub controllers: Vec<String>,
    /// The directory that takes the container's directory.
    pub parent: PathBuf,
}

/// Limits of a container; an absent one is not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Memory and swap together in bytes; -1 is unlimited; absent is twice the memory.
    pub memory_swap_bytes: Option<i64>,
    /// Memory kept when the host is short of it, in bytes.
    pub memory_reservation_bytes: Option<u64>,
    /// Processor time in billionths of a processor; excludes quota and period.
    pub nano_cpus: Option<u64>,
    /// Processor time in each period, in microseconds.
    pub cpu_quota_micros: Option<i64>,
    /// The period in microseconds; absent is 100,000.
    pub cpu_period_micros: Option<u64>,
    /// Relative weight, 2 to 262144 (version 1's scale).
    pub cpu_shares: Option<u64>,
    /// Processors that may be used, as `0-2,4`.
    pub cpuset_cpus: Option<String>,
    /// Memory nodes that may be used, as `0-2,4`.
    pub cpuset_mems: Option<String>,
    /// Processes and threads; zero and -1 are unlimited.
    pub pids_limit: Option<i64>,
    /// Relative weight of block input and output, 10 to 1000.
    pub blkio_weight: Option<u16>,
    /// How readily memory is swapped out, 0 to 100; version 1 only.
    pub memory_swappiness: Option<u8>,
    /// Whether the container waits instead of being killed when it is out of memory; version 1 only.
    pub oom_kill_disable: bool,
    /// Real-time period in microseconds; version 1 only.
    pub cpu_realtime_period_micros: Option<u64>,
    /// Real-time runtime in each period in microseconds; version 1 only.
    pub cpu_realtime_runtime_micros: Option<u64>,
    /// Relative weights of block devices, 10 to 1000.
    pub blkio_weights: Vec<DeviceRate>,
    /// Bytes read in a second.
    pub blkio_read_bytes: Vec<DeviceRate>,
    /// Bytes written in a second.
    pub blkio_write_bytes: Vec<DeviceRate>,
    /// Reads in a second.
    pub blkio_read_operations: Vec<DeviceRate>,
    /// Writes in a second.
    pub blkio_write_operations: Vec<DeviceRate>,
    /// Devices allowed beyond the default set.
    pub devices: Vec<DeviceRule>,
    /// Further rules for devices, as version 1 writes them: `c 42:* rmw`.
    pub device_rules: Vec<String>,
}

/// A number for one block device of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRate {
    /// The device on the host.
    pub source: PathBuf,
    /// The number.
    pub rate: u64,
}

/// A device the container may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRule {
    /// The device on the host, or a folder of devices.
    pub source: PathBuf,
    /// The absolute path inside; made with the numbers of `source`.
    pub target: String,
    /// Any of `r`, `w`, `m`.
    pub access: String,
}
