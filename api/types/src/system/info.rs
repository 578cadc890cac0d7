//! `GET /info`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::go_value::is_zero;

/// What the server has and does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct SystemInfo {
    /// Id of this server, stable over restarts.
    #[serde(rename = "ID")]
    pub id: String,
    /// Containers in any phase.
    pub containers: i64,
    /// Containers that run.
    pub containers_running: i64,
    /// Containers that are paused.
    pub containers_paused: i64,
    /// Containers that do not run.
    pub containers_stopped: i64,
    /// Images.
    pub images: i64,
    /// Storage driver.
    pub driver: String,
    /// Its own status lines.
    pub driver_status: Vec<[String; 2]>,
    /// Plugins.
    pub plugins: PluginsInfo,
    /// Whether memory can be limited.
    pub memory_limit: bool,
    /// Whether swap can be limited.
    pub swap_limit: bool,
    /// Whether CPU periods can be set.
    pub cpu_cfs_period: bool,
    /// Whether CPU quotas can be set.
    pub cpu_cfs_quota: bool,
    /// Whether CPU weights can be set.
    #[serde(rename = "CPUShares")]
    pub cpu_shares: bool,
    /// Whether CPUs can be chosen.
    #[serde(rename = "CPUSet")]
    pub cpu_set: bool,
    /// Whether processes can be limited.
    pub pids_limit: bool,
    /// Whether the host forwards IPv4.
    #[serde(rename = "IPv4Forwarding")]
    pub ipv4_forwarding: bool,
    /// Whether bridges pass iptables.
    pub bridge_nf_iptables: bool,
    /// Whether bridges pass ip6tables.
    pub bridge_nf_ip6tables: bool,
    /// Whether the server logs at debug level.
    pub debug: bool,
    /// Open files.
    #[serde(rename = "NFd")]
    pub n_fd: i64,
    /// Whether the OOM killer can be turned off.
    pub oom_kill_disable: bool,
    /// Tasks.
    #[serde(rename = "NGoroutines")]
    pub n_goroutines: i64,
    /// Now, RFC 3339.
    pub system_time: String,
    /// Default log driver.
    pub logging_driver: String,
    /// `cgroupfs` or `systemd`.
    pub cgroup_driver: String,
    /// `1` or `2`.
    #[serde(skip_serializing_if = "is_zero")]
    pub cgroup_version: String,
    /// Clients that follow events.
    #[serde(rename = "NEventsListener")]
    pub n_events_listener: i64,
    /// Version of the kernel.
    pub kernel_version: String,
    /// Name of the distribution.
    pub operating_system: String,
    /// Version of the distribution.
    #[serde(rename = "OSVersion")]
    pub os_version: String,
    /// `linux`.
    #[serde(rename = "OSType")]
    pub os_type: String,
    /// Architecture as `uname -m` tells it.
    pub architecture: String,
    /// Default registry.
    pub index_server_address: String,
    /// Registries.
    pub registry_config: RegistryConfig,
    /// Processors.
    #[serde(rename = "NCPU")]
    pub n_cpu: i64,
    /// Bytes of memory.
    pub mem_total: i64,
    /// Always `null` outside a swarm.
    pub generic_resources: Option<Vec<serde_json::Value>>,
    /// Data directory.
    pub docker_root_dir: String,
    /// Proxy for HTTP.
    pub http_proxy: String,
    /// Proxy for HTTPS.
    pub https_proxy: String,
    /// Hosts reached without a proxy.
    pub no_proxy: String,
    /// Host name.
    pub name: String,
    /// Labels of the server.
    pub labels: Vec<String>,
    /// Whether experimental features are on.
    pub experimental_build: bool,
    /// Version of the engine.
    pub server_version: String,
    /// Runtimes by name.
    pub runtimes: BTreeMap<String, Runtime>,
    /// Runtime of a container that names none.
    pub default_runtime: String,
    /// Swarm; always inactive.
    pub swarm: SwarmInfo,
    /// Whether containers go on while the server is down.
    pub live_restore_enabled: bool,
    /// Windows isolation.
    pub isolation: String,
    /// Program of `--init`.
    pub init_binary: String,
    /// Version of containerd.
    pub containerd_commit: Commit,
    /// Version of runc.
    pub runc_commit: Commit,
    /// Version of the init program.
    pub init_commit: Commit,
    /// Security features in Docker's words, for example `name=seccomp,profile=builtin`.
    pub security_options: Vec<String>,
    /// Directories of CDI specifications.
    #[serde(rename = "CDISpecDirs")]
    pub cdi_spec_dirs: Vec<String>,
    /// What the operator should know.
    pub warnings: Option<Vec<String>>,
}

/// Plugins by their kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct PluginsInfo {
    /// Volume drivers.
    pub volume: Vec<String>,
    /// Network drivers.
    pub network: Vec<String>,
    /// Authorization plugins; `null` when there are none.
    pub authorization: Option<Vec<String>>,
    /// Log drivers.
    pub log: Vec<String>,
}

/// A container runtime.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Runtime {
    /// Path or name of the program.
    pub path: String,
}

/// Membership in a swarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct SwarmInfo {
    /// This node's id.
    #[serde(rename = "NodeID")]
    pub node_id: String,
    /// This node's address.
    pub node_addr: String,
    /// `inactive` outside a swarm.
    pub local_node_state: String,
    /// Whether this node is a manager.
    pub control_available: bool,
    /// Error of the last change.
    pub error: String,
    /// Managers; `null` outside a swarm.
    pub remote_managers: Option<Vec<serde_json::Value>>,
}

/// A tool's version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Commit {
    /// Commit or version.
    #[serde(rename = "ID")]
    pub id: String,
    /// The one wanted.
    #[serde(rename = "Expected")]
    pub expected: String,
}

/// Registries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RegistryConfig {
    /// Networks that are reached without TLS.
    #[serde(rename = "InsecureRegistryCIDRs")]
    pub insecure_registry_cidrs: Vec<String>,
    /// Registries by name.
    pub index_configs: BTreeMap<String, RegistryIndex>,
    /// Mirrors of the default registry.
    pub mirrors: Option<Vec<String>>,
}

/// A registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RegistryIndex {
    /// Its name.
    pub name: String,
    /// Its mirrors.
    pub mirrors: Vec<String>,
    /// Whether it is reached over TLS.
    pub secure: bool,
    /// Whether it is Docker's own.
    pub official: bool,
}

impl Default for SwarmInfo {
    fn default() -> Self {
        Self {
            node_id: String::new(),
            node_addr: String::new(),
            local_node_state: "inactive".to_owned(),
            control_available: false,
            error: String::new(),
            remote_managers: None,
        }
    }
}
