//! The opening and the end of a stream, on record.

use journal_domain::{
    CloseStream, OpenStream, StreamEnd, StreamId, StreamKind, StreamTarget, SystemCommand,
};
use journal_log::Seq;

use crate::{call::Call, error::ApiError};

/// A stream whose opening is on record; its end is put there by [`close`](Self::close).
pub(super) struct RecordedStream {
    call: Call,
    id: StreamId,
    /// The record of the opening.
    pub(super) seq: Seq,
}

impl RecordedStream {
    /// Puts the opening on record.
    pub(super) async fn open(
        call: &Call,
        target: StreamTarget,
        kind: StreamKind,
    ) -> Result<Self, ApiError> {
        let id = StreamId::from_bytes(crate::random::bytes());
        let open = OpenStream { id, target, kind };
        let committed = call.submit(SystemCommand::from(open)).await?;
        Ok(Self { call: call.clone(), id, seq: committed.stamp.seq })
    }

    /// Puts the end on record.
    pub(super) async fn close(self, end: StreamEnd) {
        let close = CloseStream { id: self.id, end };
        if self.call.submit(SystemCommand::from(close)).await.is_err() {
            // The next server closes what it finds open.
            tracing::debug!(stream = %self.id, "the end of a stream is not on record");
        }
    }
}
