//! The walk along the chain: at each place the record that belongs there, whoever has it.

use bytes::Bytes;
use journal_log::{ChainVerifier, Record, Seq};

use super::sources::{Candidates, Origin, Sources};

/// What is at a place.
pub(super) enum Step {
    /// The record that continues the chain.
    Found { origin: Origin, record: Record },
    /// Nobody has it. The first one after it that somebody has is at `next`.
    Lost { first: Seq, next: Option<Record> },
    /// All that is known of was taken.
    End,
}

/// A walk along the chain.
pub(super) struct Walk<'s> {
    candidates: Candidates<'s>,
    verifier: ChainVerifier,
    last: Seq,
}

impl<'s> Walk<'s> {
    /// Begins after what `verifier` has taken.
    pub(super) fn new(sources: &'s Sources, verifier: ChainVerifier) -> Self {
        Self { candidates: Candidates::new(sources), verifier, last: sources.last() }
    }

    /// Returns the chain up to here.
    pub(super) const fn verifier(&self) -> &ChainVerifier {
        &self.verifier
    }

    /// Takes the next place.
    pub(super) fn step(&mut self) -> Step {
        let seq = self.verifier.tail().seq.next();
        if seq > self.last {
            return Step::End;
        }
        match self.belonging(seq) {
            Some((origin, record)) => {
                self.verifier = ChainVerifier::after(&record);
                Step::Found { origin, record }
            }
            None => Step::Lost { first: seq, next: self.next_after(seq) },
        }
    }

    /// Goes on after what stands in for lost records, or after a record that is believed.
    pub(super) fn resume(&mut self, verifier: ChainVerifier) {
        self.verifier = verifier;
    }

    /// Finds the record that continues the chain at `seq`; of several, the one that the next place links to.
    fn belonging(&mut self, seq: Seq) -> Option<(Origin, Record)> {
        let verifier = self.verifier;
        let mut found: Vec<(Origin, Record)> = self
            .candidates
            .at(seq)
            .into_iter()
            .filter_map(|(origin, bytes)| Some((origin, decoded(seq, &bytes)?)))
            .filter(|(_, record)| ChainVerifier::check(&mut { verifier }, record).is_ok())
            .collect();
        if found.len() > 1 {
            let links: Vec<_> = self
                .candidates
                .at(seq.next())
                .iter()
                .filter_map(|(_, bytes)| Some(decoded(seq.next(), bytes)?.header.previous))
                .collect();
            found.sort_by_key(|(_, record)| !links.contains(&record.hash()));
        }
        found.into_iter().next()
    }

    /// Finds the first whole record after `seq`.
    fn next_after(&mut self, seq: Seq) -> Option<Record> {
        let mut at = seq.next();
        while at <= self.last {
            let whole = self.candidates.at(at).iter().find_map(|(_, bytes)| decoded(at, bytes));
            if whole.is_some() {
                return whole;
            }
            at = at.next();
        }
        None
    }
}

fn decoded(seq: Seq, bytes: &Bytes) -> Option<Record> {
    Record::decode_shared(bytes).ok().filter(|record| record.header.seq == seq)
}
