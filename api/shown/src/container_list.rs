//! `GET /containers/json`: a line of the listing.

use std::collections::{BTreeMap, HashMap};

use api_types::{ContainerSummary, EndpointSettings, SummaryHostConfig, SummaryNetworkSettings};
use journal_domain::{ContainerSpec, ImageId};
use journal_log::Timestamp;
use projector_containers::{Container, PhaseName, State, status_text};

use crate::{image_name, networks, port_summaries};

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// Makes the lines of one listing.
#[derive(Debug)]
pub struct Listing<'s> {
    state: &'s State,
    now: Timestamp,
    /// The images that names mean, each looked up once: most containers of a list are made of a few images.
    named: HashMap<&'s str, Option<ImageId>>,
}

// === impl Listing ===

impl<'s> Listing<'s> {
    /// Begins a listing of `state` at `now`.
    pub fn new(state: &'s State, now: Timestamp) -> Self {
        Self { state, now, named: HashMap::new() }
    }

    /// Makes the line of a container, without sizes.
    pub fn line(&mut self, container: &'s Container) -> ContainerSummary {
        let spec = &container.spec;
        let created = container.created.as_unix_nanos() / SECOND;
        ContainerSummary {
            id: container.id.to_string(),
            names: vec![format!("/{}", container.name)],
            image: self.image(spec),
            image_id: spec.image_id.map(|id| id.to_string()).unwrap_or_default(),
            command: command(spec),
            created: i64::try_from(created).unwrap_or(i64::MAX),
            ports: port_summaries(container),
            labels: spec.labels.clone(),
            state: PhaseName::of(container).as_str().to_owned(),
            status: status_text(container, self.now),
            host_config: SummaryHostConfig {
                network_mode: container.network_mode().to_owned(),
                annotations: spec.annotations.clone(),
            },
            network_settings: SummaryNetworkSettings { networks: self.networks(container) },
            ..ContainerSummary::default()
        }
    }

    /// Gives the places in networks without names: as in Docker, those are for inspect.
    fn networks(&self, container: &Container) -> BTreeMap<String, EndpointSettings> {
        let mut networks = networks(self.state, container);
        for endpoint in networks.values_mut() {
            endpoint.aliases.clear();
            endpoint.dns_names.clear();
            endpoint.links.clear();
            endpoint.driver_opts.clear();
        }
        networks
    }

    /// Gives the image as the client named it, or its id where that name means another image by now, or none.
    fn image(&mut self, spec: &'s ContainerSpec) -> String {
        let state = self.state;
        let meant = *self.named.entry(&spec.image).or_insert_with(|| {
            let image = state.find_image(&spec.image, image_name(&spec.image).as_ref()).ok();
            image.map(|image| image.id)
        });
        match spec.image_id {
            Some(id) if meant != Some(id) => id.to_string(),
            Some(_) | None => spec.image.clone(),
        }
    }
}

/// Writes the command line; arguments with spaces are quoted, as dockerd does it.
fn command(spec: &ContainerSpec) -> String {
    let mut argv = spec.argv().into_iter();
    let mut line = argv.next().unwrap_or_default();
    for word in argv {
        line.push(' ');
        if word.contains(' ') {
            line.push_str(&format!("'{word}'"));
        } else {
            line.push_str(&word);
        }
    }
    line
}

#[cfg(test)]
mod tests;
