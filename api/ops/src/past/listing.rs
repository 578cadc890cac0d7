//! What is there at a point: containers, what belongs together of them, images, or one object whole.

use std::fmt;

use journal_log::Timestamp;
use projector_containers::{Containers, LookupError, State, Tie, Unit, status_text};
use projector_engine::World;
use serde::{Deserialize, Serialize};

use super::{Facts, PointView};

/// What is asked about a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The containers.
    Ps {
        /// Those that do not run too.
        all: bool,
    },
    /// The containers that belong together.
    Units,
    /// The images.
    Images,
    /// One container or image.
    Inspect {
        /// Its name, its id or a unique beginning of its id.
        name: String,
    },
}

/// What is there at a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The point.
    pub at: PointView,
    /// Containers, where these were asked for; the newest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<Vec<ContainerLine>>,
    /// What belongs together, where that was asked for; the oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<Vec<UnitLine>>,
    /// Images, where these were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<ImageLine>>,
    /// The object that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Facts>,
}

/// A container in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerLine {
    /// Its whole id.
    pub id: String,
    /// Its image as the client named it.
    pub image: String,
    /// When it was created.
    pub created: String,
    /// Where it was in its life, as of the point's time.
    pub status: String,
    /// Its name.
    pub name: String,
}

/// Containers that belong together: a platform without networks of its own would run them as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitLine {
    /// The names of its containers, in the order in which they were created.
    pub members: Vec<String>,
    /// What ties them together, each as `pod NAME`, `network NAME` or `container NAME`.
    pub ties: Vec<String>,
    /// Whether all of them shall run; such a platform starts none before.
    pub complete: bool,
}

/// An image in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageLine {
    /// Its whole id.
    pub id: String,
    /// Its names.
    pub names: Vec<String>,
    /// Bytes of its files.
    pub size_bytes: u64,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// There was no such container or image.
    #[error("at record {seq}: no container or image {name}")]
    Missing {
        /// The point.
        seq: u64,
        /// What was asked for.
        name: String,
    },
    /// Several begin so.
    #[error("{0}")]
    Ambiguous(LookupError),
}

/// Tells what is there in `world`, with ages as of `now`.
pub fn listing(
    world: &World<Containers>,
    now: Timestamp,
    subject: &Subject,
) -> Result<Listing, ListingError> {
    let at = PointView::of(world);
    let mut listing = Listing { at, containers: None, units: None, images: None, object: None };
    match subject {
        Subject::Ps { all } => listing.containers = Some(containers(&world.state, now, *all)),
        Subject::Units => listing.units = Some(units(&world.state)),
        Subject::Images => listing.images = Some(images(&world.state)),
        Subject::Inspect { name } => listing.object = Some(object(world, name)?),
    }
    Ok(listing)
}

fn containers(state: &State, now: Timestamp, all: bool) -> Vec<ContainerLine> {
    let shown = state.newest_first().filter(|one| all || one.running().is_some());
    let lines = shown.map(|container| ContainerLine {
        id: container.id.to_string(),
        image: container.spec.image.clone(),
        created: container.created.to_string(),
        status: status_text(container, now),
        name: container.name.to_string(),
    });
    lines.collect()
}

fn units(state: &State) -> Vec<UnitLine> {
    let tie = |tie: &Tie<'_>| match tie {
        Tie::Pod(name) => format!("pod {name}"),
        Tie::Network(name) => format!("network {name}"),
        Tie::Container(name) => format!("container {name}"),
    };
    let line = |unit: Unit<'_>| UnitLine {
        members: unit.members.iter().map(|container| container.name.to_string()).collect(),
        ties: unit.ties.iter().map(tie).collect(),
        complete: unit.is_complete(),
    };
    state.units().into_iter().map(line).collect()
}

fn images(state: &State) -> Vec<ImageLine> {
    let lines = state.images().iter().map(|image| ImageLine {
        id: image.id.to_string(),
        names: state.images().names(&image.id).iter().map(|name| name.familiar().into()).collect(),
        size_bytes: image.size_bytes,
    });
    lines.collect()
}

fn object(world: &World<Containers>, name: &str) -> Result<Facts, ListingError> {
    let state = &world.state;
    match state.find(name) {
        Ok(container) => return Ok(Facts::of_container(container)),
        Err(error @ LookupError::AmbiguousId(_)) => return Err(ListingError::Ambiguous(error)),
        Err(_) => {}
    }
    let named = |image: &&std::sync::Arc<journal_domain::Image>| {
        let tagged = format!("{name}:latest");
        state.images().names(&image.id).iter().any(|own| [name, &tagged].contains(&own.familiar()))
    };
    let found = state.images().iter().find(named).map(Ok);
    match found.unwrap_or_else(|| state.find_image(name, None)) {
        Ok(image) => Ok(Facts::of_image(state, image)),
        Err(error @ LookupError::AmbiguousId(_)) => Err(ListingError::Ambiguous(error)),
        Err(_) => Err(ListingError::Missing { seq: world.seq.get(), name: name.to_owned() }),
    }
}

// === impl Listing ===

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(containers) = &self.containers {
            writeln!(
                f,
                "{:<13} {:<20} {:<31} {:<36} NAME",
                "CONTAINER ID", "IMAGE", "CREATED", "STATUS"
            )?;
            for line in containers {
                let (id, image, created) = (short(&line.id), &line.image, &line.created);
                writeln!(
                    f,
                    "{id:<13} {image:<20} {created:<31} {:<36} {}",
                    line.status, line.name
                )?;
            }
        }
        if let Some(units) = &self.units {
            writeln!(f, "{:<9} {:<40} TOGETHER BY", "COMPLETE", "CONTAINERS")?;
            for line in units {
                let complete = if line.complete { "yes" } else { "no" };
                let (members, ties) = (line.members.join(", "), line.ties.join(", "));
                writeln!(f, "{complete:<9} {members:<40} {ties}")?;
            }
        }
        if let Some(images) = &self.images {
            writeln!(f, "{:<13} {:>12} NAMES", "IMAGE ID", "BYTES")?;
            for line in images {
                let names = line.names.join(", ");
                writeln!(f, "{:<13} {:>12} {names}", short(&line.id), line.size_bytes)?;
            }
        }
        if let Some(object) = &self.object {
            writeln!(f, "{}", serde_json::to_string_pretty(object).map_err(|_| fmt::Error)?)?;
        }
        Ok(())
    }
}

fn short(id: &str) -> &str {
    let id = id.strip_prefix("sha256:").unwrap_or(id);
    &id[..id.len().min(journal_log::id::SHORT_DIGITS)]
}
