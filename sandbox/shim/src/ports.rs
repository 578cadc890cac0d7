//! Ports of the host that lead into a container.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// The ports that a shim is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publishing {
    /// What a failure is said to be a failure of, before a colon.
    pub subject: String,
    /// The container's address.
    pub target: IpAddr,
    /// The ports.
    pub ports: Vec<PortRequest>,
}

/// A port of the container and where the host shall listen for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRequest {
    /// The protocol.
    pub protocol: PortProtocol,
    /// The port inside.
    pub container_port: u16,
    /// The host's address; all of them, of both families as far as the host has them, when absent.
    pub address: Option<IpAddr>,
    /// The first port that will do; zero for any.
    pub first_port: u16,
    /// The last port that will do.
    pub last_port: u16,
}

/// A port of the host that leads into a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundPort {
    /// The protocol.
    pub protocol: PortProtocol,
    /// Where the host listens.
    pub host: SocketAddr,
    /// What it leads to.
    pub target: SocketAddr,
}

/// A protocol with ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

// === impl PortProtocol ===

impl PortProtocol {
    /// Gives its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}
