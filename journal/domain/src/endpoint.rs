//! A container's place on the default bridge.

use std::{fmt, net::Ipv4Addr};

use serde::{Deserialize, Serialize};

use crate::{EndpointId, NetworkId};

/// An address that a container holds while it is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointLease {
    /// The attachment's own identity.
    pub endpoint: EndpointId,
    /// The network.
    pub network: NetworkId,
    /// The container's address.
    pub address: Ipv4Addr,
    /// Bits of the network part.
    pub prefix_bits: u8,
    /// The bridge's own address.
    pub gateway: Ipv4Addr,
    /// The container's hardware address.
    pub mac: MacAddress,
}

/// The default bridge: chosen once, at the first start on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeConfig {
    /// The network's identity.
    pub network: NetworkId,
    /// The interface's name on the host, at most 15 bytes.
    pub interface: String,
    /// The network's address, such as 172.17.0.0.
    pub subnet: Ipv4Addr,
    /// Bits of the network part, 8 to 29.
    pub prefix_bits: u8,
}

/// An Ethernet address.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacAddress(pub [u8; 6]);

// === impl EndpointLease ===

impl EndpointLease {
    /// Gives what Docker says a failure to publish a port is a failure of; `name` is the container's.
    pub fn failure_subject(&self, name: &str) -> String {
        let endpoint = self.endpoint;
        format!("driver failed programming external connectivity on endpoint {name} ({endpoint})")
    }
}

// === impl BridgeConfig ===

impl BridgeConfig {
    /// Gives the bridge's own address: the first of the network.
    pub fn gateway(&self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.subnet) + 1)
    }

    /// Gives the first and the last address that a container may have.
    pub fn pool(&self) -> (Ipv4Addr, Ipv4Addr) {
        let base = u32::from(self.subnet);
        let size = 1_u32 << (32 - u32::from(self.prefix_bits));
        (Ipv4Addr::from(base + 2), Ipv4Addr::from(base + size - 2))
    }
}

// === impl MacAddress ===

impl MacAddress {
    /// Makes Docker's address for `address`: locally administered, the last four bytes the address.
    pub fn of(address: Ipv4Addr) -> Self {
        let [a, b, c, d] = address.octets();
        Self([0x02, 0x42, a, b, c, d])
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests;
