//! `GET /containers/json`.

use std::{collections::BTreeSet, sync::Arc};

use api_types::{ContainerSummary, Filters, Query};
use journal_domain::ContainerId;
use projector_containers::{Container, ContainerFilter, Health, PhaseName, State};
use warp::{Filter, reply::Response};

use super::with_sizes;
use crate::{
    call::{Call, call, read_list},
    error::ApiError,
    moment::Look,
    routes::Route,
};

/// The keys that the listing knows.
const KEYS: &[&str] = &[
    "ancestor",
    "before",
    "exited",
    "expose",
    "health",
    "id",
    "is-task",
    "isolation",
    "label",
    "name",
    "network",
    "publish",
    "since",
    "status",
    "volume",
];

/// Ports that one filter may name: all that there are.
const PORTS_MAX: usize = 65_535;

/// What is listed.
struct Asked {
    filter: ContainerFilter,
    filters: Filters,
    all: bool,
    limit: usize,
}

pub(super) fn route() -> Route {
    warp::path!("json")
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.look("/containers/json", list))
        .boxed()
}

async fn list(look: Look) -> Result<Response, ApiError> {
    let query = look.query()?;
    let world = look.world();
    let asked = Asked::read(&query, &world.state)?;
    let mut listing = api_shown::Listing::new(&world.state, look.now());
    let lines: Vec<(&Container, ContainerSummary)> = asked
        .containers(&world.state)
        .map(|container| {
            let mounts = api_asked::mount_points(container, look.volumes());
            (&**container, ContainerSummary { mounts, ..listing.line(container) })
        })
        .collect();
    let lines = if query.bool("size") {
        with_sizes(look.present("what containers wrote")?, &world.state, lines).await?
    } else {
        lines.into_iter().map(|(_, line)| line).collect()
    };
    Ok(read_list(&world, &lines))
}

// === impl Asked ===

impl Asked {
    fn read(query: &Query, state: &State) -> Result<Self, ApiError> {
        let filters = Filters::parse(query.get("filters").unwrap_or_default())?;
        filters.validate(KEYS)?;
        let limit = query.atoi("limit")?.unwrap_or_default();
        // Docker takes every limit that is no positive number for none.
        let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0);
        let all = query.bool("all") || limit.is_some() || filters.contains("status");
        Ok(Self {
            filter: container_filter(&filters, state)?,
            filters,
            all,
            limit: limit.unwrap_or(usize::MAX),
        })
    }

    fn containers<'a>(&'a self, state: &'a State) -> impl Iterator<Item = &'a Arc<Container>> {
        let names = self.filters.patterns("name");
        state
            .list(&self.filter)
            .filter(|container| {
                self.all || container.running().is_some() || container.restarts.due.is_some()
            })
            .filter(move |container| {
                let name = container.name.as_str();
                names.is_match(name) || names.is_match(&format!("/{name}"))
            })
            .take(self.limit)
    }
}

/// Reads all keys but `name`, whose patterns are matched apart.
fn container_filter(filters: &Filters, state: &State) -> Result<ContainerFilter, ApiError> {
    let strings = |key: &str| filters.get(key).map(str::to_owned).collect::<Vec<String>>();
    let phases: Option<BTreeSet<PhaseName>> = filters.get("status").map(PhaseName::parse).collect();
    let healths: Option<Vec<Health>> = filters.get("health").map(Health::parse).collect();
    let exited: Result<Vec<i64>, _> = filters.get("exited").map(str::parse).collect();
    let is_task =
        filters.contains("is-task").then(|| filters.bool_or("is-task", false)).transpose()?;
    let mut isolations = filters.get("isolation");
    let foreign = isolations.any(|isolation| !matches!(isolation, "" | "default"));
    Ok(ContainerFilter {
        ids: strings("id"),
        names: Vec::new(),
        phases: phases.ok_or_else(|| filters.value_error("status"))?,
        labels: filters.get("label").map(label).collect(),
        ancestors: filters.contains("ancestor").then(|| ancestors(filters, state)),
        exited: exited.map_err(|_| filters.value_error("exited"))?,
        networks: strings("network"),
        healths: healths.ok_or_else(|| filters.value_error("health"))?,
        before: neighbour(filters, "before", state)?,
        since: neighbour(filters, "since", state)?,
        // An isolation of Windows is like a volume that is not there: no container has one.
        volumes: if foreign { vec!["isolation of Windows".to_owned()] } else { strings("volume") },
        exposed: ports(filters, "expose")?,
        published: ports(filters, "publish")?,
        is_task,
    })
}

fn label(text: &str) -> (String, Option<String>) {
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.to_owned(), None),
    }
}

/// Gives the images that a filter names; one that is not here has no containers.
fn ancestors(filters: &Filters, state: &State) -> BTreeSet<journal_domain::ImageId> {
    let found = filters
        .get("ancestor")
        .filter_map(|name| state.find_image(name, api_shown::image_name(name).as_ref()).ok());
    found.map(|image| image.id).collect()
}

/// Finds the container that others were created before or after; of several, the last named counts.
fn neighbour(filters: &Filters, key: &str, state: &State) -> Result<Option<ContainerId>, ApiError> {
    let found = filters.get(key).last().map(|target| state.find(target)).transpose()?;
    Ok(found.map(|container| container.id))
}

/// Reads ports as `80`, `80/udp` or `8000-8010/tcp`.
fn ports(filters: &Filters, key: &str) -> Result<Vec<String>, ApiError> {
    let mut ports = Vec::new();
    for text in filters.get(key) {
        let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else {
            return Err(filters.value_error(key).into());
        };
        ports.extend((first..=last).map(|port| format!("{port}/{protocol}")));
        if ports.len() > PORTS_MAX {
            return Err(filters.value_error(key).into());
        }
    }
    Ok(ports)
}
