//! Networks: what they are, and the place of a container in one.

mod subnet;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use self::subnet::Subnet;
use crate::{BridgeConfig, ContainerId, EndpointId, EndpointLease, MacAddress, NetworkId};

/// What a network is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Its identity.
    pub id: NetworkId,
    /// Its name; no other network has it.
    pub name: String,
    /// How it is made.
    pub driver: NetworkDriver,
    /// Whether nothing leads out of it or into it.
    pub internal: bool,
    /// Whether single containers may join it, which on one host they always may.
    pub attachable: bool,
    /// Whether it has addresses of IPv6.
    pub ipv6: bool,
    /// The driver's options as the client sent them.
    pub options: BTreeMap<String, String>,
    /// The client's labels.
    pub labels: BTreeMap<String, String>,
    /// Options of the allocator of addresses, where the client named them.
    pub ipam_options: Option<BTreeMap<String, String>>,
    /// Its addresses, those of IPv4 first.
    pub pools: Vec<AddressPool>,
    /// The interface on the host that stands for it, at most 15 bytes; empty where there is none.
    pub interface: String,
}

/// How a network is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkDriver {
    /// A bridge of the host.
    Bridge,
    /// The host's own network.
    Host,
    /// Nothing.
    Null,
}

/// Addresses of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressPool {
    /// All of them.
    pub subnet: Subnet,
    /// Those that containers are given; all when absent.
    pub range: Option<Subnet>,
    /// The network's own address.
    pub gateway: IpAddr,
    /// Addresses that nobody is given, by the client's names for them.
    pub reserved: BTreeMap<String, IpAddr>,
    /// Whether a client chose the subnet.
    pub chosen: bool,
}

/// What a client asks of a new network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRequest {
    /// Its name.
    pub name: String,
    /// The driver's name; that of bridges when empty.
    pub driver: String,
    /// Whether nothing leads out of it or into it.
    pub internal: bool,
    /// Whether single containers may join it.
    pub attachable: bool,
    /// Whether it has addresses of IPv6.
    pub ipv6: bool,
    /// The driver's options.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Options of the allocator of addresses.
    pub ipam_options: Option<BTreeMap<String, String>>,
    /// Addresses; those of IPv4 are chosen for the client where there are none.
    pub pools: Vec<PoolRequest>,
}

/// Addresses that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolRequest {
    /// All of them.
    pub subnet: Subnet,
    /// Those that containers are given.
    pub range: Option<Subnet>,
    /// The network's own address; the first that is free when absent.
    pub gateway: Option<IpAddr>,
    /// Addresses that nobody is given.
    pub reserved: BTreeMap<String, IpAddr>,
}

/// What a client asks of a network about the configuration of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConfigurationRequest {
    /// That it is nothing else: it is made for others, and nobody is ever in it.
    Only,
    /// That it has the one of the network of this name.
    From(String),
}

/// What a network is to the configuration of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkConfiguration {
    /// One itself, with addresses as its client asked for them.
    Only {
        /// The addresses.
        pools: Vec<PoolRequest>,
    },
    /// Made with the one of another network.
    From {
        /// That network's name.
        network: String,
    },
}

/// Where a container is in which networks, where that is more than a [`NetworkMode`](crate::NetworkMode) says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Networking {
    /// The network or the container that the mode names; empty where it is one of the predefined.
    pub mode: String,
    /// The networks that it joins, each once.
    pub endpoints: Vec<EndpointRequest>,
    /// Containers that it knows by other names, as `name:alias`.
    pub links: Vec<String>,
}

/// A container that a run knows by names of its own (`--link`), as it was when the run was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The container.
    pub container: ContainerId,
    /// Its address.
    pub address: IpAddr,
    /// The names.
    pub names: Vec<String>,
    /// How the names of variables begin that tell of it.
    pub prefix: String,
    /// These variables, with their values.
    pub env: Vec<String>,
}

/// A place in a network, as a client asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointRequest {
    /// The network's name, or what the client called it by where there was none of it.
    pub network: String,
    /// Further names in the network.
    pub aliases: Vec<String>,
    /// Other containers of the network, as `name:alias`.
    pub links: Vec<String>,
    /// The address; any when absent.
    pub ipv4: Option<Ipv4Addr>,
    /// The address of IPv6; any when absent.
    pub ipv6: Option<Ipv6Addr>,
    /// The hardware address; one made of the address when absent.
    pub mac: Option<MacAddress>,
    /// Options for the driver.
    pub driver_options: BTreeMap<String, String>,
}

