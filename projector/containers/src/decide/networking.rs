//! Which networks a new container is in.

use journal_domain::{
    ContainerOption, ContainerSpec, EndpointRequest, Network, NetworkMode, Networking, Refusal,
};

use crate::{Container, State};

/// Names what a client called networks and containers by as they are called here.
///
/// What is not there yet keeps the client's word for it: it is looked for again by the start, as Docker does.
pub(super) fn settle(
    state: &State,
    spec: &ContainerSpec,
    options: Vec<ContainerOption>,
) -> Result<Vec<ContainerOption>, Refusal> {
    options
        .into_iter()
        .map(|option| match option {
            ContainerOption::Networking(asked) => {
                networking(state, spec, asked).map(ContainerOption::Networking)
            }
            ContainerOption::Logging(_)
            | ContainerOption::Publishing(_)
            | ContainerOption::HostUserNamespace
            | ContainerOption::SealedEnvironment(_)
            | ContainerOption::Restart(_)
            | ContainerOption::Health(_)
            | ContainerOption::Mounting(_)
            | ContainerOption::MountPoints(_)
            | ContainerOption::Namespaces(_)
            | ContainerOption::Devices(_)
            | ContainerOption::MoreLimits(_)
            | ContainerOption::Build(_)
            | ContainerOption::ForImages(_)
            | ContainerOption::NoNetwork(_)
            | ContainerOption::CgroupParent(_)
            | ContainerOption::SeccompProfile(_)
            | ContainerOption::Pod(_)
            | ContainerOption::Pool(_)
            | ContainerOption::Runtime(_) => Ok(option),
        })
        .collect()
}

fn networking(
    state: &State,
    spec: &ContainerSpec,
    mut asked: Networking,
) -> Result<Networking, Refusal> {
    if spec.network == NetworkMode::Container {
        asked.mode = match state.find(&asked.mode) {
            Ok(container) => format!("container:{}", container.id),
            Err(_) => format!("container:{}", asked.mode),
        };
        return Ok(asked);
    }
    if spec.network != NetworkMode::User {
        asked.links.iter().try_for_each(|link| check_link(state, link))?;
    }
    let mut endpoints: Vec<EndpointRequest> = Vec::with_capacity(asked.endpoints.len() + 1);
    let first = named(state, &asked.mode);
    for mut endpoint in asked.endpoints {
        endpoint.network = named(state, &endpoint.network);
        let is_twice = endpoints.iter().any(|known| known.network == endpoint.network);
        if is_twice {
            return Err(Refusal::InvalidParameter(format!(
                "container is attached to network {} more than once",
                endpoint.network
            )));
        }
        endpoints.push(endpoint);
    }
    if spec.network == NetworkMode::User {
        match endpoints.iter().position(|endpoint| endpoint.network == first) {
            Some(place) => endpoints[..=place].rotate_right(1),
            None => endpoints.insert(0, EndpointRequest::plain(&first)),
        }
    }
    asked.endpoints = endpoints;
    Ok(asked)
}

/// A link on the default bridge is to a container that is there, and in that network.
fn check_link(state: &State, link: &str) -> Result<(), Refusal> {
    let (target, _) = link.split_once(':').unwrap_or((link, link));
    let other = state.find(target).map_err(|error| {
        Refusal::InvalidParameter(format!("could not get container for {target}: {error}"))
    })?;
    if other.endpoint(Network::BRIDGE).is_some() {
        return Ok(());
    }
    Err(Refusal::InvalidParameter(format!(
        "Cannot link to /{}, as it does not belong to the default network",
        other.name
    )))
}

/// Refuses a run that knows a container which does not run.
pub(super) fn check_links(state: &State, container: &Container) -> Result<(), Refusal> {
    let links = container.networking().into_iter().flat_map(|networking| &networking.links);
    for link in links {
        let (target, alias) = link.split_once(':').unwrap_or((link, link));
        let other = state.find(target)?;
        if other.running().is_none() {
            return Err(Refusal::InvalidParameter(format!(
                "Cannot link to a non running container: /{} AS /{}/{alias}",
                other.name, container.name
            )));
        }
    }
    Ok(())
}

/// Gives the name of the network that a client means, or what it said where there is none.
fn named(state: &State, network: &str) -> String {
    let found = state.networks.find(network).map(|kept| kept.network.name.clone());
    found.unwrap_or_else(|_| network.to_owned())
}
