//! The portable half of a container's configuration: what an image can set too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::go_value::{Empty, StrSlice, is_zero, null_when_empty};

/// Portable configuration of a container or image (`Config` of moby's `api/types/container`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerConfig {
    /// Host name inside the container; empty means the short id.
    pub hostname: String,
    /// NIS domain name.
    pub domainname: String,
    /// `user[:group]`, by name or number; empty means the image's user.
    pub user: String,
    /// Whether the creating client meant to attach stdin.
    pub attach_stdin: bool,
    /// Whether the creating client meant to attach stdout.
    pub attach_stdout: bool,
    /// Whether the creating client meant to attach stderr.
    pub attach_stderr: bool,
    /// Ports the program listens on, as `80/tcp`.
    #[serde(skip_serializing_if = "is_zero")]
    pub exposed_ports: BTreeMap<String, Empty>,
    /// Whether a pseudo-terminal is given; output is then not framed.
    pub tty: bool,
    /// Whether stdin is kept open.
    pub open_stdin: bool,
    /// Whether stdin closes when the first attached client goes.
    pub stdin_once: bool,
    /// Environment as `NAME=value`; a bare `NAME` removes it.
    pub env: Vec<String>,
    /// Arguments of the entry point, or the whole command; none means the image's.
    pub cmd: Option<StrSlice>,
    /// Health probe; none means the image's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthConfig>,
    /// Windows only; kept for round trips.
    #[serde(skip_serializing_if = "is_zero")]
    pub args_escaped: bool,
    /// Image reference as the client wrote it.
    pub image: String,
    /// Paths that become anonymous volumes.
    #[serde(serialize_with = "null_when_empty")]
    pub volumes: BTreeMap<String, Empty>,
    /// Working directory; empty means the image's.
    pub working_dir: String,
    /// Entry point; none means the image's, an empty list means no entry point.
    pub entrypoint: Option<StrSlice>,
    /// Whether networking is off.
    #[serde(skip_serializing_if = "is_zero")]
    pub network_disabled: bool,
    /// MAC address (API before 1.44).
    #[serde(skip_serializing_if = "is_zero")]
    pub mac_address: String,
    /// Dockerfile triggers of an image.
    #[serde(serialize_with = "null_when_empty")]
    pub on_build: Vec<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Signal of `docker stop`; empty means SIGTERM.
    #[serde(skip_serializing_if = "is_zero")]
    pub stop_signal: String,
    /// Seconds between that signal and SIGKILL; none means 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_timeout: Option<i64>,
    /// Shell of the image's shell-form commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shell: Option<StrSlice>,
}

/// A health probe; durations are nanoseconds and zero means inherit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct HealthConfig {
    /// `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", line]`.
    #[serde(skip_serializing_if = "is_zero")]
    pub test: Vec<String>,
    /// Nanoseconds between probes.
    #[serde(skip_serializing_if = "is_zero")]
    pub interval: i64,
    /// Nanoseconds until a probe counts as failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub timeout: i64,
    /// Nanoseconds after the start in which failures do not count.
    #[serde(skip_serializing_if = "is_zero")]
    pub start_period: i64,
    /// Nanoseconds between probes within the start period (API 1.44).
    #[serde(skip_serializing_if = "is_zero")]
    pub start_interval: i64,
    /// Failures in a row that make the container unhealthy.
    #[serde(skip_serializing_if = "is_zero")]
    pub retries: i64,
}
