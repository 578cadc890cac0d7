//! What a container or an exec shall be: the client's request with the image's defaults merged in.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Digest, ImageId, Signal};

/// What a container shall be.
///
/// In [`CreateContainer`](crate::CreateContainer) it is the client's request, in
/// [`ContainerCreated`](crate::ContainerCreated) the request with the image's configuration merged in.
/// Fields are Docker's `ContainerConfig` and `HostConfig` (Engine API 1.47); a field that is not here is
/// refused by the API when a client sets it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// The image as the client named it.
    pub image: String,
    /// The image that the name meant when the container was created.
    pub image_id: Option<ImageId>,
    /// The image's layers, lowest first. They outlive the image while the container is there.
    pub layers: Vec<Digest>,
    /// The arguments, or the image's when absent.
    pub cmd: Option<Vec<String>>,
    /// The program that the arguments are given to, or the image's when absent.
    pub entrypoint: Option<Vec<String>>,
    /// Variables as `NAME=value`; a name without `=` removes the image's variable.
    pub env: Vec<String>,
    /// The working directory inside; made if missing.
    pub working_dir: String,
    /// `user[:group]` by name or number; empty means root.
    pub user: String,
    /// The host name inside; when empty, the first 12 digits of the container's id.
    pub hostname: String,
    /// The NIS domain name inside.
    pub domainname: String,
    /// The client's and the image's labels.
    pub labels: BTreeMap<String, String>,
    /// Ports that the image or client names, such as `80/tcp`; not published.
    pub exposed_ports: Vec<String>,
    /// Sent by stop; `SIGTERM` when absent.
    pub stop_signal: Option<Signal>,
    /// How long stop waits before it kills; 10 when absent, forever when negative. In seconds.
    pub stop_timeout_seconds: Option<i64>,
    /// Whether the client attaches to standard input. It changes nothing but what inspect shows.
    pub attach_stdin: bool,
    /// Whether the client attaches to standard output.
    pub attach_stdout: bool,
    /// Whether the client attaches to standard error.
    pub attach_stderr: bool,
    /// Whether the program gets a terminal.
    pub tty: bool,
    /// Whether standard input is held open for clients; else it is at its end from the start.
    pub open_stdin: bool,
    /// Whether standard input ends when the first client that attached to it leaves.
    pub stdin_once: bool,
    /// The terminal's size before the first resize.
    pub console_size: Option<TerminalSize>,
    /// Whether the container is removed when it ends.
    pub auto_remove: bool,
    /// Which network it joins.
    pub network: NetworkMode,
    /// Lines `name:address` for `/etc/hosts`.
    pub extra_hosts: Vec<String>,
    /// Name servers for `/etc/resolv.conf`; the host's when empty.
    pub dns: Vec<String>,
    /// Search domains for `/etc/resolv.conf`.
    pub dns_search: Vec<String>,
    /// Resolver options for `/etc/resolv.conf`.
    pub dns_options: Vec<String>,
    /// Resource limits.
    pub limits: Limits,
    /// Privileges and confinement.
    pub security: Security,
    /// Whether the image's file system is read-only.
    pub read_only_rootfs: bool,
    /// Whether a small init is process 1 and reaps orphans.
    pub init: bool,
    /// File systems in memory: mount point to mount options.
    pub tmpfs: BTreeMap<String, String>,
    /// Size of `/dev/shm` in bytes; 64 MiB when absent.
    pub shm_size_bytes: Option<u64>,
    /// Kernel parameters of the container's namespaces.
    pub sysctls: BTreeMap<String, String>,
    /// Where output goes.
    pub log_driver: LogDriver,
    /// Free notes of the client.
    pub annotations: BTreeMap<String, String>,
}

/// The network that a container joins (`HostConfig.NetworkMode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkMode {
    /// The default bridge, as the client said nothing or `default`.
    #[default]
    Default,
    /// The default bridge by name.
    Bridge,
    /// The host's own network.
    Host,
    /// A loopback interface only.
    None,
    /// A network of the user's; which one is an option ([`Networking`](crate::Networking)).
    User,
    /// Another container's network; whose is an option.
    Container,
}

/// Resource limits; zero or absent means none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Memory and swap together in bytes; -1 for no limit of swap, 0 for twice the memory.
    pub memory_swap_bytes: i64,
    /// Soft limit of memory in bytes.
    pub memory_reservation_bytes: u64,
    /// Billionths of a CPU.
    pub nano_cpus: u64,
    /// Relative weight of CPU time; 1024 is usual.
    pub cpu_shares: u64,
    /// CPU scheduler period in microseconds.
    pub cpu_period_micros: u64,
    /// CPU time in each period in microseconds.
    pub cpu_quota_micros: i64,
    /// CPUs that may be used, such as `0-2,7`.
    pub cpuset_cpus: String,
    /// Memory nodes that may be used.
    pub cpuset_mems: String,
    /// How many processes and threads.
    pub pids: PidsLimit,
    /// Relative weight of block I/O, 10 to 1000.
    pub blkio_weight: u16,
    /// Limits of single processes.
    pub ulimits: Vec<Ulimit>,
    /// Added to the kernel's badness when memory runs out, -1000 to 1000.
    pub oom_score_adj: i32,
}

