//! Fields that are not built yet: a client that sets one is told so, by its name.
//!
//! Together with the conversions beside this file, every field of `ContainerConfig` and `HostConfig` is
//! either honoured or here. Fields that nothing on Linux ever reads (`ArgsEscaped`,
//! `ContainerIDFile`, which is the client's own) are neither.

use api_types::{ContainerCreateRequest, HostConfig};

use crate::Unfit;

/// A field by its name with what it is, and a test whether a client asks for more than the default.
type Field<T> = (&'static str, fn(&T) -> bool);

const HOST: &[Field<HostConfig>] = &[("HostConfig.Cgroup", |host| !host.cgroup.is_empty())];

/// What only Windows has. Docker for Linux passes over it without a word, which clients rely on; here there are some words.
const OF_WINDOWS: &[Field<HostConfig>] = &[
    ("HostConfig.CpuCount", |host| host.cpu_count != 0),
    ("HostConfig.CpuPercent", |host| host.cpu_percent != 0),
    ("HostConfig.IOMaximumIOps", |host| host.io_maximum_iops != 0),
    ("HostConfig.IOMaximumBandwidth", |host| host.io_maximum_bandwidth != 0),
];

/// Fields that are honoured when a container is created, and that `docker update` does not change.
const ONLY_AT_CREATION: &[Field<HostConfig>] = &[
    ("HostConfig.CgroupParent", |host| !host.cgroup_parent.is_empty()),
    ("HostConfig.KernelMemoryTCP", |host| host.kernel_memory_tcp > 0),
    ("HostConfig.KernelMemory", |host| host.kernel_memory > 0),
    ("HostConfig.Devices", |host| !host.devices.is_empty()),
    ("HostConfig.DeviceCgroupRules", |host| !host.device_cgroup_rules.is_empty()),
    ("HostConfig.DeviceRequests", |host| !host.device_requests.is_empty()),
    ("HostConfig.BlkioWeightDevice", |host| !host.blkio_weight_device.is_empty()),
    ("HostConfig.BlkioDeviceReadBps", |host| !host.blkio_device_read_bps.is_empty()),
    ("HostConfig.BlkioDeviceWriteBps", |host| !host.blkio_device_write_bps.is_empty()),
    ("HostConfig.BlkioDeviceReadIOps", |host| !host.blkio_device_read_iops.is_empty()),
    ("HostConfig.BlkioDeviceWriteIOps", |host| !host.blkio_device_write_iops.is_empty()),
    ("HostConfig.CpuRealtimePeriod", |host| host.cpu_realtime_period != 0),
    ("HostConfig.CpuRealtimeRuntime", |host| host.cpu_realtime_runtime != 0),
    ("HostConfig.MemorySwappiness", |host| {
        // The docker CLI sends -1 where its user said nothing.
        host.memory_swappiness.is_some_and(|swappiness| swappiness != -1)
    }),
    ("HostConfig.OomKillDisable", |host| host.oom_kill_disable == Some(true)),
];

/// Refuses a request that sets what is not built yet, and names all of it.
pub(super) fn refuse_unsupported(request: &ContainerCreateRequest) -> Result<(), Unfit> {
    let host = request.host();
    let named = set_fields(HOST, host);
    if named.is_empty() {
        return Ok(());
    }
    Err(Unfit::unbuilt(format!(
        "not built yet: {}; create the container without",
        named.join(", ")
    )))
}

/// Tells what of a request is passed over because only Windows has it.
pub fn discarded(request: &ContainerCreateRequest) -> Vec<String> {
    let told = |name: String| format!("{name} is of Windows alone. {name} discarded.");
    set_fields(OF_WINDOWS, request.host()).into_iter().map(told).collect()
}

/// Refuses settings of a container's host side that are not built yet, and names all of them.
pub(super) fn refuse_unsupported_host(host: &HostConfig) -> Result<(), Unfit> {
    let mut named = set_fields(HOST, host);
    named.extend(set_fields(OF_WINDOWS, host));
    named.extend(set_fields(ONLY_AT_CREATION, host));
    if named.is_empty() {
        return Ok(());
    }
    Err(Unfit::unbuilt(format!("not built yet: {}", named.join(", "))))
}

fn set_fields<T>(fields: &[Field<T>], value: &T) -> Vec<String> {
    let set = fields.iter().filter(|(_, is_set)| is_set(value));
    set.map(|(name, _)| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests;
