//! Wire types of the network routes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{EndpointSettings, go_value::null_when_empty};

/// A network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Network {
    /// Name.
    pub name: String,
    /// Id.
    pub id: String,
    /// When it was created, RFC 3339.
    pub created: String,
    /// `local`.
    pub scope: String,
    /// Driver.
    pub driver: String,
    /// Whether it has addresses of IPv6.
    #[serde(rename = "EnableIPv6")]
    pub enable_ipv6: bool,
    /// Addresses.
    #[serde(rename = "IPAM")]
    pub ipam: Ipam,
    /// Whether nothing leads out of it.
    pub internal: bool,
    /// Whether containers of other managers may join it.
    pub attachable: bool,
    /// Whether it is the routing mesh of a swarm; none is.
    pub ingress: bool,
    /// The network that its configuration is from.
    pub config_from: ConfigFrom,
    /// Whether it is a configuration for others alone.
    pub config_only: bool,
    /// Containers that run in it, by their ids.
    pub containers: BTreeMap<String, NetworkContainer>,
    /// Options of the driver.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// Where a network's configuration is from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ConfigFrom {
    /// Name of the network.
    pub network: String,
}

/// Addresses of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Ipam {
    /// Who gives them out; empty means `default`.
    pub driver: String,
    /// Options of the driver; `null` where none were sent.
    pub options: Option<BTreeMap<String, String>>,
    /// The subnets.
    pub config: Vec<IpamConfig>,
}

/// A subnet of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct IpamConfig {
    /// All addresses, as `10.0.0.0/8`.
    pub subnet: String,
    /// Those that containers are given.
    #[serde(rename = "IPRange", skip_serializing_if = "String::is_empty")]
    pub ip_range: String,
    /// The network's own address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gateway: String,
    /// Addresses that nobody is given.
    #[serde(
        rename = "AuxiliaryAddresses",
        alias = "AuxAddress",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub auxiliary_addresses: BTreeMap<String, String>,
}

/// A container that runs in a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NetworkContainer {
    /// Its name.
    pub name: String,
    /// The id of its place.
    #[serde(rename = "EndpointID")]
    pub endpoint_id: String,
    /// Its hardware address.
    pub mac_address: String,
    /// Its address, with the length of the prefix.
    #[serde(rename = "IPv4Address")]
    pub ipv4_address: String,
    /// Its address of IPv6, with the length of the prefix.
    #[serde(rename = "IPv6Address")]
    pub ipv6_address: String,
}

/// Body of `POST /networks/create`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NetworkCreateRequest {
    /// Name.
    pub name: String,
    /// Whether one of the same name is refused; it always is.
    pub check_duplicate: bool,
    /// Driver; empty means `bridge`.
    pub driver: String,
    /// `local`, or empty.
    pub scope: String,
    /// Whether it has addresses of IPv4; it always has.
    #[serde(rename = "EnableIPv4")]
    pub enable_ipv4: Option<bool>,
    /// Whether it has addresses of IPv6.
    #[serde(rename = "EnableIPv6")]
    pub enable_ipv6: Option<bool>,
    /// Addresses.
    #[serde(rename = "IPAM")]
    pub ipam: Option<Ipam>,
    /// Whether nothing leads out of it.
    pub internal: bool,
    /// Whether containers of other managers may join it.
    pub attachable: bool,
    /// Whether it is the routing mesh of a swarm.
    pub ingress: bool,
    /// Whether it is a configuration alone.
    pub config_only: bool,
    /// The network that its configuration is from.
    pub config_from: Option<ConfigFrom>,
    /// Options of the driver.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// Answer of `POST /networks/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NetworkCreateResponse {
    /// Id.
    pub id: String,
    /// What was not done as it was asked; empty where nothing.
    pub warning: String,
}

/// Body of `POST /networks/{id}/connect`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NetworkConnectRequest {
    /// Name or id of the container.
    pub container: String,
    /// What is asked of its place.
    pub endpoint_config: Option<EndpointSettings>,
}

/// Body of `POST /networks/{id}/disconnect`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NetworkDisconnectRequest {
    /// Name or id of the container.
    pub container: String,
    /// Whether it leaves a network that is gone, too.
    pub force: bool,
}

/// Answer of `POST /networks/prune`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NetworksPruneResponse {
    /// Names of the networks that are gone; `null` where there are none.
    #[serde(serialize_with = "null_when_empty")]
    pub networks_deleted: Vec<String>,
}
