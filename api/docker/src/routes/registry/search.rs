//! `GET /images/search`.

use api_types::Filters;
use backends_images::Found;
use http::StatusCode;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
    routes::Route,
};

/// Results where a client does not say how many: Docker's number.
const RESULTS_DEFAULT: u32 = 25;

/// Results at most: Docker Hub's own limit.
const RESULTS_MAX: u32 = 100;

/// The keys that a search knows.
const KEYS: &[&str] = &["is-automated", "is-official", "stars"];

pub(super) fn route() -> Route {
    warp::path!("images" / "search")
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.answer("/images/search", search))
        .boxed()
}

async fn search(call: Call) -> Result<Response, ApiError> {
    call.version()?;
    let query = call.query()?;
    let limit = match query.get("limit").filter(|limit| !limit.is_empty()) {
        None | Some("0") => RESULTS_DEFAULT,
        Some(text) => text.parse().ok().filter(|limit| *limit <= RESULTS_MAX).ok_or_else(|| {
            ApiError::invalid(format!("limit {text} is outside the range of [1, {RESULTS_MAX}]"))
        })?,
    };
    let filters = Filters::parse(query.get("filters").unwrap_or_default())?;
    filters.validate(KEYS)?;
    let flag =
        |name: &str| filters.contains(name).then(|| filters.bool_or(name, false)).transpose();
    let (official, automated) = (flag("is-official")?, flag("is-automated")?);
    let stars = filters
        .get("stars")
        .map(|text| text.parse::<i64>())
        .max_by_key(|stars| stars.as_ref().copied().unwrap_or_default());
    let stars = stars.transpose().map_err(|_| ApiError::invalid("invalid filter 'stars'"))?;
    let term = query.get("term").unwrap_or_default();
    let found = call.context().registry.find(term, limit, &call.credentials()?).await;
    let mut found = found.map_err(|error| ApiError::registry_failed(&error))?;
    found.retain(|found: &Found| {
        official.is_none_or(|wanted| found.is_official == wanted)
            && automated.is_none_or(|wanted| found.is_automated == wanted)
            && stars.is_none_or(|stars| found.star_count >= stars)
    });
    Ok(reply::json(StatusCode::OK, &found))
}
