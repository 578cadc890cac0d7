//! Limits of a container as a whole.

use backends_core::Workload;
use journal_domain::{Device, DeviceRate as Rate, Devices, Limits, PidsLimit};
use sandbox_shim::{DeviceRate, DeviceRule, Resources};

/// Gives the limits in the shim's words, where an absent one is not set; Docker's zero is absent.
pub(crate) fn resources(limits: &Limits) -> Resources {
    Resources {
        memory_bytes: some(limits.memory_bytes),
        memory_swap_bytes: some(limits.memory_swap_bytes),
        memory_reservation_bytes: some(limits.memory_reservation_bytes),
        nano_cpus: some(limits.nano_cpus),
        cpu_quota_micros: some(limits.cpu_quota_micros),
        cpu_period_micros: some(limits.cpu_period_micros),
        cpu_shares: some(limits.cpu_shares),
        cpuset_cpus: some(limits.cpuset_cpus.clone()),
        cpuset_mems: some(limits.cpuset_mems.clone()),
        pids_limit: match limits.pids {
            PidsLimit::Unset => None,
            PidsLimit::Unlimited => Some(-1),
            PidsLimit::Max(count) => Some(i64::try_from(count).unwrap_or(-1)),
        },
        blkio_weight: some(limits.blkio_weight),
        ..Resources::default()
    }
}

/// Gives the limits and devices of a run.
pub(super) fn all(workload: &Workload) -> Resources {
    let mut all = resources(&workload.spec.limits);
    let Some(options) = &workload.options else { return all };
    if let Some(more) = &options.more_limits {
        all.memory_swappiness = more.memory_swappiness;
        all.oom_kill_disable = more.oom_kill_disable;
        all.cpu_realtime_period_micros = some(more.cpu_realtime_period_micros);
        all.cpu_realtime_runtime_micros = some(more.cpu_realtime_runtime_micros);
        all.blkio_weights = rates(&more.blkio_weights);
        all.blkio_read_bytes = rates(&more.blkio_read_bytes);
        all.blkio_write_bytes = rates(&more.blkio_write_bytes);
        all.blkio_read_operations = rates(&more.blkio_read_operations);
        all.blkio_write_operations = rates(&more.blkio_write_operations);
    }
    if let Some(Devices { devices, rules }) = &options.devices {
        let rule = |device: &Device| DeviceRule {
            source: device.on_host.clone().into(),
            target: device.inside.clone(),
            access: device.access.clone(),
        };
        all.devices = devices.iter().map(rule).collect();
        all.device_rules.clone_from(rules);
    }
    all
}

fn rates(rates: &[Rate]) -> Vec<DeviceRate> {
    let rate = |rate: &Rate| DeviceRate { source: rate.path.clone().into(), rate: rate.rate };
    rates.iter().map(rate).collect()
}

fn some<T: Default + PartialEq>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}
