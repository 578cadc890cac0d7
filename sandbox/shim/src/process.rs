//! A program in a container: the container's own or one that `exec` adds.

use serde::{Deserialize, Serialize};

use crate::Capabilities;

/// A program and the rights it runs with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The program and its arguments; never empty.
    pub argv: Vec<String>,
    /// The final environment, `NAME=value` each. Only `HOME` is added when missing, from the image's passwd.
    pub env: Vec<String>,
    /// The absolute working directory. A container's is created when missing, an exec's is not.
    pub cwd: String,
    /// `user`, `uid`, `user:group`, `uid:gid` or any mixture; empty is root.
    ///
    /// The shim resolves it against `/etc/passwd` and `/etc/group` inside the root file system.
    #[serde(default)]
    pub user: String,
    /// Further groups, by name or number.
    #[serde(default)]
    pub additional_groups: Vec<String>,
    /// The terminal's first size; `None` runs the program on pipes.
    #[serde(default)]
    pub terminal: Option<TerminalSize>,
    /// The bounding set. For uid 0 it is also the effective and permitted set; others start with none.
    pub capabilities: Capabilities,
    /// Whether execve may never grant more rights (`--security-opt no-new-privileges`).
    #[serde(default)]
    pub no_new_privileges: bool,
    /// Resource limits; what exceeds the shim's own hard limit is clamped to it with a warning.
    #[serde(default)]
    pub rlimits: Vec<Rlimit>,
}

/// A terminal window in characters; zero means unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSize {
    /// Lines.
    pub height: u16,
    /// Columns.
    pub width: u16,
}

/// One resource limit, in the kernel's units for its kind; `u64::MAX` is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rlimit {
    /// What is limited.
    pub kind: RlimitKind,
    /// The limit in force.
    pub soft: u64,
    /// How far the program may raise it.
    pub hard: u64,
}

/// What a resource limit limits, as `--ulimit` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RlimitKind {
    /// Size of a core file in bytes.
    Core,
    /// Processor time in seconds.
    Cpu,
    /// Data segment in bytes.
    Data,
    /// Size of a written file in bytes.
    Fsize,
    /// File locks.
    Locks,
    /// Locked memory in bytes.
    Memlock,
    /// Bytes in POSIX message queues.
    Msgqueue,
    /// Nice ceiling.
    Nice,
    /// Open descriptors.
    Nofile,
    /// Processes of the user.
    Nproc,
    /// Resident set in bytes.
    Rss,
    /// Real-time priority.
    Rtprio,
    /// Real-time processor time in microseconds.
    Rttime,
    /// Pending signals.
    Sigpending,
    /// Stack in bytes.
    Stack,
}

impl RlimitKind {
    /// Returns the kind `--ulimit` calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
    }
}
