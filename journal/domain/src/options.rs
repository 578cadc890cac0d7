//! What a container is given beyond its [`ContainerSpec`](crate::ContainerSpec), whose shape is frozen.
//!
//! Most containers have none of it. A new kind of option is a new variant at the end of [`ContainerOption`]: the
//! numbers of those before it are in logs.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
};

use serde::{Deserialize, Serialize};

use crate::{
    Devices, ForImages, HealthCheck, MoreLimits, MountPoint, Mounting, Namespaces, Networking,
    PodPlace, PoolName, RestartPolicy, SealedEnvironment, TransferId,
};

/// One option, as commands and events carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContainerOption {
    /// Where output goes, where that is not simply kept.
    Logging(Logging),
    /// Ports of the host that lead into the container.
    Publishing(Publishing),
    /// The user namespace of the host, by its name. Where nobody is remapped all containers are in it.
    HostUserNamespace,
    /// The values of variables, which stand without them in the specification.
    SealedEnvironment(SealedEnvironment),
    /// When it runs again by itself.
    Restart(RestartPolicy),
    /// How its health is found out, or that it is not.
    Health(HealthCheck),
    /// Mounts that were asked for.
    Mounting(Mounting),
    /// What is mounted, as it was decided.
    MountPoints(Vec<MountPoint>),
    /// Namespaces that are not simply its own.
    Namespaces(Namespaces),
    /// What it may use of the host's devices.
    Devices(Devices),
    /// Further limits.
    MoreLimits(MoreLimits),
    /// The build that it does a step of; it ends with that.
    Build(TransferId),
    /// Networks beyond the predefined, and what is asked of its places in them.
    Networking(Networking),
    /// What it only keeps for images.
    ForImages(ForImages),
    /// No network, whatever its mode says, which is this.
    NoNetwork(String),
    /// The control group of the host that its own is made in, as the client wrote it.
    CgroupParent(String),
    /// Its place in a pod.
    Pod(PodPlace),
    /// What runs its programs, whatever they are.
    Runtime(Runtime),
    /// The pool that its runs are of.
    Pool(PoolName),
    /// A profile of system calls of one's own, the JSON that its client sent.
    SeccompProfile(String),
}

/// One option of an exec, beyond its [`ExecSpec`](crate::ExecSpec); a new kind is a new variant at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecOption {
    /// The values of variables, which stand without them in the specification.
    SealedEnvironment(SealedEnvironment),
}

/// All options of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerOptions {
    /// Where output goes; all of it is kept when absent.
    pub logging: Option<Logging>,
    /// Ports of the host that lead into the container.
    pub publishing: Option<Publishing>,
    /// Whether the client named the user namespace of the host.
    pub host_user_namespace: bool,
    /// The values of variables that stand without them in the specification.
    pub sealed_environment: Option<SealedEnvironment>,
    /// When it runs again by itself; never when absent.
    pub restart: Option<RestartPolicy>,
    /// How its health is found out; it has none when absent.
    pub health: Option<HealthCheck>,
    /// Mounts that were asked for.
    pub mounting: Option<Mounting>,
    /// What is mounted, in the order in which it is.
    pub mount_points: Vec<MountPoint>,
    /// Namespaces that are not simply its own.
    pub namespaces: Option<Namespaces>,
    /// What it may use of the host's devices.
    pub devices: Option<Devices>,
    /// Further limits.
    pub more_limits: Option<MoreLimits>,
    /// The build that it does a step of.
    pub build: Option<TransferId>,
    /// Networks beyond the predefined.
    pub networking: Option<Networking>,
    /// What it only keeps for images.
    pub for_images: Option<ForImages>,
    /// The mode that was asked for where it has no network in spite of it.
    pub no_network: Option<String>,
    /// The control group of the host that its own is made in; the backend's where absent.
    pub cgroup_parent: Option<String>,
    /// Its place in a pod.
    pub pod: Option<PodPlace>,
    /// What runs its programs; what they are decides when absent.
    pub runtime: Option<Runtime>,
    /// The pool that its runs are of.
    pub pool: Option<PoolName>,
    /// A profile of system calls of one's own, in Docker's format.
    pub seccomp_profile: Option<String>,
}

/// What runs a container's programs (`HostConfig.Runtime`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Runtime {
    /// The kernel.
    Native,
    /// An engine of WebAssembly.
    Wasm,
}

/// Where a container's output goes (`HostConfig.LogConfig`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// The driver.
    pub driver: LoggingDriver,
    /// Its options as the client sent them.
    pub options: BTreeMap<String, String>,
    /// How much is kept; all of it when absent.
    pub retention: Option<Retention>,
}

/// A driver of logs. All of them write the same segments; they differ in what is kept and whether it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoggingDriver {
    /// Docker's default.
    JsonFile,
    /// Docker's own format with limits from the start.
    Local,
    /// Nothing is kept for `docker logs`.
    None,
    /// What is kept is sent to a syslog server too.
    Syslog,
}

/// How much output is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Files kept, the one that is written among them.
    pub files: NonZeroU32,
}

/// Ports of the host that lead into a container (`HostConfig.PortBindings`, `PublishAllPorts`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publishing {
    /// Whether every exposed port without a binding gets any free port of the host.
    pub all: bool,
    /// Ports and what is asked for them, each port once.
    pub ports: Vec<PublishedPort>,
}

