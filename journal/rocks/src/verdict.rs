//! What to do about a journal and its witness that do not agree: a table, without I/O.
//!
//! The journal's last record is J, the witness's R, and A is the last record that the witness knows was
//! acknowledged. A group is acknowledged only when both have it, and the next is begun only then. So they differ
//! by one group at most, unless one of them was lost, damaged or exchanged.

use journal_log::Seq;

/// What the journal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JournalEnd {
    /// Whether there was a database at all.
    pub(crate) exists: bool,
    /// J, genesis for an empty journal.
    pub(crate) last: Seq,
    /// The first record of J's group.
    pub(crate) group: Seq,
}

/// What the witness holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WitnessEnd {
    /// The first record from which it has everything up to R; genesis where it is empty.
    pub(crate) first: Seq,
    /// R, genesis for an empty witness.
    pub(crate) last: Seq,
    /// A.
    pub(crate) acknowledged: Seq,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They agree.
    Start,
    /// The journal has one group more, which was never acknowledged: the witness has to take it.
    Witness {
        /// The group's first record.
        first: Seq,
    },
    /// The journal's end is gone and the witness has it.
    TakeBack {
        /// The first record that is gone.
        first: Seq,
        /// The last one.
        last: Seq,
    },
    /// The witness is gone or behind, and the caller has said to make a new one.
    Rebuild,
    /// Only a person can decide.
    Refuse(Refusal),
}

/// Why only a person can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The database is gone and the witness is not.
    Wiped,
    /// Acknowledged records are gone and the witness does not have them all.
    Lost {
        /// The first record that is gone.
        first: Seq,
        /// The last one that is known to have been acknowledged.
        last: Seq,
    },
    /// There are records and no witness.
    NoWitness,
    /// The witness ends more than a group before the journal.
    WitnessBehind,
}

/// Decides; `witness` is none where there is no file or its headers are damaged.
pub(crate) fn judge(journal: JournalEnd, witness: Option<WitnessEnd>, rebuild: bool) -> Verdict {
    let is_empty = journal.last == Seq::GENESIS;
    let Some(witness) = witness else {
        return match (is_empty, rebuild) {
            (true, _) | (false, true) => Verdict::Rebuild,
            (false, false) => Verdict::Refuse(Refusal::NoWitness),
        };
    };
    if !journal.exists && witness.last != Seq::GENESIS {
        return Verdict::Refuse(Refusal::Wiped);
    }
    let next = journal.last.next();
    if journal.last == witness.last
        || (journal.last < witness.last && journal_log::planted!("witness-not-asked"))
    {
        Verdict::Start
    } else if journal.last < witness.last {
        if witness.first <= next {
            Verdict::TakeBack { first: next, last: witness.last }
        } else {
            Verdict::Refuse(Refusal::Lost { first: next, last: witness.acknowledged })
        }
    } else if journal.group <= witness.last.next() {
        Verdict::Witness { first: witness.last.next() }
    } else if rebuild {
        Verdict::Rebuild
    } else {
        Verdict::Refuse(Refusal::WitnessBehind)
    }
}

#[cfg(test)]
mod tests;
