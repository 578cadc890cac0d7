//! Records that stand in for lost ones, so that the chain goes on where an operator has said so.
//!
//! Each lost place gets one. The first links to the last record before the loss; the record after the last one
//! still carries the hash of the lost record, which the stand-ins' body names. Everything that a verifier
//! checks, but for that one link, holds over the stand-ins as well: places, clocks, epochs, groups.

use bytes::Bytes;

use crate::{
    Body, BodyCodec, ChainVerifier, EncodeError, Flags, Header, Hlc, Record, RecordKind, RequestId,
    Seq, SkipBodyV1,
};

/// Lost records that are passed over at once.
///
/// Each gets a record of some 300 bytes, and whoever has lost more than a million is better served by a backup.
pub const SKIPPED_MAX: u64 = 1_000_000;

/// Why nothing can stand in for lost records.
#[derive(Debug, thiserror::Error)]
pub enum StandInError {
    /// The body cannot be written.
    #[error("the record that passes over lost ones cannot be written")]
    Encode(#[from] EncodeError),
    /// The range does not follow what is before it, or is followed by another record than the one that is given.
    #[error("records {first} to {last} are not what is lost between two readable ones")]
    Range {
        /// The first.
        first: Seq,
        /// The last.
        last: Seq,
    },
    /// There are too many of them.
    #[error("{count} lost records are too many to be passed over, {SKIPPED_MAX} at most can be")]
    TooMany {
        /// How many there are.
        count: u64,
    },
}

/// Makes the records for the places `body.first` to `body.last`, after what `before` has taken.
///
/// `next` is the record after the lost ones, where there is one.
pub fn stand_ins(
    before: &ChainVerifier,
    next: Option<&Header>,
    body: &SkipBodyV1,
) -> Result<Vec<Record>, StandInError> {
    let (first, last) = (body.first, body.last);
    let follows = next.is_none_or(|next| next.seq == last.next());
    if first != before.tail().seq.next() || last < first || !follows {
        return Err(StandInError::Range { first, last });
    }
    let count = last.get() - first.get() + 1;
    if count > SKIPPED_MAX {
        return Err(StandInError::TooMany { count });
    }
    let encoded: Bytes = Body::Skip(body.clone()).encode()?.into();
    let mut verifier = *before;
    // The group that the next record is in the middle of has begun among the lost ones, or before them.
    let resumed = next.filter(|next| !next.flags.contains(Flags::GROUP_FIRST));
    let resumed = resumed.map(|next| next.group);
    let mut records = Vec::new();
    let mut seq = first;
    while seq <= last {
        let tail = verifier.tail();
        let (group, flags) = place_in_group(verifier.open_group(), resumed, seq);
        let record = Record {
            header: Header {
                codec: BodyCodec::Bincode2,
                flags,
                seq,
                epoch: next.map_or(tail.epoch, |next| next.epoch),
                hlc: Hlc::new(tail.hlc.get().saturating_add(1)),
                kind: RecordKind::Skip,
                version: 1,
                body_bytes: u32::try_from(encoded.len()).expect("bodies are at most 1 MiB"),
                group,
                request: RequestId::NONE,
                previous: tail.hash,
                body_crc32c: crc32c::crc32c(&encoded),
            },
            body: encoded.clone(),
        };
        verifier.check(&record).map_err(|_| StandInError::Range { first, last })?;
        records.push(record);
        seq = seq.next();
    }
    Ok(records)
}

/// Returns the group of the record at `seq`, and whether it begins and ends it.
fn place_in_group(open: Option<Seq>, resumed: Option<Seq>, seq: Seq) -> (Seq, Flags) {
    match (open, resumed) {
        (Some(open), Some(resumed)) if open == resumed => (open, Flags::default()),
        // Its end is among the lost records, so it ends here.
        (Some(open), _) => (open, Flags::GROUP_LAST),
        (None, Some(resumed)) if resumed == seq => (seq, Flags::GROUP_FIRST),
        (None, _) => (seq, Flags::GROUP_FIRST.with(Flags::GROUP_LAST)),
    }
}

#[cfg(test)]
mod tests;
