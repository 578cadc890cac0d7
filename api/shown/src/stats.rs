//! What a run uses, as Docker shows it.

use std::collections::BTreeMap;

use api_types::{
    BlkioEntry, BlkioStats, ContainerStatsResponse, CpuStats, CpuUsageStats, MemoryStats, NEVER,
    NetworkStats, PidsStats, ThrottlingData,
};
use backends_core::{BlockIo, CpuUsage, MemoryUsage, NetworkUsage, Usage};
use journal_log::Timestamp;
use projector_containers::Container;

/// What was used, and when that was read.
pub type Reading = (Timestamp, Usage);

/// Shows what a container uses, beside the reading before that one.
pub fn stats(
    container: &Container,
    (at, usage): &Reading,
    before: Option<&Reading>,
) -> ContainerStatsResponse {
    let nothing =
        ContainerStatsResponse::nothing(format!("/{}", container.name), container.id.to_string());
    ContainerStatsResponse {
        read: at.to_string(),
        preread: before.map_or_else(|| NEVER.to_owned(), |(at, _)| at.to_string()),
        pids_stats: PidsStats {
            current: usage.pids.current,
            limit: usage.pids.limit.unwrap_or_default(),
        },
        blkio_stats: block_io(&usage.block_io),
        cpu_stats: cpu(&usage.cpu),
        precpu_stats: before.map(|(_, usage)| cpu(&usage.cpu)).unwrap_or_default(),
        memory_stats: memory(&usage.memory),
        networks: networks(&usage.networks),
        ..nothing
    }
}

fn block_io(entries: &[BlockIo]) -> BlkioStats {
    let shown = |value: fn(&BlockIo) -> u64| {
        let entries = entries.iter().map(|entry| BlkioEntry {
            major: entry.device.0,
            minor: entry.device.1,
            op: entry.operation.clone(),
            value: value(entry),
        });
        Some(entries.collect())
    };
    BlkioStats {
        io_service_bytes_recursive: shown(|entry| entry.bytes),
        io_serviced_recursive: shown(|entry| entry.operations),
        ..BlkioStats::default()
    }
}

fn cpu(usage: &CpuUsage) -> CpuStats {
    CpuStats {
        cpu_usage: CpuUsageStats {
            total_usage: usage.total_nanos,
            percpu_usage: usage.per_cpu_nanos.clone(),
            usage_in_kernelmode: usage.kernel_nanos,
            usage_in_usermode: usage.user_nanos,
        },
        system_cpu_usage: usage.host_nanos,
        online_cpus: usage.online_cpus,
        throttling_data: ThrottlingData {
            periods: usage.periods,
            throttled_periods: usage.throttled_periods,
            throttled_time: usage.throttled_nanos,
        },
    }
}

fn memory(usage: &MemoryUsage) -> MemoryStats {
    MemoryStats {
        usage: usage.bytes,
        max_usage: usage.max_bytes.unwrap_or_default(),
        stats: usage.counters.clone(),
        failcnt: usage.failures.unwrap_or_default(),
        limit: usage.limit_bytes,
    }
}

fn networks(usage: &BTreeMap<String, NetworkUsage>) -> BTreeMap<String, NetworkStats> {
    let shown = |(name, usage): (&String, &NetworkUsage)| {
        let NetworkUsage { received, sent } = usage;
        let stats = NetworkStats {
            rx_bytes: received.bytes,
            rx_packets: received.packets,
            rx_errors: received.errors,
            rx_dropped: received.dropped,
            tx_bytes: sent.bytes,
            tx_packets: sent.packets,
            tx_errors: sent.errors,
            tx_dropped: sent.dropped,
        };
        (name.clone(), stats)
    };
    usage.iter().map(shown).collect()
}
