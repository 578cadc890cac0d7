//! `GET /containers/{id}/stats` and `/top`. Names are the ones on the wire, which are not Go's own here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::inspect::NEVER;

/// What a container used at one moment, and at the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerStatsResponse {
    /// The name, with its slash.
    pub name: String,
    /// The id.
    pub id: String,
    /// When it was read, in RFC 3339.
    pub read: String,
    /// When the one before was read; year 1 where there is none.
    pub preread: String,
    /// Processes and threads.
    pub pids_stats: PidsStats,
    /// Block devices.
    pub blkio_stats: BlkioStats,
    /// Processes; Windows only, zero here.
    pub num_procs: u32,
    /// Storage; Windows only, empty here.
    pub storage_stats: crate::Empty,
    /// Processor time.
    pub cpu_stats: CpuStats,
    /// Processor time of the one before.
    pub precpu_stats: CpuStats,
    /// Memory.
    pub memory_stats: MemoryStats,
    /// Networks by interface; absent where it has none of its own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub networks: BTreeMap<String, NetworkStats>,
}

/// Processes and threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PidsStats {
    /// How many there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub current: u64,
    /// How many there may be.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: u64,
}

/// Block devices. What Linux no longer counts is `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BlkioStats {
    /// Bytes.
    pub io_service_bytes_recursive: Option<Vec<BlkioEntry>>,
    /// Operations.
    pub io_serviced_recursive: Option<Vec<BlkioEntry>>,
    /// Not counted.
    pub io_queue_recursive: Option<Vec<BlkioEntry>>,
    /// Not counted.
    pub io_service_time_recursive: Option<Vec<BlkioEntry>>,
    /// Not counted.
    pub io_wait_time_recursive: Option<Vec<BlkioEntry>>,
    /// Not counted.
    pub io_merged_recursive: Option<Vec<BlkioEntry>>,
    /// Not counted.
    pub io_time_recursive: Option<Vec<BlkioEntry>>,
    /// Not counted.
    pub sectors_recursive: Option<Vec<BlkioEntry>>,
}

/// A counter of a block device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BlkioEntry {
    /// The device's major number.
    pub major: u32,
    /// The device's minor number.
    pub minor: u32,
    /// What was done.
    pub op: String,
    /// How much of it.
    pub value: u64,
}

/// Processor time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CpuStats {
    /// The container's.
    pub cpu_usage: CpuUsageStats,
    /// The host's, in nanoseconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub system_cpu_usage: u64,
    /// Processors of the host.
    #[serde(skip_serializing_if = "is_zero_u32")]
    pub online_cpus: u32,
    /// How the container was held back.
    pub throttling_data: ThrottlingData,
}

/// A container's processor time in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CpuUsageStats {
    /// All of it.
    pub total_usage: u64,
    /// On each processor; absent where that is not counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub percpu_usage: Vec<u64>,
    /// In the kernel.
    pub usage_in_kernelmode: u64,
    /// In programs.
    pub usage_in_usermode: u64,
}

/// How a container was held back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ThrottlingData {
    /// Periods in which it could have been.
    pub periods: u64,
    /// Periods in which it was.
    pub throttled_periods: u64,
    /// How long, in nanoseconds.
    pub throttled_time: u64,
}

/// Memory in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MemoryStats {
    /// In use.
    #[serde(skip_serializing_if = "is_zero")]
    pub usage: u64,
    /// The most that was in use; control groups of version 1 only.
    #[serde(skip_serializing_if = "is_zero")]
    pub max_usage: u64,
    /// The kernel's counters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stats: BTreeMap<String, u64>,
    /// How often the limit was met.
    #[serde(skip_serializing_if = "is_zero")]
    pub failcnt: u64,
    /// What may be used.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: u64,
}

/// What went through an interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct NetworkStats {
    /// Bytes that came in.
    pub rx_bytes: u64,
    /// Packets that came in.
    pub rx_packets: u64,
    /// Packets that came in damaged.
    pub rx_errors: u64,
    /// Packets that came in and were thrown away.
    pub rx_dropped: u64,
    /// Bytes that went out.
    pub tx_bytes: u64,
    /// Packets that went out.
    pub tx_packets: u64,
    /// Packets that could not go out.
    pub tx_errors: u64,
    /// Packets that were to go out and were thrown away.
    pub tx_dropped: u64,
}

/// `POST /containers/{id}/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerUpdateResponse {
    /// What a client should know.
    pub warnings: Vec<String>,
}

/// `GET /containers/{id}/top`: the processes of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerTopResponse {
    /// A row for each process.
    pub processes: Vec<Vec<String>>,
    /// The heads of the columns.
    pub titles: Vec<String>,
}

const fn is_zero(value: &u64) -> bool {
    *value == 0
}

const fn is_zero_u32(value: &u32) -> bool {
    *value == 0
}

// === impl ContainerStatsResponse ===

impl ContainerStatsResponse {
    /// Makes the one of a container that uses nothing, for it does not run.
    pub fn nothing(name: String, id: String) -> Self {
        Self {
            name,
            id,
            read: NEVER.to_owned(),
            preread: NEVER.to_owned(),
            pids_stats: PidsStats::default(),
            blkio_stats: BlkioStats::default(),
            num_procs: 0,
            storage_stats: crate::Empty {},
            cpu_stats: CpuStats::default(),
            precpu_stats: CpuStats::default(),
            memory_stats: MemoryStats::default(),
            networks: BTreeMap::new(),
        }
    }
}
