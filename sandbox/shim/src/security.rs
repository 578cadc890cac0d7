//! What a container is kept from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::SeccompProfile;

/// Paths hidden from an unprivileged container, as Docker's default has them.
const MASKED_PATHS: &[&str] = &[
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];

/// Paths an unprivileged container can only read, as Docker's default has them.
const READ_ONLY_PATHS: &[&str] =
    &["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// What a container is kept from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// Whether every device, a writable `/sys` and all rights are given (`--privileged`).
    ///
    /// The other fields still say what they say: the server empties them for a privileged container.
    #[serde(default)]
    pub privileged: bool,
    /// Whether the root file system refuses writes.
    #[serde(default)]
    pub read_only_rootfs: bool,
    /// The system call filter.
    pub seccomp: Seccomp,
    /// Paths that read as empty.
    #[serde(default)]
    pub masked_paths: Vec<String>,
    /// Paths that refuse writes.
    #[serde(default)]
    pub read_only_paths: Vec<String>,
}

impl Security {
    /// Returns what Docker keeps an unprivileged container from.
    pub fn docker_default() -> Self {
        Self {
            privileged: false,
            read_only_rootfs: false,
            seccomp: Seccomp::Default,
            masked_paths: MASKED_PATHS.iter().map(|path| (*path).to_owned()).collect(),
            read_only_paths: READ_ONLY_PATHS.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    /// Returns what Docker keeps a privileged container from: nothing.
    pub fn privileged() -> Self {
        Self {
            privileged: true,
            read_only_rootfs: false,
            seccomp: Seccomp::Unconfined,
            masked_paths: Vec::new(),
            read_only_paths: Vec::new(),
        }
    }
}

/// The system call filter of a container and of every exec in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seccomp {
    /// Docker's default profile, built in and fitted to the process's capabilities.
    Default,
    /// No filter.
    Unconfined,
    /// A profile of one's own.
    Profile(Box<SeccompProfile>),
    /// A compiled filter.
    Program {
        /// A file of classic BPF instructions as `struct sock_filter` lays them out.
        path: PathBuf,
    },
}
