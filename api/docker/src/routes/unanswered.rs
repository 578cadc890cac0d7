//! What no route answers: a route of Docker's that is not built yet, one of a swarm, for this is none, or a path that
//! Docker does not have either.

mod unbuilt;

use http::Method;
use warp::{Filter, reply::Response};

use self::unbuilt::UNBUILT;
use super::Route;
use crate::{
    call::{Call, call},
    error::ApiError,
    moment::Look,
};

/// The name of unknown paths in metrics.
const UNKNOWN: &str = "(unknown)";

/// Answers everything; to be joined last.
pub(super) fn route() -> Route {
    call()
        .then(|call: Call| {
            let known = known(call.method(), call.path());
            let template = known.map_or(UNKNOWN, |(template, _)| template);
            call.look(template, move |look| unanswered(look, known))
        })
        .boxed()
}

async fn unanswered(
    look: Look,
    known: Option<(&'static str, &'static str)>,
) -> Result<Response, ApiError> {
    // A version that is not answered ends up here too, and says why.
    look.version()?;
    Err(match known {
        Some((template, _)) if is_of_a_swarm(template) => ApiError::outside_of_a_swarm(),
        // The docker CLI looks in one kind of object after the other, and passes over those that are "not supported".
        Some((template, what)) => ApiError::not_implemented(format!(
            "{what} is not supported yet ({} {template} of the Docker API)",
            look.method()
        )),
        None => ApiError::no_such_page(),
    })
}

/// Tells whether a route is answered by managers of a swarm alone. Making or joining one is not built.
fn is_of_a_swarm(template: &str) -> bool {
    /// The first parts of the paths of a swarm's objects.
    const OBJECTS: [&str; 6] = ["swarm", "nodes", "services", "tasks", "secrets", "configs"];
    let object = template.split('/').nth(1).unwrap_or_default();
    OBJECTS.contains(&object) && !["/swarm/init", "/swarm/join"].contains(&template)
}

/// Finds the route of Docker's that a request is for: its template, and what users know it by.
fn known(method: &Method, path: &str) -> Option<(&'static str, &'static str)> {
    let (_, template, what) =
        UNBUILT.iter().find(|(verb, template, _)| method == verb && matches(template, path))?;
    Some((template, what))
}

/// Tells whether a path is one of a template, which has one placeholder at most. A name may hold slashes, an id not.
fn matches(template: &str, path: &str) -> bool {
    let Some((before, rest)) = template.split_once('{') else { return template == path };
    let (placeholder, after) = rest.split_once('}').unwrap_or((rest, ""));
    let found = path.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    found.is_some_and(|found| !found.is_empty() && (placeholder == "name" || !found.contains('/')))
}

#[cfg(test)]
mod tests;
