//! Fields that are not built yet: a client that sets one is told so, by its name.
//!
//! Together with the conversions beside this file, every field of `ContainerConfig`, `HostConfig` and
//! `NetworkingConfig` is either honoured or here. Fields that nothing on Linux ever reads (`ArgsEscaped`,
//! `ContainerIDFile`, which is the client's own) are neither.

use api_types::{
    ContainerConfig, ContainerCreateRequest, EndpointSettings, HostConfig, NetworkingConfig,
};

use crate::error::ApiError;

/// A field by its name with what it is, and a test whether a client asks for more than the default.
type Field<T> = (&'static str, fn(&T) -> bool);

const CONFIG: &[Field<ContainerConfig>] = &[
    ("NetworkDisabled", |config| config.network_disabled),
    ("MacAddress", |config| !config.mac_address.is_empty()),
    ("OnBuild", |config| !config.on_build.is_empty()),
    ("Shell", |config| config.shell.as_ref().is_some_and(|shell| !shell.0.is_empty())),
];

const HOST: &[Field<HostConfig>] = &[
    ("HostConfig.NetworkMode (networks other than bridge, host and none)", |host| {
        !is_built_in_network(&host.network_mode)
    }),
    ("HostConfig.Links", |host| !host.links.is_empty()),
    ("HostConfig.Cgroup", |host| !host.cgroup.is_empty()),
    ("HostConfig.CgroupParent", |host| !host.cgroup_parent.is_empty()),
    ("HostConfig.StorageOpt", |host| !host.storage_opt.is_empty()),
    ("HostConfig.KernelMemory", |host| host.kernel_memory > 0),
    ("HostConfig.KernelMemoryTCP", |host| host.kernel_memory_tcp > 0),
    ("HostConfig.CpuCount", |host| host.cpu_count != 0),
    ("HostConfig.CpuPercent", |host| host.cpu_percent != 0),
    ("HostConfig.IOMaximumIOps", |host| host.io_maximum_iops != 0),
    ("HostConfig.IOMaximumBandwidth", |host| host.io_maximum_bandwidth != 0),
];

/// Fields that are honoured when a container is created, and that `docker update` does not change.
const ONLY_AT_CREATION: &[Field<HostConfig>] = &[
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

const ENDPOINT: &[Field<EndpointSettings>] = &[
    ("IPAMConfig (an address of one's own choice)", |endpoint| {
        endpoint.ipam_config.as_ref().is_some_and(|asked| *asked != Default::default())
    }),
    ("Links", |endpoint| !endpoint.links.is_empty()),
    ("Aliases", |endpoint| !endpoint.aliases.is_empty()),
    ("MacAddress", |endpoint| !endpoint.mac_address.is_empty()),
    ("DriverOpts", |endpoint| !endpoint.driver_opts.is_empty()),
];

/// Refuses a request that sets what is not built yet, and names all of it.
pub(super) fn refuse_unsupported(request: &ContainerCreateRequest) -> Result<(), ApiError> {
    let mut named: Vec<String> = set_fields(CONFIG, &request.config);
    let default = HostConfig::default();
    let host = request.host_config.as_ref().unwrap_or(&default);
    named.extend(set_fields(HOST, host));
    named.extend(networks(&request.networking_config, &host.network_mode));
    if named.is_empty() {
        return Ok(());
    }
    Err(ApiError::not_implemented(format!(
        "not built yet: {}; create the container without",
        named.join(", ")
    )))
}

/// Refuses settings of a container's host side that are not built yet, and names all of them.
pub(super) fn refuse_unsupported_host(host: &HostConfig) -> Result<(), ApiError> {
    let mut named = set_fields(HOST, host);
    named.extend(set_fields(ONLY_AT_CREATION, host));
    if named.is_empty() {
        return Ok(());
    }
    Err(ApiError::not_implemented(format!("not built yet: {}", named.join(", "))))
}

/// Tells whether a network is one of those that every server has.
pub(super) fn is_built_in_network(name: &str) -> bool {
    matches!(name, "" | "default" | "bridge" | "host" | "none")
}

fn set_fields<T>(fields: &[Field<T>], value: &T) -> Vec<String> {
    let set = fields.iter().filter(|(_, is_set)| is_set(value));
    set.map(|(name, _)| (*name).to_owned()).collect()
}

fn networks(config: &NetworkingConfig, mode: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (network, endpoint) in &config.endpoints_config {
        let place = format!("NetworkingConfig.EndpointsConfig[{network}]");
        if same_network(network, mode) {
            let set = endpoint.iter().flat_map(|endpoint| set_fields(ENDPOINT, endpoint));
            named.extend(set.map(|field| format!("{place}.{field}")));
        } else {
            named.push(format!("{place} (a network beside that of NetworkMode)"));
        }
    }
    named
}

/// Tells whether an endpoint is that of the network mode. The mode may be left out, and has two names for one network.
fn same_network(network: &str, mode: &str) -> bool {
    let plain = |name: &str| matches!(name, "" | "default" | "bridge");
    network == mode || (plain(network) && plain(mode))
}

#[cfg(test)]
mod tests;