/// How many processes and threads a container may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PidsLimit {
    /// The client said nothing.
    #[default]
    Unset,
    /// The client asked for no limit (0 or -1).
    Unlimited,
    /// At most so many.
    Max(u64),
}

/// One limit of `setrlimit(2)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// The limit's name without `RLIMIT_`, in lower case, such as `nofile`.
    pub name: String,
    /// The soft limit; -1 for none.
    pub soft: i64,
    /// The hard limit; -1 for none.
    pub hard: i64,
}

/// Privileges and confinement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// Whether all confinement is lifted.
    pub privileged: bool,
    /// Capabilities beyond Docker's default set, such as `NET_ADMIN` or `ALL`.
    pub cap_add: Vec<String>,
    /// Capabilities taken from Docker's default set.
    pub cap_drop: Vec<String>,
    /// Whether set-user-id programs gain nothing (`no-new-privileges`).
    pub no_new_privileges: bool,
    /// Whether the system call filter is off (`seccomp=unconfined`).
    pub seccomp_unconfined: bool,
    /// Groups beyond the user's own, by name or number.
    pub group_add: Vec<String>,
    /// Paths hidden from the container; Docker's when absent.
    pub masked_paths: Option<Vec<String>>,
    /// Paths that cannot be written; Docker's when absent.
    pub readonly_paths: Option<Vec<String>>,
}

/// Where a container's output goes (`HostConfig.LogConfig`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogDriver {
    /// Kept by the server and shown by `docker logs`.
    #[default]
    Kept,
}

/// A terminal's size in character cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSize {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
}

/// What an exec shall be (`ExecConfig`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecSpec {
    /// Program and arguments; never empty.
    pub cmd: Vec<String>,
    /// Variables added to the container's.
    pub env: Vec<String>,
    /// The working directory; the container's when empty.
    pub working_dir: String,
    /// `user[:group]`; the container's when empty.
    pub user: String,
    /// Whether all confinement is lifted.
    pub privileged: bool,
    /// Whether the program gets a terminal.
    pub tty: bool,
    /// Whether the client sends standard input.
    pub attach_stdin: bool,
    /// Whether the client reads standard output.
    pub attach_stdout: bool,
    /// Whether the client reads standard error.
    pub attach_stderr: bool,
    /// Keys that leave the terminal; the client's own default when absent.
    pub detach_keys: Option<String>,
    /// The terminal's size at the start.
    pub console_size: Option<TerminalSize>,
}

/// A container's name: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`, without the slash that Docker shows before it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContainerName(String);

/// Bytes in a container's name. Docker has no limit; a name is a directory entry and a host name at most.
const NAME_BYTES_MAX: usize = 255;

// === impl NetworkMode ===

impl NetworkMode {
    /// Gives the name of the network; none where only an option says it. Since API 1.44 clients are shown no `default`.
    pub const fn network_name(self) -> Option<&'static str> {
        match self {
            Self::Default | Self::Bridge => Some("bridge"),
            Self::Host => Some("host"),
            Self::None => Some("none"),
            Self::User | Self::Container => None,
        }
    }

    /// Tells whether the container has interfaces of its own beside `lo`, or may get some.
    pub const fn has_interfaces(self) -> bool {
        match self {
            Self::Default | Self::Bridge | Self::User => true,
            Self::Host | Self::None | Self::Container => false,
        }
    }
}

// === impl ContainerSpec ===

impl ContainerSpec {
    /// Gives the program and its arguments: the entry point followed by the command.
    pub fn argv(&self) -> Vec<String> {
        self.entrypoint.iter().flatten().chain(self.cmd.iter().flatten()).cloned().collect()
    }

    /// Gives the signal that asks the container to stop.
    pub fn stop_signal_or_term(&self) -> Signal {
        self.stop_signal.unwrap_or(Signal::TERM)
    }
}

// === impl ContainerName ===

impl ContainerName {
    /// Gives the name without the slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContainerName {
    type Err = String;

    /// Reads a name with or without the leading slash; the error is Docker's text.
    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix('/').unwrap_or(text);
        let head = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let tail = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if !head || !tail || name.len() < 2 || name.len() > NAME_BYTES_MAX {
            return Err(format!(
                "Invalid container name ({text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for ContainerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ContainerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a container only keeps, for the images that are made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForImages {
    /// Instructions for images that are built on such an image.
    pub on_build: Vec<String>,
    /// The shell of instructions in shell form; that of the image when empty.
    pub shell: Vec<String>,
}

#[cfg(test)]
mod tests;
