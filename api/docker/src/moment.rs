//! The moment that a call looks at: the present, or a point of the past, as `/at/{point}` in front of the path asks.
//!
//! A route that reads is given a [`Look`]. It has no way to the present state but through [`Look::present`], which a
//! point of the past refuses; so no such route can answer with the present what was asked of the past. A route that is
//! given a [`Call`] is not asked at all about the past: [`Call::answer`] refuses for it.

mod look;

use std::sync::Arc;

use api_types::{PointName, UnixTime};
use journal_log::{Seq, Timestamp};
use percent_encoding::percent_decode_str;
use projector_containers::Containers;
use projector_engine::{Point, World};

pub(crate) use self::look::Look;
use crate::{call::Call, error::ApiError};

/// What stands before a point in a path.
const PREFIX: &str = "/at/";

/// The moment that a call looks at.
#[derive(Debug, Clone)]
pub(crate) enum Moment {
    /// Now.
    Present,
    /// A point of the past.
    Past {
        /// The state of then.
        world: Arc<World<Containers>>,
        /// The time of then: the one that was asked for, or the record's.
        at: Timestamp,
    },
}

/// Takes the point off a path: gives it as the client wrote it, and the rest of the path.
pub(crate) fn split_point(path: &str) -> (Option<&str>, &str) {
    let Some(rest) = path.strip_prefix(PREFIX) else { return (None, path) };
    let end = rest.find('/').unwrap_or(rest.len());
    let after = if rest[end..].is_empty() { "/" } else { &rest[end..] };
    (Some(&rest[..end]), after)
}

/// Finds the moment that a call asks for.
pub(super) async fn find(call: &Call) -> Result<Moment, ApiError> {
    let Some(text) = call.point() else { return Ok(Moment::Present) };
    let text = percent_decode_str(text).decode_utf8_lossy();
    let now = call.now();
    let (point, asked) =
        match PointName::parse(&text, UnixTime::from_nanos(now.as_unix_nanos().into()))? {
            PointName::Seq(seq) => (Point::Record(Seq::new(seq)), None),
            PointName::Time(time) => {
                let at = Timestamp::from_unix_nanos(time.saturating_nanos());
                if at > now {
                    return Err(ApiError::invalid(format!("{at} is still to come: it is {now}")));
                }
                (Point::Time(at), Some(at))
            }
        };
    let world = call.context().handle.world_at(point).await?;
    let at = asked.unwrap_or(world.at);
    Ok(Moment::Past { world, at })
}

#[cfg(test)]
mod tests;
