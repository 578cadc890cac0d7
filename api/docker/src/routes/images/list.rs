//! `GET /images/json`.

use std::sync::Arc;

use api_shown::ReferencePattern;
use api_types::{Filters, ImageSummary, Query};
use journal_domain::Image;
use journal_log::Timestamp;
use projector_containers::State;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call, read_list},
    error::ApiError,
    moment::Look,
    routes::Route,
};

/// The keys that the listing knows.
const KEYS: &[&str] = &["before", "dangling", "label", "reference", "since", "until"];

/// What is listed.
struct Asked {
    filters: Filters,
    dangling: Option<bool>,
    before: Option<Timestamp>,
    since: Option<Timestamp>,
    references: Vec<ReferencePattern>,
    /// Whether those are listed too that others were only made of.
    all: bool,
}

pub(super) fn route() -> Route {
    warp::path!("json")
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.look("/images/json", list))
        .boxed()
}

async fn list(look: Look) -> Result<Response, ApiError> {
    let version = look.version()?;
    let query = look.query()?;
    let world = look.world();
    let asked = Asked::read(&query, &world.state, look.now())?;
    let users = query.bool("shared-size").then(|| api_shown::layer_users(&world.state));
    let mut found: Vec<(&Arc<Image>, ImageSummary)> = world
        .state
        .images()
        .iter()
        .filter_map(|image| Some((image, asked.line(&world.state, image)?)))
        .collect();
    // The newest first, and of two that are as old, always the same one.
    found.sort_by(|(one, _), (other, _)| {
        other.created.cmp(&one.created).then(one.id.cmp(&other.id))
    });
    let lines = found.into_iter().map(|(image, line)| ImageSummary {
        virtual_size: api_shown::virtual_size(version, line.size),
        shared_size: users.as_ref().map_or(-1, |users| api_shown::shared_size(image, users)),
        ..line
    });
    Ok(read_list(&world, &lines.collect()))
}

// === impl Asked ===

impl Asked {
    fn read(query: &Query, state: &State, now: Timestamp) -> Result<Self, ApiError> {
        let filters = Filters::parse(query.get("filters").unwrap_or_default())?;
        filters.validate(KEYS)?;
        let dangling =
            filters.contains("dangling").then(|| filters.bool_or("dangling", false)).transpose()?;
        let references =
            filters.get("reference").map(ReferencePattern::parse).collect::<Result<_, _>>();
        let references = references.map_err(|error| ApiError::invalid(error.to_string()))?;
        let before = [created(&filters, "before", state)?, until(&filters, now)?];
        Ok(Self {
            all: query.bool("all"),
            dangling,
            before: before.into_iter().flatten().min(),
            since: created(&filters, "since", state)?,
            references,
            filters,
        })
    }

    /// Makes the line of an image, unless a filter keeps it out.
    fn line(&self, state: &State, image: &Image) -> Option<ImageSummary> {
        let images = state.images();
        let names = images.names(&image.id);
        let made = api_shown::created(image).unwrap_or(Timestamp::ZERO);
        let nameless = names.is_empty() && images.sources(&image.id).is_empty();
        let is_step = nameless && images.has_children(&image.id);
        let wanted = (self.all || !is_step)
            && self.dangling.is_none_or(|dangling| dangling == (nameless && !is_step))
            && self.before.is_none_or(|before| made < before)
            && self.since.is_none_or(|since| made > since)
            && self.filters.label_match("label", &image.config.labels);
        if !wanted {
            return None;
        }
        let mut line = api_shown::image_summary(images, image);
        if !self.references.is_empty() {
            line.repo_tags.retain(|tag| self.references.iter().any(|pattern| pattern.matches(tag)));
            if line.repo_tags.is_empty() {
                return None;
            }
        }
        Some(line)
    }
}

/// Gives when the image that a key names was made; of several, the last counts.
fn created(filters: &Filters, key: &str, state: &State) -> Result<Option<Timestamp>, ApiError> {
    let Some(name) = filters.get(key).last() else { return Ok(None) };
    let image = state.find_image(name, api_shown::image_name(name).as_ref())?;
    Ok(Some(api_shown::created(image).unwrap_or(Timestamp::ZERO)))
}

fn until(filters: &Filters, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = filters.get("until").last() else { return Ok(None) };
    Ok(Some(api_asked::time(text, now)?))
}
