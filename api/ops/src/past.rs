//! The past for reading: the state at a point, what changed between two, and what has happened to one container.
//!
//! Everything here is made of worlds and records alone, so a running server and the command line without one tell the
//! same. Times are texts, RFC 3339 in UTC.

mod diff;
mod explain;
mod facts;
mod fields;
mod listing;
mod routes;

use std::fmt;

use api_types::{PointName, TimeError, UnixTime};
use journal_log::{Seq, Timestamp};
use projector_containers::Containers;
use projector_engine::{Point, World};
use serde::{Deserialize, Serialize};

pub use self::{
    diff::{Change, ChangeKind, Diff, FieldChange, diff},
    explain::{ExplainError, Step, Who, explain},
    facts::{Facts, Kind},
    listing::{ContainerLine, ImageLine, Listing, ListingError, Subject, UnitLine, listing},
    routes::{past, question},
};

/// The point that an answer is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointView {
    /// The last record that is in it.
    pub seq: u64,
    /// Its time.
    pub time: String,
}

/// Reads a point as users write it: the place of a record, or a time.
pub fn parse_point(text: &str, now: Timestamp) -> Result<Point, TimeError> {
    let now = UnixTime::from_nanos(now.as_unix_nanos().into());
    Ok(match PointName::parse(text, now)? {
        PointName::Seq(seq) => Point::Record(Seq::new(seq)),
        PointName::Time(time) => Point::Time(Timestamp::from_unix_nanos(time.saturating_nanos())),
    })
}

/// Gives the time that ages are told as of: the one that was asked for, or the record's.
pub fn time_of(point: Point, world: &World<Containers>) -> Timestamp {
    match point {
        Point::Record(_) => world.at,
        Point::Time(at) => at,
    }
}

// === impl PointView ===

impl PointView {
    /// Names the point of `world`.
    pub fn of(world: &World<Containers>) -> Self {
        Self { seq: world.seq.get(), time: world.at.to_string() }
    }
}

impl fmt::Display for PointView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {} ({})", self.seq, self.time)
    }
}

#[cfg(test)]
mod tests;
