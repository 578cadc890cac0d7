//! `docker network create` with `--config-only` and `--config-from`: networks that are a configuration for others, and those
//! others. Texts are those of Docker's libnetwork.

use std::sync::Arc;

use journal_domain::{
    ConfigurationRequest, ConfiguredNetworkCreated, CreateConfiguredNetwork, CreateNetwork,
    Network, NetworkConfiguration, NetworkRemoved, NetworkRequest, Refusal,
};

use super::{
    Decision,
    create::{as_asked, check_place, network},
};
use crate::{KeptNetwork, State};

pub(super) fn create(state: &State, command: &CreateConfiguredNetwork) -> Decision {
    let asked = &command.create;
    let (network, configuration) = match &command.configuration {
        ConfigurationRequest::Only => only(state, asked)?,
        ConfigurationRequest::From(name) => from(state, asked, name)?,
    };
    Ok(vec![ConfiguredNetworkCreated { network: Arc::new(network), configuration }.into()])
}

/// Removes a configuration, of which no backend knows.
pub(super) fn remove(state: &State, network: &Network) -> Decision {
    if state.networks.configured_by(&network.name).next().is_some() {
        return Err(Refusal::Forbidden(format!(
            "error while removing network: configuration network {:?} is in use",
            network.name
        )));
    }
    Ok(vec![NetworkRemoved { id: network.id }.into()])
}

/// Makes a configuration. Nothing of it is looked at but its name: that is done for each network that has it.
fn only(state: &State, asked: &CreateNetwork) -> Result<(Network, NetworkConfiguration), Refusal> {
    let request = &*asked.request;
    check_place(state, &request.name)?;
    if request.internal || request.attachable {
        return Err(Refusal::Forbidden(Network::ONLY_CONFIGURATION.to_owned()));
    }
    Ok((as_asked(asked), NetworkConfiguration::Only { pools: request.pools.clone() }))
}

/// Makes a network of the configuration of another, which says all but what it is called and who may join it.
fn from(
    state: &State,
    asked: &CreateNetwork,
    name: &str,
) -> Result<(Network, NetworkConfiguration), Refusal> {
    check_place(state, &asked.request.name)?;
    refuse_own(&asked.request)?;
    let kept = state.networks.named(name);
    let found = kept.and_then(|kept| Some((kept, kept.configured_pools()?)));
    let (kept, pools) = found.ok_or_else(|| Refusal::NoSuchConfiguration(name.to_owned()))?;
    let KeptNetwork { network: given, .. } = &**kept;
    let request = NetworkRequest {
        ipv6: given.ipv6,
        options: given.options.clone(),
        labels: given.labels.clone(),
        ipam_options: given.ipam_options.clone().or_else(|| asked.request.ipam_options.clone()),
        pools: pools.to_vec(),
        ..(*asked.request).clone()
    };
    let asked = CreateNetwork { request: Box::new(request), ..asked.clone() };
    Ok((network(state, &asked)?, NetworkConfiguration::From { network: name.to_owned() }))
}

/// Refuses what the configuration says, or may say.
fn refuse_own(request: &NetworkRequest) -> Result<(), Refusal> {
    let names_options = request.ipam_options.as_ref().is_some_and(|options| !options.is_empty());
    let text = if request.ipv6
        || names_options
        || !request.labels.is_empty()
        || !request.pools.is_empty()
    {
        "user specified configurations are not supported if the network depends on a configuration network"
    } else if !request.options.is_empty() {
        "network driver options are not supported if the network depends on a configuration network"
    } else {
        return Ok(());
    };
    Err(Refusal::Forbidden(text.to_owned()))
}
