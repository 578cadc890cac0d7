//! What limits become in a control group's files.

use std::path::Path;

use rustix::fs::{major, minor};
use sandbox_shim::{DeviceRate, Resources};

use crate::error::StartError;

/// The period Docker shares processor time out in.
const CPU_PERIOD_MICROS: u64 = 100_000;

/// Version 1's weights for processor time reach from 2 to 262144, version 2's from 1 to 10000.
const CPU_SHARES_MIN: u64 = 2;
const CPU_SHARES_MAX: u64 = 262_144;

/// Version 1's weights for block devices start at 10, version 2's at 1; both end at a thousand times the unit below.
const BLKIO_WEIGHT_MIN: u64 = 10;
const BLKIO_WEIGHT_MAX: u64 = 1000;

/// The largest weight of version 2.
const WEIGHT_MAX: u64 = 10_000;

/// One value for one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// The controller, as the kernel names it.
    pub(super) controller: &'static str,
    /// The file.
    pub(super) file: &'static str,
    /// What is written.
    pub(super) value: String,
    /// Whether it was asked for: then a file that is not there is an error.
    pub(super) asked: bool,
}

impl Setting {
    /// Returns the refusal when the host cannot do it.
    pub(super) fn refused(&self) -> StartError {
        let Self { controller, file, .. } = self;
        let reason =
            format!("the host's control groups have no {controller} controller with {file}");
        StartError::Refused { reason }
    }
}

fn setting(controller: &'static str, file: &'static str, value: impl ToString) -> Setting {
    Setting { controller, file, value: value.to_string(), asked: true }
}

/// Returns the files of version 1, in the order they must be written.
pub(super) fn v1(resources: &Resources) -> Result<Vec<Setting>, StartError> {
    let mut settings = Vec::new();
    if let Some(bytes) = resources.memory_bytes {
        settings.push(setting("memory", "memory.limit_in_bytes", bytes));
        let asked = resources.memory_swap_bytes.is_some();
        let swap = resources.memory_swap_bytes.unwrap_or(twice(bytes));
        settings.push(Setting { asked, ..setting("memory", "memory.memsw.limit_in_bytes", swap) });
    }
    if let Some(bytes) = resources.memory_reservation_bytes {
        settings.push(setting("memory", "memory.soft_limit_in_bytes", bytes));
    }
    if let Some((quota, period)) = quota(resources) {
        settings.push(setting("cpu", "cpu.cfs_period_us", period));
        settings.push(setting("cpu", "cpu.cfs_quota_us", quota));
    }
    if let Some(shares) = resources.cpu_shares.filter(|shares| *shares > 0) {
        settings.push(setting("cpu", "cpu.shares", shares));
    }
    settings.extend(cpuset(resources));
    if let Some(limit) = resources.pids_limit.filter(|limit| *limit > 0) {
        settings.push(setting("pids", "pids.max", limit));
    }
    if let Some(weight) = resources.blkio_weight.filter(|weight| *weight > 0) {
        settings.push(setting("blkio", "blkio.bfq.weight", weight));
    }
    if let Some(swappiness) = resources.memory_swappiness {
        settings.push(setting("memory", "memory.swappiness", swappiness));
    }
    if resources.oom_kill_disable {
        settings.push(setting("memory", "memory.oom_control", 1));
    }
    if let Some(period) = resources.cpu_realtime_period_micros {
        settings.push(setting("cpu", "cpu.rt_period_us", period));
    }
    if let Some(runtime) = resources.cpu_realtime_runtime_micros {
        settings.push(setting("cpu", "cpu.rt_runtime_us", runtime));
    }
    for (file, rates) in [
        ("blkio.bfq.weight_device", &resources.blkio_weights),
        ("blkio.throttle.read_bps_device", &resources.blkio_read_bytes),
        ("blkio.throttle.write_bps_device", &resources.blkio_write_bytes),
        ("blkio.throttle.read_iops_device", &resources.blkio_read_operations),
        ("blkio.throttle.write_iops_device", &resources.blkio_write_operations),
    ] {
        // The kernel takes one device a write.
        for DeviceRate { source, rate } in rates {
            settings.push(setting("blkio", file, format!("{} {rate}", numbers(source)?)));
        }
    }
    Ok(settings)
}

