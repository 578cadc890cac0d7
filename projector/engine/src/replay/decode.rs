//! A record as the fold needs it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use journal_log::{Body, CommandView, Record, Seq, Wire};
use projector_machine::{Machine, Stamp};

use super::ReplayError;
use crate::panics;

/// A record as the fold needs it.
pub(crate) struct Decoded<M: Machine> {
    pub(crate) stamp: Stamp,
    pub(crate) events: Vec<M::Event>,
    pub(super) note: Note,
}

/// What a record says beside events.
pub(super) enum Note {
    /// Nothing.
    None,
    /// The state's hash at a point.
    Hash { seq: Seq, state_hash: [u8; 32] },
    /// The oldest release that may go on.
    Barrier { needed: String },
    /// Records were lost and passed over.
    Skip { first: Seq, last: Seq },
}

impl<M: Machine> Decoded<M> {
    /// Decodes `record`; a panic of the domain's decoder is an error too.
    pub(crate) fn of(record: &Record) -> Result<Self, ReplayError> {
        catch_unwind(AssertUnwindSafe(|| Self::decode(record))).unwrap_or_else(|panic| {
            let message = panics::message_of(&*panic);
            Err(ReplayError::Poison { seq: record.header.seq, kind: record.header.kind, message })
        })
    }

    fn decode(record: &Record) -> Result<Self, ReplayError> {
        let seq = record.header.seq;
        let body = Body::view(record).map_err(|error| ReplayError::undecodable(seq, error))?;
        let mut at = record.header.hlc.wall();
        let mut events = Vec::new();
        let mut note = Note::None;
        match body {
            Body::Command(body) | Body::Observation(body) | Body::Timer(body) => {
                at = body.now;
                events = events_of::<M>(seq, &body)?;
            }
            Body::Epoch(body) => at = body.now,
            Body::Seal(_) => {}
            // A state of another schema has other parts, and so another hash.
            Body::SnapshotRef(body) if body.schema != M::SCHEMA => {}
            Body::SnapshotRef(body) => {
                note = Note::Hash { seq: body.seq, state_hash: body.state_hash };
            }
            // It names no schema; its snapshot does, and is compared with the hash beside it wherever it is loaded.
            Body::Trim(body) => at = body.now,
            Body::StateHash(body) => {
                note = Note::Hash { seq: body.seq, state_hash: body.state_hash };
            }
            Body::VersionBarrier(body) => note = Note::Barrier { needed: body.min_binary },
            // What stands in for a lost record has that record's time, not that of the act.
            Body::Skip(body) => note = Note::Skip { first: body.first, last: body.last },
        }
        Ok(Self { stamp: Stamp { seq, at }, events, note })
    }
}

fn events_of<M: Machine>(seq: Seq, body: &CommandView<'_>) -> Result<Vec<M::Event>, ReplayError> {
    let events = body.events.iter().map(|payload| M::Event::from_payload(*payload));
    events.collect::<Result<_, _>>().map_err(|error| ReplayError::undecodable(seq, error))
}
