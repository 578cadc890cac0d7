//! What a creation asks that is told in few words: no network, and what is only kept for images.

use api_types::{ContainerConfig, ContainerCreateRequest, NetworkingConfig};
use journal_domain::{ContainerOption, ForImages, Network};

/// Takes the network away from a container that shall have none, whatever else is asked of it; gives the option that says so.
pub fn without_network(request: &mut ContainerCreateRequest) -> Option<ContainerOption> {
    if !request.config.network_disabled {
        return None;
    }
    let host = request.host_config.get_or_insert_default();
    let mode = std::mem::replace(&mut host.network_mode, Network::NONE.to_owned());
    host.links.clear();
    request.networking_config = NetworkingConfig::default();
    request.config.mac_address.clear();
    let mode = if mode.is_empty() { "default".to_owned() } else { mode };
    Some(ContainerOption::NoNetwork(mode))
}

/// Reads what the container only keeps, for images that are made of it.
pub fn for_images(config: &ContainerConfig) -> Option<ForImages> {
    let shell = config.shell.as_ref().map(|shell| shell.0.clone()).unwrap_or_default();
    let kept = ForImages { on_build: config.on_build.clone(), shell };
    (kept != ForImages::default()).then_some(kept)
}

#[cfg(test)]
mod tests;