/// A place in a network, as a run has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkLease {
    /// Its identity.
    pub endpoint: EndpointId,
    /// The network.
    pub network: NetworkId,
    /// Which of the container's interfaces it is: `eth0` and so on.
    pub number: u8,
    /// The hardware address; absent where there is no interface.
    pub mac: Option<MacAddress>,
    /// The address.
    pub ipv4: Option<LeasedAddress>,
    /// The address of IPv6.
    pub ipv6: Option<LeasedAddress>,
}

/// An address that a run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeasedAddress {
    /// The address.
    pub address: IpAddr,
    /// Bits of the network part.
    pub prefix_bits: u8,
    /// The network's own address, where packets for others go; absent where none get out.
    pub gateway: Option<IpAddr>,
}

// === impl Networking ===

impl Networking {
    /// Gives the container whose network is shared: its id, or what the client called it by where there was none.
    pub fn container(&self) -> Option<&str> {
        self.mode.strip_prefix("container:")
    }
}

// === impl NetworkDriver ===

impl NetworkDriver {
    /// Gives Docker's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Host => "host",
            Self::Null => "null",
        }
    }
}

// === impl Network ===

impl Network {
    /// The option that names the interface on the host.
    pub const OPTION_NAME: &'static str = "com.docker.network.bridge.name";
    /// The option that keeps containers of the network apart, or not.
    pub const OPTION_TALK: &'static str = "com.docker.network.bridge.enable_icc";
    /// The option that gives packets on their way out the host's address, or not.
    pub const OPTION_MASQUERADE: &'static str = "com.docker.network.bridge.enable_ip_masquerade";
    /// The option that names the host's address for published ports.
    pub const OPTION_BINDING: &'static str = "com.docker.network.bridge.host_binding_ipv4";
    /// The option that bounds packets, in bytes.
    pub const OPTION_MTU: &'static str = "com.docker.network.driver.mtu";
    /// The option that marks the default bridge.
    const OPTION_DEFAULT: &'static str = "com.docker.network.bridge.default_bridge";

    /// What Docker says to a client that wants a configuration alone with a use of its own.
    pub const ONLY_CONFIGURATION: &'static str = "configuration network can only contain network specific fields. \
        Network operator fields like [ ingress | internal | attachable | scope ] are not supported.";

    /// The name of the default bridge.
    pub const BRIDGE: &'static str = "bridge";
    /// The name of the host's own network.
    pub const HOST: &'static str = "host";
    /// The name of no network.
    pub const NONE: &'static str = "none";

    /// Gives the networks that are always there, once the default bridge is known.
    pub fn predefined(bridge: &BridgeConfig) -> [Self; 3] {
        let options = [
            (Self::OPTION_DEFAULT, "true"),
            (Self::OPTION_TALK, "true"),
            (Self::OPTION_MASQUERADE, "true"),
            (Self::OPTION_BINDING, "0.0.0.0"),
            (Self::OPTION_NAME, &bridge.interface),
            (Self::OPTION_MTU, "1500"),
        ];
        let options = options.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let bare = |id, name: &str, driver| Self {
            id,
            name: name.to_owned(),
            driver,
            internal: false,
            attachable: false,
            ipv6: false,
            options: BTreeMap::new(),
            labels: BTreeMap::new(),
            ipam_options: None,
            pools: Vec::new(),
            interface: String::new(),
        };
        let pool = AddressPool {
            subnet: Subnet::new(bridge.subnet.into(), bridge.prefix_bits),
            range: None,
            gateway: bridge.gateway().into(),
            reserved: BTreeMap::new(),
            chosen: false,
        };
        [
            Self {
                options: options.into(),
                pools: vec![pool],
                interface: bridge.interface.clone(),
                ..bare(bridge.network, Self::BRIDGE, NetworkDriver::Bridge)
            },
            bare(derived(bridge.network, Self::HOST), Self::HOST, NetworkDriver::Host),
            bare(derived(bridge.network, Self::NONE), Self::NONE, NetworkDriver::Null),
        ]
    }

