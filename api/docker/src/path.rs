//! Objects in paths: a container or exec is one segment, an image's name may be several.

use std::{convert::Infallible, str::FromStr};

use percent_encoding::percent_decode_str;
use warp::{Filter, Rejection, filters::path::Tail};

/// What a client wrote in a segment of the path: an id, a prefix of one, or a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target(pub(crate) String);

/// Takes the rest of a path that ends with `/{ending}`, and gives what is before that.
///
/// For image names, which hold slashes: `/images/localhost:5000/team/app/json`.
pub(crate) fn name_before(
    ending: &'static str,
) -> impl Filter<Extract = (Target,), Error = Rejection> + Clone {
    warp::path::tail().and_then(move |tail: Tail| {
        let name = tail.as_str().strip_suffix(ending).and_then(|rest| rest.strip_suffix('/'));
        let name = name.filter(|name| !name.is_empty()).map(decoded);
        std::future::ready(name.ok_or_else(warp::reject::not_found))
    })
}

/// Takes the whole rest of a path as a name.
pub(crate) fn whole_name() -> impl Filter<Extract = (Target,), Error = Rejection> + Clone {
    warp::path::tail().and_then(|tail: Tail| {
        let name = Some(tail.as_str()).filter(|name| !name.is_empty()).map(decoded);
        std::future::ready(name.ok_or_else(warp::reject::not_found))
    })
}

/// Reads a name as it stands in a path.
pub(crate) fn decoded(text: &str) -> Target {
    let decode = || percent_decode_str(text).decode_utf8_lossy();
    let name = if text.contains('%') { decode() } else { text.into() };
    Target(name.strip_prefix('/').unwrap_or(&name).to_owned())
}

// === impl Target ===

impl FromStr for Target {
    type Err = Infallible;

    fn from_str(segment: &str) -> Result<Self, Infallible> {
        Ok(decoded(segment))
    }
}

#[cfg(test)]
mod tests;
