//! The body of the records that stand in for lost ones.

use serde::{Deserialize, Serialize};

use crate::{RecordHash, Seq, Timestamp};

/// An operator has passed over records that nobody has any more.
///
/// Each lost place gets a record with this body, so that places stay gapless, and one more stands at the end of
/// the log, where the act itself was done. The break of the chain after `last` is accepted because of it alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkipBodyV1 {
    /// When it was done.
    pub now: Timestamp,
    /// Who did it, as `uid:0`.
    pub operator: String,
    /// Why, in the operator's words.
    pub reason: String,
    /// The first record that is lost.
    pub first: Seq,
    /// The last record that is lost.
    pub last: Seq,
    /// The hash that `last` had, which the record after it carries; none where no record is after it.
    pub resumes: Option<RecordHash>,
    /// What is known of what was lost: where it stood, what was wrong with it.
    pub damage: String,
}
