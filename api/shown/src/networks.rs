//! Networks: as clients ask for them, and as they are shown.

use std::{collections::BTreeMap, net::IpAddr};

use api_types::{
    ConfigFrom, Ipam, IpamConfig, Network as ShownNetwork, NetworkContainer, NetworkCreateRequest,
};
use journal_domain::{
    ConfigurationRequest, ContainerId, LeasedAddress, Network, NetworkRequest, PoolRequest, Subnet,
};
use projector_containers::{KeptNetwork, State};

/// Why a client cannot have the network, or the place in one, that it asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// It makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// It contradicts itself, where Docker takes that for something that may not be.
    #[error("{0}")]
    Forbidden(&'static str),
    /// It is not built yet.
    #[error("{0}")]
    Unbuilt(String),
    /// No driver has that name.
    #[error("plugin {0:?} not found")]
    NoSuchPlugin(String),
    /// It is of a swarm.
    #[error("networks of other scopes than local are those of a swarm")]
    OfASwarm,
}

/// Labels and options of a network, and its reserved addresses: as many as a container may have labels.
const PAIRS_MAX: usize = 4096;

// === impl NetworkError ===

impl NetworkError {
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    pub(crate) fn unbuilt(text: impl Into<String>) -> Self {
        Self::Unbuilt(text.into())
    }
}

/// Reads what a client asks for, also of the configuration of others.
pub fn network_request(
    body: NetworkCreateRequest,
) -> Result<(NetworkRequest, Option<ConfigurationRequest>), NetworkError> {
    let configuration = configuration(&body)?;
    let unbuilt =
        [("Ingress", body.ingress), ("EnableIPv4 (false)", body.enable_ipv4 == Some(false))];
    if let Some((field, _)) = unbuilt.iter().find(|(_, is_set)| *is_set) {
        return Err(NetworkError::unbuilt(format!("not built yet: {field}")));
    }
    if !matches!(body.scope.as_str(), "" | "local") {
        return Err(NetworkError::OfASwarm);
    }
    if body.labels.len() > PAIRS_MAX || body.options.len() > PAIRS_MAX {
        return Err(NetworkError::invalid(format!(
            "too many labels or options: at most {PAIRS_MAX} are possible"
        )));
    }
    let ipam = body.ipam.unwrap_or_default();
    if !matches!(ipam.driver.as_str(), "" | "default") {
        return Err(NetworkError::NoSuchPlugin(ipam.driver));
    }
    if ipam.options.as_ref().is_some_and(|options| !options.is_empty()) {
        return Err(NetworkError::unbuilt("not built yet: IPAM.Options"));
    }
    let is_named = |config: &&IpamConfig| **config != IpamConfig::default();
    let pools = ipam.config.iter().filter(is_named).map(pool).collect::<Result<_, _>>()?;
    let request = NetworkRequest {
        name: body.name,
        driver: body.driver,
        internal: body.internal,
        attachable: body.attachable,
        ipv6: body.enable_ipv6 == Some(true),
        options: body.options,
        labels: body.labels,
        ipam_options: ipam.options,
        pools,
    };
    Ok((request, configuration))
}

/// Reads whether the network is a configuration alone, or has that of another.
fn configuration(
    body: &NetworkCreateRequest,
) -> Result<Option<ConfigurationRequest>, NetworkError> {
    let from = body.config_from.as_ref().filter(|from| !from.network.is_empty());
    let has_a_use = body.ingress || body.internal || body.attachable || !body.scope.is_empty();
    match from {
        _ if body.config_only && has_a_use => {
            Err(NetworkError::Forbidden(Network::ONLY_CONFIGURATION))
        }
        Some(_) if body.config_only => Err(NetworkError::Forbidden(
            "a configuration network cannot depend on another configuration network",
        )),
        Some(from) => Ok(Some(ConfigurationRequest::From(from.network.clone()))),
        None => Ok(body.config_only.then_some(ConfigurationRequest::Only)),
    }
}

