//! The other half of a container's configuration: what depends on the host it runs on.
//!
//! Every field of Docker API 1.47 is here, also those that no backend honours: a field that would be lost in parsing
//! could not be refused.

use std::collections::BTreeMap;

pub use bollard_stubs::models::{
    DeviceMapping, DeviceRequest, ResourcesBlkioWeightDevice, ResourcesUlimits, ThrottleDevice,
};
use serde::{Deserialize, Serialize};

use super::mount::Mount;
use crate::go_value::{StrSlice, is_zero, null_when_empty};
use crate::network::PortMap;

/// Host-dependent configuration of a container (`HostConfig` and `Resources` of moby's `api/types/container`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct HostConfig {
    /// Bind mounts and named volumes as `source:target[:options]`.
    #[serde(serialize_with = "null_when_empty")]
    pub binds: Vec<String>,
    /// File the CLI wrote the id to.
    #[serde(rename = "ContainerIDFile")]
    pub container_id_file: String,
    /// Log driver and its options.
    pub log_config: LogConfig,
    /// `default`, `bridge`, `none`, `host`, `container:<id>` or a network's name.
    pub network_mode: String,
    /// Published ports.
    pub port_bindings: PortMap,
    /// What happens after an exit.
    pub restart_policy: RestartPolicy,
    /// Whether the container is removed after its exit.
    pub auto_remove: bool,
    /// Volume driver for binds.
    pub volume_driver: String,
    /// Containers whose volumes are mounted too.
    #[serde(serialize_with = "null_when_empty")]
    pub volumes_from: Vec<String>,
    /// Mounts in the structured form.
    #[serde(skip_serializing_if = "is_zero")]
    pub mounts: Vec<Mount>,
    /// Height and width of the terminal at the start.
    pub console_size: [u32; 2],
    /// Metadata given to the runtime.
    #[serde(skip_serializing_if = "is_zero")]
    pub annotations: BTreeMap<String, String>,
    /// Capabilities added.
    #[serde(serialize_with = "null_when_empty")]
    pub cap_add: StrSlice,
    /// Capabilities dropped.
    #[serde(serialize_with = "null_when_empty")]
    pub cap_drop: StrSlice,
    /// `private`, `host` or empty.
    pub cgroupns_mode: String,
    /// DNS servers.
    pub dns: Vec<String>,
    /// Resolver options.
    pub dns_options: Vec<String>,
    /// Search domains.
    pub dns_search: Vec<String>,
    /// Additions to `/etc/hosts` as `name:address`.
    #[serde(serialize_with = "null_when_empty")]
    pub extra_hosts: Vec<String>,
    /// Additional groups.
    #[serde(serialize_with = "null_when_empty")]
    pub group_add: Vec<String>,
    /// IPC namespace.
    pub ipc_mode: String,
    /// Cgroup of another container.
    pub cgroup: String,
    /// Legacy links.
    #[serde(serialize_with = "null_when_empty")]
    pub links: Vec<String>,
    /// OOM score adjustment, -1000 to 1000.
    pub oom_score_adj: i64,
    /// PID namespace.
    pub pid_mode: String,
    /// Whether the container has every capability and device.
    pub privileged: bool,
    /// Whether every exposed port is published.
    pub publish_all_ports: bool,
    /// Whether the root file system is read-only.
    pub readonly_rootfs: bool,
    /// Security options, for example `no-new-privileges`.
    #[serde(serialize_with = "null_when_empty")]
    pub security_opt: Vec<String>,
    /// Storage driver options.
    #[serde(skip_serializing_if = "is_zero")]
    pub storage_opt: BTreeMap<String, String>,
    /// In-memory mounts: path to options.
    #[serde(skip_serializing_if = "is_zero")]
    pub tmpfs: BTreeMap<String, String>,
    /// UTS namespace.
    #[serde(rename = "UTSMode")]
    pub uts_mode: String,
    /// User namespace.
    pub userns_mode: String,
    /// Bytes of `/dev/shm`; zero means 64 MiB.
    pub shm_size: i64,
    /// Kernel parameters.
    #[serde(skip_serializing_if = "is_zero")]
    pub sysctls: BTreeMap<String, String>,
    /// Runtime's name.
    #[serde(skip_serializing_if = "is_zero")]
    pub runtime: String,
    /// Windows isolation.
    pub isolation: String,
    /// Relative CPU weight; zero means 1024.
    pub cpu_shares: i64,
    /// Memory limit in bytes; zero means none.
    pub memory: i64,
    /// CPU limit in billionths of a CPU.
    pub nano_cpus: i64,
    /// Parent cgroup.
    pub cgroup_parent: String,
    /// Block I/O weight.
    pub blkio_weight: u16,
    /// Block I/O weight of each device.
    pub blkio_weight_device: Vec<ResourcesBlkioWeightDevice>,
    /// Read limits in bytes per second.
    pub blkio_device_read_bps: Vec<ThrottleDevice>,
    /// Write limits in bytes per second.
    pub blkio_device_write_bps: Vec<ThrottleDevice>,
    /// Read limits in operations per second.
    #[serde(rename = "BlkioDeviceReadIOps")]
    pub blkio_device_read_iops: Vec<ThrottleDevice>,
    /// Write limits in operations per second.
    #[serde(rename = "BlkioDeviceWriteIOps")]
    pub blkio_device_write_iops: Vec<ThrottleDevice>,
    /// CPU quota period in microseconds.
    pub cpu_period: i64,
    /// CPU quota in microseconds.
    pub cpu_quota: i64,
    /// Real-time period in microseconds.
    pub cpu_realtime_period: i64,
    /// Real-time runtime in microseconds.
    pub cpu_realtime_runtime: i64,
    /// CPUs to run on, as `0-2,4`.
    pub cpuset_cpus: String,
    /// Memory nodes.
    pub cpuset_mems: String,
    /// Host devices.
    pub devices: Vec<DeviceMapping>,
    /// Device cgroup rules.
    #[serde(serialize_with = "null_when_empty")]
    pub device_cgroup_rules: Vec<String>,
    /// Devices asked of drivers, for example GPUs.
    #[serde(serialize_with = "null_when_empty")]
    pub device_requests: Vec<DeviceRequest>,
    /// Kernel memory limit in bytes (gone from the kernel).
    #[serde(skip_serializing_if = "is_zero")]
    pub kernel_memory: i64,
    /// Limit of TCP buffers in bytes.
    #[serde(rename = "KernelMemoryTCP", skip_serializing_if = "is_zero")]
    pub kernel_memory_tcp: i64,
    /// Soft memory limit in bytes.
    pub memory_reservation: i64,
    /// Memory and swap in bytes; -1 means unlimited swap.
    pub memory_swap: i64,
    /// Swappiness, 0 to 100.
    pub memory_swappiness: Option<i64>,
    /// Whether the OOM killer is off.
    pub oom_kill_disable: Option<bool>,
    /// Process limit; zero and -1 mean none.
    pub pids_limit: Option<i64>,
    /// Resource limits.
    pub ulimits: Vec<ResourcesUlimits>,
    /// Windows CPU count.
    pub cpu_count: i64,
    /// Windows CPU percentage.
    pub cpu_percent: i64,
    /// Windows I/O limit in operations per second.
    #[serde(rename = "IOMaximumIOps")]
    pub io_maximum_iops: u64,
    /// Windows I/O limit in bytes per second.
    #[serde(rename = "IOMaximumBandwidth")]
    pub io_maximum_bandwidth: u64,
    /// Paths hidden in the container; none means the default list, an empty list hides nothing.
    pub masked_paths: Option<Vec<String>>,
    /// Paths read-only in the container; none means the default list.
    pub readonly_paths: Option<Vec<String>>,
    /// Whether an init process runs as process 1; none means the server's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,
}

/// A log driver and its options.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct LogConfig {
    /// Driver; empty means the server's default.
    #[serde(rename = "Type")]
    pub kind: String,
    /// Options of the driver.
    pub config: BTreeMap<String, String>,
}

/// What happens after an exit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RestartPolicy {
    /// `no`, `always`, `unless-stopped`, `on-failure` or empty.
    pub name: String,
    /// Restarts before giving up, for `on-failure`.
    pub maximum_retry_count: i64,
}
