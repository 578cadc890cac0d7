//! The network of a container.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Peer;

/// Which network namespace the container has and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// A namespace of its own with nothing but `lo`.
    None,
    /// The host's.
    Host,
    /// Another container's.
    Join {
        /// The container.
        peer: Peer,
    },
    /// A namespace of its own with a veth pair to a bridge for each endpoint.
    Bridge {
        /// The endpoints.
        endpoints: Vec<Endpoint>,
    },
}

/// One end on a bridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The existing bridge on the host.
    pub bridge: String,
    /// The name of the host's end, at most 15 bytes and unused.
    pub host_interface: String,
    /// The name of the container's end, `eth0` and so on.
    pub container_interface: String,
    /// The hardware address of the container's end.
    pub mac: MacAddress,
    /// The largest packet in bytes; absent leaves the kernel's 1500.
    #[serde(default)]
    pub mtu_bytes: Option<u32>,
    /// Whether nothing passes between this end and others of the bridge that are so too.
    #[serde(default)]
    pub isolated: bool,
    /// The addresses of the container's end.
    pub addresses: Vec<InterfaceAddress>,
    /// The default route for IPv4.
    #[serde(default)]
    pub gateway: Option<Ipv4Addr>,
    /// The default route for IPv6.
    #[serde(default)]
    pub gateway_v6: Option<Ipv6Addr>,
}

/// Where a container asks for names in its networks. A server answers: the shim only holds the sockets, so that what is asked
/// while no server is there waits for the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolver {
    /// The address and the port that the sockets have.
    pub address: SocketAddr,
    /// Messages to netfilter that have what is sent to the usual port of that address come to this one. Where the kernel takes
    /// none, the sockets have the usual port themselves.
    pub rules: Vec<u8>,
    /// How many of them the kernel acknowledges.
    pub acknowledged: u32,
}

/// An address and how much of it names the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceAddress {
    /// The address.
    pub address: IpAddr,
    /// The length of the network's prefix in bits.
    pub prefix_len: u8,
}

/// A hardware address, written `02:42:ac:11:00:02`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MacAddress([u8; 6]);

/// The text is not a hardware address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid hardware address {text:?}")]
pub struct MacAddressError {
    /// The text.
    pub text: String,
}

// === impl MacAddress ===

impl MacAddress {
    /// Makes an address of its bytes.
    pub const fn new(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    pub const fn as_bytes(&self) -> &[u8; 6] {
        &self.0
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for MacAddress {
    type Err = MacAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || MacAddressError { text: text.to_owned() };
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2).ok_or_else(invalid)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| invalid())?;
        }
        if parts.next().is_some() { Err(invalid()) } else { Ok(Self(bytes)) }
    }
}

impl TryFrom<String> for MacAddress {
    type Error = MacAddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MacAddress> for String {
    fn from(address: MacAddress) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests;
