//! `POST /containers/{id}/exec`, `POST /exec/{id}/start`, `GET /exec/{id}/json`.

use serde::{Deserialize, Serialize};

use crate::go_value::StrSlice;

/// What to run in a running container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ExecCreateRequest {
    /// `user[:group]`; empty means the container's.
    pub user: String,
    /// Whether it has every capability.
    pub privileged: bool,
    /// Whether a pseudo-terminal is given.
    pub tty: bool,
    /// Height and width of the terminal at the start.
    pub console_size: Option<[u32; 2]>,
    /// Whether stdin is attached.
    pub attach_stdin: bool,
    /// Whether stderr is attached.
    pub attach_stderr: bool,
    /// Whether stdout is attached.
    pub attach_stdout: bool,
    /// Kept for clients before API 1.42, which sent it here too.
    pub detach: bool,
    /// Keys that detach; empty means ctrl-p ctrl-q.
    pub detach_keys: String,
    /// Environment as `NAME=value`.
    pub env: Vec<String>,
    /// Working directory; empty means the container's.
    pub working_dir: String,
    /// Program and arguments.
    pub cmd: StrSlice,
}

/// How to start an exec instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ExecStartRequest {
    /// Whether to run without streams.
    pub detach: bool,
    /// Whether the stream is raw; must be as at the creation.
    pub tty: bool,
    /// Height and width of the terminal at the start.
    pub console_size: Option<[u32; 2]>,
}

/// Everything about one exec instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ExecInspectResponse {
    /// Id, 64 hexadecimal digits.
    #[serde(rename = "ID")]
    pub id: String,
    /// Whether it runs.
    pub running: bool,
    /// Exit code; `null` until it ended.
    pub exit_code: Option<i64>,
    /// What runs.
    pub process_config: ProcessConfig,
    /// Whether stdin is attached.
    pub open_stdin: bool,
    /// Whether stderr is attached.
    pub open_stderr: bool,
    /// Whether stdout is attached.
    pub open_stdout: bool,
    /// Whether it can be removed.
    pub can_remove: bool,
    /// The container's id.
    #[serde(rename = "ContainerID")]
    pub container_id: String,
    /// Keys that detach, as bytes in base64; empty for the default.
    pub detach_keys: String,
    /// Process id on the host; zero before it started.
    pub pid: i64,
}

/// The program of an exec instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProcessConfig {
    /// Whether it has a pseudo-terminal.
    pub tty: bool,
    /// Program.
    pub entrypoint: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Whether it has every capability; `null` when not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// User, when one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}