fn pool(config: &IpamConfig) -> Result<PoolRequest, NetworkError> {
    let subnet = |text: &str| -> Result<Subnet, NetworkError> {
        text.parse()
            .map_err(|error| NetworkError::invalid(format!("Invalid subnet {text} : {error}")))
    };
    let address = |text: &str| -> Result<IpAddr, NetworkError> {
        text.parse().map_err(|_| NetworkError::invalid(format!("Invalid address {text}")))
    };
    if config.auxiliary_addresses.len() > PAIRS_MAX {
        return Err(NetworkError::invalid("too many auxiliary addresses"));
    }
    let reserved = config
        .auxiliary_addresses
        .iter()
        .map(|(name, text)| Ok((name.clone(), address(text)?)))
        .collect::<Result<_, NetworkError>>()?;
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(PoolRequest {
        subnet: subnet(&config.subnet)?,
        range: optional(&config.ip_range).map(|text| subnet(&text)).transpose()?,
        gateway: optional(&config.gateway).map(|text| address(&text)).transpose()?,
        reserved,
    })
}

/// Shows a network; who is in it only where that is asked for.
pub fn shown_network(state: &State, kept: &KeptNetwork, verbose: bool) -> ShownNetwork {
    let network = &*kept.network;
    let members = kept.members.iter().filter(|_| verbose);
    ShownNetwork {
        name: network.name.clone(),
        id: network.id.to_string(),
        created: kept.created.to_string(),
        scope: "local".to_owned(),
        driver: network.driver.as_str().to_owned(),
        enable_ipv6: network.ipv6,
        ipam: Ipam {
            driver: "default".to_owned(),
            options: network.ipam_options.clone(),
            config: shown_pools(kept),
        },
        internal: network.internal,
        attachable: network.attachable,
        ingress: false,
        config_from: ConfigFrom { network: kept.configured_from().unwrap_or_default().to_owned() },
        config_only: kept.configured_pools().is_some(),
        containers: members
            .filter_map(|(id, _)| Some((id.to_string(), member(state, kept, id)?)))
            .collect(),
        options: network.options.clone(),
        labels: network.labels.clone(),
    }
}

/// Shows addresses: those of a configuration as they were asked for, any others as they are.
fn shown_pools(kept: &KeptNetwork) -> Vec<IpamConfig> {
    let shown = |subnet: Subnet,
                 range: Option<Subnet>,
                 gateway: Option<IpAddr>,
                 reserved: &BTreeMap<String, IpAddr>| IpamConfig {
        subnet: subnet.to_string(),
        ip_range: range.map(|range| range.to_string()).unwrap_or_default(),
        gateway: gateway.map(|gateway| gateway.to_string()).unwrap_or_default(),
        auxiliary_addresses: reserved
            .iter()
            .map(|(name, address)| (name.clone(), address.to_string()))
            .collect(),
    };
    match kept.configured_pools() {
        Some(asked) => asked
            .iter()
            .map(|pool| shown(pool.subnet, pool.range, pool.gateway, &pool.reserved))
            .collect(),
        None => kept
            .network
            .pools
            .iter()
            .map(|pool| shown(pool.subnet, pool.range, Some(pool.gateway), &pool.reserved))
            .collect(),
    }
}

fn member(state: &State, kept: &KeptNetwork, id: &ContainerId) -> Option<NetworkContainer> {
    let container = state.container(id).filter(|container| container.no_network().is_none())?;
    let lease = container.leases().find(|lease| lease.network == kept.network.id)?;
    let text = |leased: LeasedAddress| format!("{}/{}", leased.address, leased.prefix_bits);
    Some(NetworkContainer {
        name: container.name.to_string(),
        endpoint_id: lease.endpoint.to_string(),
        mac_address: lease.mac.map(|mac| mac.to_string()).unwrap_or_default(),
        ipv4_address: lease.ipv4.map(text).unwrap_or_default(),
        ipv6_address: lease.ipv6.map(text).unwrap_or_default(),
    })
}