/// Returns the files of version 2, in the order they must be written.
///
/// What only version 1 knows is asked for by its name there, and so refused.
pub(super) fn v2(resources: &Resources) -> Result<Vec<Setting>, StartError> {
    let mut settings = Vec::new();
    if let Some(bytes) = resources.memory_bytes {
        settings.push(setting("memory", "memory.max", bytes));
        let asked = resources.memory_swap_bytes.is_some();
        let swap = match resources.memory_swap_bytes.unwrap_or(twice(bytes)) {
            -1 => "max".to_owned(),
            both => both.saturating_sub_unsigned(bytes).max(0).to_string(),
        };
        settings.push(Setting { asked, ..setting("memory", "memory.swap.max", swap) });
    }
    if let Some(bytes) = resources.memory_reservation_bytes {
        settings.push(setting("memory", "memory.low", bytes));
    }
    if let Some((quota, period)) = quota(resources) {
        let quota = if quota < 0 { "max".to_owned() } else { quota.to_string() };
        settings.push(setting("cpu", "cpu.max", format!("{quota} {period}")));
    }
    if let Some(shares) = resources.cpu_shares.filter(|shares| *shares > 0) {
        let weight = rescale(shares, CPU_SHARES_MIN, CPU_SHARES_MAX);
        settings.push(setting("cpu", "cpu.weight", weight));
    }
    settings.extend(cpuset(resources));
    if let Some(limit) = resources.pids_limit.filter(|limit| *limit > 0) {
        settings.push(setting("pids", "pids.max", limit));
    }
    if let Some(weight) = resources.blkio_weight.filter(|weight| *weight > 0) {
        let weight = rescale(u64::from(weight), BLKIO_WEIGHT_MIN, BLKIO_WEIGHT_MAX);
        settings.push(setting("io", "io.weight", weight));
    }
    if let Some(swappiness) = resources.memory_swappiness {
        settings.push(setting("memory", "memory.swappiness", swappiness));
    }
    if resources.oom_kill_disable {
        settings.push(setting("memory", "memory.oom_control", 1));
    }
    if let Some(runtime) =
        resources.cpu_realtime_runtime_micros.or(resources.cpu_realtime_period_micros)
    {
        settings.push(setting("cpu", "cpu.rt_runtime_us", runtime));
    }
    for DeviceRate { source, rate } in &resources.blkio_weights {
        let weight = rescale(*rate, BLKIO_WEIGHT_MIN, BLKIO_WEIGHT_MAX);
        settings.push(setting("io", "io.weight", format!("{} {weight}", numbers(source)?)));
    }
    for (key, rates) in [
        ("rbps", &resources.blkio_read_bytes),
        ("wbps", &resources.blkio_write_bytes),
        ("riops", &resources.blkio_read_operations),
        ("wiops", &resources.blkio_write_operations),
    ] {
        for DeviceRate { source, rate } in rates {
            settings.push(setting("io", "io.max", format!("{} {key}={rate}", numbers(source)?)));
        }
    }
    Ok(settings)
}

/// Returns a device's numbers as control groups name it.
fn numbers(device: &Path) -> Result<String, StartError> {
    let number = super::devices::number(device)?;
    Ok(format!("{}:{}", major(number), minor(number)))
}

fn cpuset(resources: &Resources) -> impl Iterator<Item = Setting> {
    let cpus = resources.cpuset_cpus.iter().map(|cpus| setting("cpuset", "cpuset.cpus", cpus));
    let mems = resources.cpuset_mems.iter().map(|mems| setting("cpuset", "cpuset.mems", mems));
    cpus.chain(mems)
}

fn twice(bytes: u64) -> i64 {
    i64::try_from(bytes.saturating_mul(2)).unwrap_or(-1)
}

fn quota(resources: &Resources) -> Option<(i64, u64)> {
    let period = resources.cpu_period_micros.filter(|period| *period > 0);
    let period = period.unwrap_or(CPU_PERIOD_MICROS);
    if let Some(nano) = resources.nano_cpus.filter(|nano| *nano > 0) {
        let quota = u128::from(nano) * u128::from(period) / 1_000_000_000;
        return Some((i64::try_from(quota).unwrap_or(-1), period));
    }
    match resources.cpu_quota_micros.filter(|quota| *quota != 0) {
        Some(quota) => Some((quota, period)),
        None => resources.cpu_period_micros.map(|_| (-1, period)),
    }
}

/// Maps `value` from a scale of version 1 to 1 to 10000.
fn rescale(value: u64, min: u64, max: u64) -> u64 {
    1 + (value.clamp(min, max) - min) * (WEIGHT_MAX - 1) / (max - min)
}

#[cfg(test)]
mod tests;