    /// Tells whether a name is that of a network that is always there.
    pub fn is_predefined_name(name: &str) -> bool {
        matches!(name, Self::BRIDGE | Self::HOST | Self::NONE | "default")
    }

    /// Tells whether it is always there.
    pub fn is_predefined(&self) -> bool {
        Self::is_predefined_name(&self.name)
    }

    /// Gives its addresses of one family.
    pub fn pool(&self, is_ipv4: bool) -> Option<&AddressPool> {
        self.pools.iter().find(|pool| pool.subnet.address.is_ipv4() == is_ipv4)
    }

    /// Tells whether an option that is on by itself is on.
    pub fn has(&self, option: &str) -> bool {
        self.options.get(option).is_none_or(|value| parse_bool(value) != Some(false))
    }

    /// Gives the size of the largest packet in bytes, where it was said.
    pub fn mtu_bytes(&self) -> Option<u32> {
        self.options.get(Self::OPTION_MTU)?.parse().ok().filter(|mtu| *mtu > 0)
    }

    /// Gives the host's address for published ports, where it was said.
    pub fn binding_address(&self) -> Option<IpAddr> {
        let address: IpAddr = self.options.get(Self::OPTION_BINDING)?.parse().ok()?;
        (!address.is_unspecified()).then_some(address)
    }
}

/// Reads a truth as Go's `strconv.ParseBool` does.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

fn derived(bridge: NetworkId, name: &str) -> NetworkId {
    let hash =
        Sha256::new().chain_update(b"network ").chain_update(name).chain_update(bridge.as_bytes());
    NetworkId::from_bytes(hash.finalize().into())
}

// === impl EndpointRequest ===

impl EndpointRequest {
    /// Gives a place in a network of which nothing else is asked.
    pub fn plain(network: &str) -> Self {
        Self { network: network.to_owned(), ..Self::default() }
    }

    /// Gives the container that its network knows by `alias` for this container alone.
    pub fn linked(&self, alias: &str) -> Option<&str> {
        let pairs = self.links.iter().filter_map(|link| link.split_once(':'));
        let mut found = pairs.filter(|(_, name)| name.eq_ignore_ascii_case(alias));
        found.next().map(|(container, _)| container)
    }
}

// === impl NetworkLease ===

impl NetworkLease {
    /// Gives the addresses, those of IPv4 first.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        [self.ipv4, self.ipv6].into_iter().flatten().map(|leased| leased.address)
    }

    /// Gives the name of the interface inside.
    pub fn interface(&self) -> String {
        format!("eth{}", self.number)
    }

    /// Gives what Docker says a failure to publish a port is a failure of; `name` is the container's.
    pub fn failure_subject(&self, name: &str) -> String {
        let endpoint = self.endpoint;
        format!("driver failed programming external connectivity on endpoint {name} ({endpoint})")
    }

    /// Gives the same place in the network for another run.
    pub fn again(&self, run: EndpointId) -> Self {
        Self { endpoint: run.in_network(self.network), ..*self }
    }
}

impl From<EndpointLease> for NetworkLease {
    fn from(lease: EndpointLease) -> Self {
        let address = LeasedAddress {
            address: lease.address.into(),
            prefix_bits: lease.prefix_bits,
            gateway: Some(lease.gateway.into()),
        };
        Self {
            endpoint: lease.endpoint,
            network: lease.network,
            number: 0,
            mac: Some(lease.mac),
            ipv4: Some(address),
            ipv6: None,
        }
    }
}

// === impl EndpointId ===

impl EndpointId {
    /// Makes the identity of a run's place in a network beside its first.
    pub fn in_network(self, network: NetworkId) -> Self {
        let hash = Sha256::new().chain_update(self.as_bytes()).chain_update(network.as_bytes());
        Self::from_bytes(hash.finalize().into())
    }

    /// Makes the identity of a place that no client has asked for: made of the run that gets it.
    pub fn of_run(container: ContainerId, incarnation: u32) -> Self {
        let hash = Sha256::new()
            .chain_update(container.as_bytes())
            .chain_update(incarnation.to_le_bytes());
        Self::from_bytes(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests;
