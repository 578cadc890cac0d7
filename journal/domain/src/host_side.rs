//! What a container shares with the host or with another container, and what it is given of the host.
//!
//! Most containers have none of it. Fields and words are those of Docker's `HostConfig` (Engine API 1.47).

use serde::{Deserialize, Serialize};

/// Namespaces that are not simply the container's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespaces {
    /// Whose processes it sees (`HostConfig.PidMode`); its own when absent.
    pub pid: Option<Sharing>,
    /// Whose shared memory, semaphores and message queues it has (`HostConfig.IpcMode`); its own when absent.
    pub ipc: Option<IpcMode>,
    /// Whether it has the host's names (`HostConfig.UTSMode`).
    pub host_uts: bool,
    /// Whether it sees the host's control groups (`HostConfig.CgroupnsMode`).
    pub host_cgroup: bool,
}

/// Whose namespace it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sharing {
    /// The host's.
    Host,
    /// That of another container: its full id, or where there was no such container, what the client wrote.
    Container(String),
}

/// Whose shared memory, semaphores and message queues a container has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpcMode {
    /// Its own, and no `/dev/shm`.
    None,
    /// Its own, which other containers may share.
    Shareable,
    /// Another's.
    Sharing(Sharing),
}

/// What a container may use of the host's devices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Devices {
    /// Devices that are inside (`HostConfig.Devices`).
    pub devices: Vec<Device>,
    /// Rules of control groups version 1, such as `c 42:* rmw` (`HostConfig.DeviceCgroupRules`).
    pub rules: Vec<String>,
}

/// One device, or all devices below a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The path on the host.
    pub on_host: String,
    /// The path inside.
    pub inside: String,
    /// Any of `r`, `w`, `m`.
    pub access: String,
}

/// Limits beyond [`Limits`](crate::Limits), whose shape is frozen; what is absent or empty is not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoreLimits {
    /// How readily memory is swapped out, 0 to 100.
    pub memory_swappiness: Option<u8>,
    /// Whether the container waits instead of being killed when it is out of memory.
    pub oom_kill_disable: bool,
    /// Real-time period in microseconds.
    pub cpu_realtime_period_micros: u64,
    /// Real-time runtime in each period in microseconds.
    pub cpu_realtime_runtime_micros: u64,
    /// Relative weights of devices, 10 to 1000.
    pub blkio_weights: Vec<DeviceRate>,
    /// Bytes read in a second.
    pub blkio_read_bytes: Vec<DeviceRate>,
    /// Bytes written in a second.
    pub blkio_write_bytes: Vec<DeviceRate>,
    /// Reads in a second.
    pub blkio_read_operations: Vec<DeviceRate>,
    /// Writes in a second.
    pub blkio_write_operations: Vec<DeviceRate>,
}

/// A number for one block device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRate {
    /// The device's path on the host.
    pub path: String,
    /// The number.
    pub rate: u64,
}

// === impl Namespaces ===

impl Namespaces {
    /// Gives the containers whose namespaces it shares, as they are written.
    pub fn peers(&self) -> impl Iterator<Item = &str> {
        let ipc = match &self.ipc {
            Some(IpcMode::Sharing(sharing)) => Some(sharing),
            Some(IpcMode::None | IpcMode::Shareable) | None => None,
        };
        self.pid.iter().chain(ipc).filter_map(Sharing::container)
    }

    /// Puts a container's full id in the place of its name, where `find` knows it.
    ///
    /// So the two stay together when the other is renamed, as in Docker.
    #[must_use]
    pub fn resolved(&self, find: impl Fn(&str) -> Option<String>) -> Self {
        let resolve = |sharing: &Sharing| match sharing {
            Sharing::Host => Sharing::Host,
            Sharing::Container(text) => {
                Sharing::Container(find(text).unwrap_or_else(|| text.clone()))
            }
        };
        Self {
            pid: self.pid.as_ref().map(resolve),
            ipc: self.ipc.as_ref().map(|ipc| match ipc {
                IpcMode::None => IpcMode::None,
                IpcMode::Shareable => IpcMode::Shareable,
                IpcMode::Sharing(sharing) => IpcMode::Sharing(resolve(sharing)),
            }),
            ..*self
        }
    }

    /// Whether another container may share its shared memory.
    pub const fn lends_ipc(&self) -> bool {
        matches!(self.ipc, Some(IpcMode::Shareable | IpcMode::Sharing(_)))
    }
}

// === impl Sharing ===

impl Sharing {
    /// Gives the container, where it is one.
    pub fn container(&self) -> Option<&str> {
        match self {
            Self::Host => None,
            Self::Container(text) => Some(text),
        }
    }
}

#[cfg(test)]
mod tests;
