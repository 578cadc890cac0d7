//! What a run uses, and the processes it is made of.

use std::collections::BTreeMap;

/// What a run has used up to now. What a host does not count is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time.
    pub cpu: CpuUsage,
    /// Memory.
    pub memory: MemoryUsage,
    /// Processes and threads.
    pub pids: PidsUsage,
    /// Input and output of block devices, by device and kind.
    pub block_io: Vec<BlockIo>,
    /// Packets and bytes, by interface inside the container; empty where it has the host's network.
    pub networks: BTreeMap<String, NetworkUsage>,
}

/// Processor time, in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CpuUsage {
    /// All of it.
    pub total_nanos: u64,
    /// In the kernel.
    pub kernel_nanos: u64,
    /// In programs.
    pub user_nanos: u64,
    /// On each processor, where the host counts that.
    pub per_cpu_nanos: Vec<u64>,
    /// That of the whole host, idle time included.
    pub host_nanos: u64,
    /// Processors of the host.
    pub online_cpus: u32,
    /// Periods in which the run could have been held back.
    pub periods: u64,
    /// Periods in which it was.
    pub throttled_periods: u64,
    /// How long it was, in all.
    pub throttled_nanos: u64,
}

/// Memory, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryUsage {
    /// In use, the page cache included.
    pub bytes: u64,
    /// The most that was in use, where the host counts that.
    pub max_bytes: Option<u64>,
    /// What may be used: the run's limit, or the host's memory where that is less.
    pub limit_bytes: u64,
    /// How often the limit was met.
    pub failures: Option<u64>,
    /// The kernel's own counters, by their names.
    pub counters: BTreeMap<String, u64>,
}

/// Processes and threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PidsUsage {
    /// How many there are.
    pub current: u64,
    /// How many there may be; any number when absent.
    pub limit: Option<u64>,
}

/// Input or output of one block device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockIo {
    /// The device.
    pub device: (u32, u32),
    /// What was done, as the kernel names it, such as `Read`.
    pub operation: String,
    /// Bytes.
    pub bytes: u64,
    /// Operations.
    pub operations: u64,
}

/// What went through an interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NetworkUsage {
    /// What came in.
    pub received: Traffic,
    /// What went out.
    pub sent: Traffic,
}

/// One way of an interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// Packets that were damaged.
    pub errors: u64,
    /// Packets that were thrown away.
    pub dropped: u64,
}

/// The processes of a run, as `ps` shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessTable {
    /// The heads of the columns.
    pub titles: Vec<String>,
    /// A row for each process, as many fields as there are titles.
    pub processes: Vec<Vec<String>>,
}
