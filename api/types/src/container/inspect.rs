//! `GET /containers/{id}/json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ContainerConfig, HostConfig, MountPoint};
use crate::network::NetworkSettings;

/// Everything about one container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerInspectResponse {
    /// Id, 64 hexadecimal digits.
    pub id: String,
    /// When it was created, RFC 3339 with nanoseconds.
    pub created: String,
    /// Program that runs.
    pub path: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Phase, exit code and times.
    pub state: ContainerState,
    /// Id of the image, `sha256:…`.
    pub image: String,
    /// Host path of `/etc/resolv.conf`.
    pub resolv_conf_path: String,
    /// Host path of `/etc/hostname`.
    pub hostname_path: String,
    /// Host path of `/etc/hosts`.
    pub hosts_path: String,
    /// Host path of the log.
    pub log_path: String,
    /// Name with a leading slash.
    pub name: String,
    /// Restarts by its policy.
    pub restart_count: i64,
    /// Storage driver.
    pub driver: String,
    /// `linux`.
    pub platform: String,
    /// SELinux label of mounts.
    pub mount_label: String,
    /// SELinux label of processes.
    pub process_label: String,
    /// AppArmor profile.
    #[serde(rename = "AppArmorProfile")]
    pub app_armor_profile: String,
    /// Running exec instances; `null` when there are none.
    #[serde(rename = "ExecIDs")]
    pub exec_ids: Option<Vec<String>>,
    /// Host-dependent configuration.
    pub host_config: HostConfig,
    /// Storage driver's own data.
    pub graph_driver: GraphDriverData,
    /// Bytes written over the image, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_rw: Option<i64>,
    /// Bytes of the whole file system, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_root_fs: Option<i64>,
    /// Mounts in use.
    pub mounts: Vec<MountPoint>,
    /// Portable configuration.
    pub config: ContainerConfig,
    /// Addresses and ports.
    pub network_settings: NetworkSettings,
    /// The pool that it is of. Docker has none, and its clients pass over what they do not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<ContainerPool>,
}

/// The pool that a container is of, and its place there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerPool {
    /// The pool's name.
    pub name: String,
    /// Its place among those that wait, from 1 on; none where it does not wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// How many wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<usize>,
    /// Since when it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// Phase, exit code and times of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerState {
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
    pub status: String,
    /// Whether it runs; a paused container runs too.
    pub running: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether its policy is starting it again.
    pub restarting: bool,
    /// Whether the OOM killer ended it.
    #[serde(rename = "OOMKilled")]
    pub oom_killed: bool,
    /// Whether its removal failed half way.
    pub dead: bool,
    /// Process id on the host; zero when it does not run.
    pub pid: i64,
    /// Last exit code.
    pub exit_code: i64,
    /// Why the last start failed.
    pub error: String,
    /// Last start, RFC 3339; [`NEVER`] before it.
    pub started_at: String,
    /// Last exit, RFC 3339; [`NEVER`] before it.
    pub finished_at: String,
    /// Health, when there is a probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
}

/// Go's zero time, which stands for "not yet".
pub const NEVER: &str = "0001-01-01T00:00:00Z";

/// Health of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Health {
    /// `starting`, `healthy` or `unhealthy`.
    pub status: String,
    /// Failures in a row.
    pub failing_streak: i64,
    /// Last results, oldest first.
    pub log: Vec<HealthcheckResult>,
}

/// One run of a health probe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct HealthcheckResult {
    /// Start, RFC 3339.
    pub start: String,
    /// End, RFC 3339.
    pub end: String,
    /// 0 healthy, 1 unhealthy, else the probe itself failed.
    pub exit_code: i64,
    /// Its output, cut.
    pub output: String,
}

/// A storage driver's own data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct GraphDriverData {
    /// Values by name; `null` when there are none.
    pub data: Option<BTreeMap<String, String>>,
    /// Driver's name.
    pub name: String,
}

impl Default for ContainerState {
    fn default() -> Self {
        Self {
            status: "created".to_owned(),
            running: false,
            paused: false,
            restarting: false,
            oom_killed: false,
            dead: false,
            pid: 0,
            exit_code: 0,
            error: String::new(),
            started_at: NEVER.to_owned(),
            finished_at: NEVER.to_owned(),
            health: None,
        }
    }
}
