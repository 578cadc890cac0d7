//! A place in a container's output.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place between two frames: a segment's number and the bytes before the place in that segment.
///
/// Places are ordered as the output is. [`LogPosition::START`] is before everything, also before what has not been
/// written yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogPosition {
    /// The number of the segment; the first is 1.
    pub segment: u32,
    /// Bytes of the segment before the place.
    pub offset: u64,
}

impl LogPosition {
    /// The place before the first frame, whichever segment that is in.
    pub const START: Self = Self { segment: 0, offset: 0 };

    /// The number of a log's first segment.
    pub const FIRST_SEGMENT: u32 = 1;
}

impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}+{}", self.segment, self.offset)
    }
}