/// A port and the places on the host that shall lead to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedPort {
    /// The port inside.
    pub port: ContainerPort,
    /// The places; there may be none.
    pub places: Vec<HostPlace>,
}

/// A place on the host, as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPlace {
    /// The address; every address of the host when absent.
    pub address: Option<IpAddr>,
    /// The first port that will do; zero for any.
    pub first_port: u16,
    /// The last port that will do.
    pub last_port: u16,
    /// The address as the client wrote it.
    pub address_text: String,
    /// The port or ports as the client wrote them.
    pub port_text: String,
}

/// A port inside a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContainerPort {
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

/// A protocol with ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A port of the host that leads into a container now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BoundPort {
    /// The port inside.
    pub port: ContainerPort,
    /// The host's address and port.
    pub host: SocketAddr,
}

// === impl ContainerOptions ===

impl ContainerOptions {
    /// Puts options together; of two of a kind the later one counts.
    pub fn of(options: &[ContainerOption]) -> Self {
        let mut all = Self::default();
        for option in options {
            match option {
                ContainerOption::Logging(logging) => all.logging = Some(logging.clone()),
                ContainerOption::Publishing(publishing) => {
                    all.publishing = Some(publishing.clone());
                }
                ContainerOption::HostUserNamespace => all.host_user_namespace = true,
                ContainerOption::SealedEnvironment(sealed) => {
                    all.sealed_environment = Some(sealed.clone());
                }
                ContainerOption::Restart(policy) => all.restart = Some(*policy),
                ContainerOption::Health(check) => all.health = Some(check.clone()),
                ContainerOption::Mounting(mounting) => all.mounting = Some(mounting.clone()),
                ContainerOption::MountPoints(points) => all.mount_points.clone_from(points),
                ContainerOption::Namespaces(own) => all.namespaces = Some(own.clone()),
                ContainerOption::Devices(devices) => all.devices = Some(devices.clone()),
                ContainerOption::MoreLimits(limits) => all.more_limits = Some(limits.clone()),
                ContainerOption::Build(build) => all.build = Some(*build),
                ContainerOption::Networking(networking) => {
                    all.networking = Some(networking.clone());
                }
                ContainerOption::ForImages(kept) => all.for_images = Some(kept.clone()),
                ContainerOption::NoNetwork(mode) => all.no_network = Some(mode.clone()),
                ContainerOption::CgroupParent(path) => all.cgroup_parent = Some(path.clone()),
                ContainerOption::Pod(place) => all.pod = Some(place.clone()),
                ContainerOption::Runtime(runtime) => all.runtime = Some(*runtime),
                ContainerOption::Pool(name) => all.pool = Some(name.clone()),
                ContainerOption::SeccompProfile(json) => all.seccomp_profile = Some(json.clone()),
            }
        }
        all
    }
}

// === impl Runtime ===

impl Runtime {
    /// The name of what decides by what a program is.
    pub const AUTO: &'static str = "auto";

    /// Gives the name by which clients ask for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Wasm => "wasm",
        }
    }
}

// === impl LoggingDriver ===

impl LoggingDriver {
    /// Gives Docker's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JsonFile => "json-file",
            Self::Local => "local",
            Self::None => "none",
            Self::Syslog => "syslog",
        }
    }
}

// === impl HostPlace ===

impl HostPlace {
    /// A place on every address of the host with any port.
    pub const fn any() -> Self {
        Self {
            address: None,
            first_port: 0,
            last_port: 0,
            address_text: String::new(),
            port_text: String::new(),
        }
    }

    /// Gives the port where only one will do.
    pub const fn fixed_port(&self) -> Option<u16> {
        if self.first_port > 0 && self.first_port == self.last_port {
            Some(self.first_port)
        } else {
            None
        }
    }
}

// === impl Publishing ===

impl Publishing {
    /// Gives every place that a start has to bind, with the port it leads to; `exposed` are the container's exposed
    /// ports, such as `80/tcp`.
    pub fn places<'p>(
        &'p self,
        exposed: &'p [String],
    ) -> impl Iterator<Item = (ContainerPort, HostPlace)> + 'p {
        let asked = self.ports.iter().flat_map(|published| {
            published.places.iter().map(|place| (published.port, place.clone()))
        });
        let is_placed = |port: &ContainerPort| {
            self.ports
                .iter()
                .any(|published| published.port == *port && !published.places.is_empty())
        };
        let mut rest: Vec<ContainerPort> = if self.all {
            let named = self.ports.iter().map(|published| published.port);
            let exposed = exposed.iter().filter_map(|text| ContainerPort::parse(text));
            named.chain(exposed).filter(|port| !is_placed(port)).collect()
        } else {
            Vec::new()
        };
        rest.sort_unstable();
        rest.dedup();
        asked.chain(rest.into_iter().map(|port| (port, HostPlace::any())))
    }
}

// === impl ContainerPort ===

impl ContainerPort {
    /// Reads `80/tcp`; `None` for protocols that are not published.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, protocol) = text.split_once('/')?;
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            _ => return None,
        };
        Some(Self { number: number.parse().ok()?, protocol })
    }
}

impl fmt::Display for ContainerPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.protocol.as_str())
    }
}

// === impl Protocol ===

impl Protocol {
    /// Gives Docker's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

#[cfg(test)]
mod tests;
