//! Addresses and ports of a container, as create takes them and inspect tells them.

use std::collections::BTreeMap;

pub use bollard_stubs::models::EndpointIpamConfig;
use serde::{Deserialize, Serialize};

use crate::go_value::null_when_empty;

/// Published ports: `80/tcp` to host addresses; `null` stands for a port without a binding.
pub type PortMap = BTreeMap<String, Option<Vec<PortBinding>>>;

/// A host address and port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct PortBinding {
    /// Host address; empty means all.
    pub host_ip: String,
    /// Host port; empty or `0` means any free one.
    pub host_port: String,
}

/// Networks a new container is connected to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NetworkingConfig {
    /// Endpoints by the network's name or id; `null` stands for all defaults.
    pub endpoints_config: BTreeMap<String, Option<EndpointSettings>>,
}

/// A container's place in one network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct EndpointSettings {
    /// Addresses asked for.
    #[serde(rename = "IPAMConfig")]
    pub ipam_config: Option<EndpointIpamConfig>,
    /// Legacy links.
    #[serde(serialize_with = "null_when_empty")]
    pub links: Vec<String>,
    /// Names in the network's DNS asked for.
    #[serde(serialize_with = "null_when_empty")]
    pub aliases: Vec<String>,
    /// MAC address.
    pub mac_address: String,
    /// Driver options.
    #[serde(serialize_with = "null_when_empty")]
    pub driver_opts: BTreeMap<String, String>,
    /// The network's id.
    #[serde(rename = "NetworkID")]
    pub network_id: String,
    /// The endpoint's id.
    #[serde(rename = "EndpointID")]
    pub endpoint_id: String,
    /// IPv4 gateway.
    pub gateway: String,
    /// IPv4 address.
    #[serde(rename = "IPAddress")]
    pub ip_address: String,
    /// Length of the IPv4 prefix.
    #[serde(rename = "IPPrefixLen")]
    pub ip_prefix_len: i64,
    /// IPv6 gateway.
    #[serde(rename = "IPv6Gateway")]
    pub ipv6_gateway: String,
    /// IPv6 address.
    #[serde(rename = "GlobalIPv6Address")]
    pub global_ipv6_address: String,
    /// Length of the IPv6 prefix.
    #[serde(rename = "GlobalIPv6PrefixLen")]
    pub global_ipv6_prefix_len: i64,
    /// All its names in the network's DNS.
    #[serde(rename = "DNSNames", serialize_with = "null_when_empty")]
    pub dns_names: Vec<String>,
}

/// Addresses and ports of one container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NetworkSettings {
    /// Bridge's name; kept empty since API 1.44's time.
    pub bridge: String,
    /// Id of the network namespace.
    #[serde(rename = "SandboxID")]
    pub sandbox_id: String,
    /// Path of the network namespace.
    pub sandbox_key: String,
    /// Ports and their bindings.
    pub ports: PortMap,
    /// Deprecated, always false.
    pub hairpin_mode: bool,
    /// Deprecated, always empty.
    #[serde(rename = "LinkLocalIPv6Address")]
    pub link_local_ipv6_address: String,
    /// Deprecated, always zero.
    #[serde(rename = "LinkLocalIPv6PrefixLen")]
    pub link_local_ipv6_prefix_len: i64,
    /// Deprecated, always `null`.
    #[serde(rename = "SecondaryIPAddresses")]
    pub secondary_ip_addresses: Option<Vec<serde_json::Value>>,
    /// Deprecated, always `null`.
    #[serde(rename = "SecondaryIPv6Addresses")]
    pub secondary_ipv6_addresses: Option<Vec<serde_json::Value>>,
    /// As in the default network's endpoint.
    #[serde(rename = "EndpointID")]
    pub endpoint_id: String,
    /// As in the default network's endpoint.
    pub gateway: String,
    /// As in the default network's endpoint.
    #[serde(rename = "GlobalIPv6Address")]
    pub global_ipv6_address: String,
    /// As in the default network's endpoint.
    #[serde(rename = "GlobalIPv6PrefixLen")]
    pub global_ipv6_prefix_len: i64,
    /// As in the default network's endpoint.
    #[serde(rename = "IPAddress")]
    pub ip_address: String,
    /// As in the default network's endpoint.
    #[serde(rename = "IPPrefixLen")]
    pub ip_prefix_len: i64,
    /// As in the default network's endpoint.
    #[serde(rename = "IPv6Gateway")]
    pub ipv6_gateway: String,
    /// As in the default network's endpoint.
    pub mac_address: String,
    /// Endpoints by the network's name.
    pub networks: BTreeMap<String, EndpointSettings>,
}
