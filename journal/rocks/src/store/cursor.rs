//! Reading records in order.

use bytes::Bytes;
use journal_log::{ReadError, Record, Seq};
use rocksdb::DBRawIterator;

/// A reading of consecutive records. It ends with the last one, or with the first error.
pub(crate) struct Cursor<'a> {
    records: DBRawIterator<'a>,
    next: Seq,
    last: Seq,
    /// The last record that was trimmed.
    trimmed: Seq,
    is_begun: bool,
}

/// Returns the key of a record: its place, big-endian, so that keys sort as places do.
pub(super) const fn key_of(seq: Seq) -> [u8; 8] {
    seq.get().to_be_bytes()
}

/// Reads a record's key.
pub(super) fn seq_of(key: &[u8]) -> Option<Seq> {
    Some(Seq::new(u64::from_be_bytes(key.try_into().ok()?)))
}

impl<'a> Cursor<'a> {
    /// Reads from `from` to `last`.
    pub(super) fn new(records: DBRawIterator<'a>, from: Seq, last: Seq, trimmed: Seq) -> Self {
        Self { records, next: from.max(Seq::FIRST), last, trimmed, is_begun: false }
    }

    /// Returns the next record's place and bytes, in the database's memory.
    pub(crate) fn next_bytes(&mut self) -> Option<Result<(Seq, &[u8]), ReadError>> {
        let seq = self.next;
        if seq > self.last {
            return None;
        }
        if seq <= self.trimmed {
            self.last = Seq::GENESIS;
            return Some(Err(ReadError::Trimmed { seq, first: self.trimmed.next() }));
        }
        if self.is_begun {
            self.records.next();
        } else {
            self.records.seek(key_of(seq));
            self.is_begun = true;
        }
        let is_there = self.records.key().and_then(seq_of) == Some(seq);
        if !is_there {
            self.last = Seq::GENESIS;
            return Some(Err(match self.records.status() {
                Ok(()) => ReadError::Missing { seq },
                Err(error) => ReadError::Store { seq, source: error.into() },
            }));
        }
        self.next = seq.next();
        self.records.value().map(|value| Ok((seq, value)))
    }
}

impl Iterator for Cursor<'_> {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record =
            self.next_bytes()?.and_then(|(seq, bytes)| checked(seq, Record::decode(bytes)));
        if record.is_err() {
            self.last = Seq::GENESIS;
        }
        Some(record)
    }
}

/// A reading of single records that goes on after an error.
pub(crate) struct Tolerant<'a> {
    records: DBRawIterator<'a>,
    at: Option<Seq>,
}

impl<'a> Tolerant<'a> {
    pub(super) const fn new(records: DBRawIterator<'a>) -> Self {
        Self { records, at: None }
    }

    /// Reads the bytes of the record at `seq`; one after the other is the quick way.
    pub(crate) fn get(&mut self, seq: Seq) -> Result<Bytes, ReadError> {
        match self.at {
            Some(at) if at == seq => {}
            Some(at) if at.next() == seq => self.records.next(),
            Some(_) | None => self.records.seek(key_of(seq)),
        }
        self.at = None;
        match self.records.item() {
            Some((key, value)) if seq_of(key) == Some(seq) => {
                self.at = Some(seq);
                Ok(Bytes::copy_from_slice(value))
            }
            Some(_) | None => Err(match self.records.status() {
                Ok(()) => ReadError::Missing { seq },
                Err(error) => ReadError::Store { seq, source: error.into() },
            }),
        }
    }
}

/// Says where a record stands that cannot be read, or that says it belongs elsewhere.
pub(crate) fn checked(
    seq: Seq,
    record: Result<Record, journal_log::FrameError>,
) -> Result<Record, ReadError> {
    let record = record.map_err(|source| ReadError::Frame { seq, source })?;
    if record.header.seq == seq { Ok(record) } else { Err(ReadError::Missing { seq }) }
}
