//! `GET /containers/json`: a line of the listing.

use api_types::{ContainerSummary, SummaryHostConfig, SummaryNetworkSettings};
use journal_domain::ContainerSpec;
use journal_log::Timestamp;
use projector_containers::{Container, PhaseName, State, status_text};

use super::{
    host_config::network_name,
    image::image_name,
    network::{networks, port_summaries},
};

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// Makes the line of a container at `now`, without sizes.
pub(crate) fn summary(state: &State, container: &Container, now: Timestamp) -> ContainerSummary {
    let spec = &container.spec;
    ContainerSummary {
        id: container.id.to_string(),
        names: vec![format!("/{}", container.name)],
        image: image(state, spec),
        image_id: spec.image_id.map(|id| id.to_string()).unwrap_or_default(),
        command: command(spec),
        created: i64::try_from(container.created.as_unix_nanos() / SECOND).unwrap_or(i64::MAX),
        ports: port_summaries(container),
        labels: spec.labels.clone(),
        state: PhaseName::of(container).as_str().to_owned(),
        status: status_text(container, now),
        host_config: SummaryHostConfig {
            network_mode: network_name(spec.network).to_owned(),
            annotations: spec.annotations.clone(),
        },
        network_settings: SummaryNetworkSettings { networks: networks(state, container) },
        ..ContainerSummary::default()
    }
}

/// Gives the image as the client named it, or its id where that name means another image by now.
fn image(state: &State, spec: &ContainerSpec) -> String {
    let meant = state.find_image(&spec.image, image_name(&spec.image).as_ref());
    match (meant, spec.image_id) {
        (Ok(image), Some(id)) if image.id != id => id.to_string(),
        (Err(_), Some(id)) if !spec.image.is_empty() => id.to_string(),
        _ => spec.image.clone(),
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
