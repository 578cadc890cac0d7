//! What is said of a damaged log: the record, the file, what is after it, and the ways out as commands.

use std::{fmt::Write as _, path::Path};

use journal_log::Seq;
use journal_rocks::{OpenError, Rescue};
use projector_engine::ReplayError;

use crate::{
    exit::{self, Coded},
    serve,
};

/// How the message begins where something is wrong with the log.
const DAMAGED: &str = "the log is damaged";

/// Which ways lead out.
enum Ways {
    /// The records are there; their witness is not.
    Witness,
    /// Records are damaged or gone, the first of them this one.
    Records(Seq),
    /// The record is whole, and this release cannot take it.
    Release(Seq),
    /// No snapshot stands for what was trimmed.
    Snapshot,
    /// Only starting again, or looking at what the message says.
    None,
}

/// Makes the error that ends a server which finds the log in `data` damaged as it opens it.
pub(crate) fn of_opening(error: &OpenError, data: &Path) -> anyhow::Error {
    let ways = match error {
        OpenError::NoWitness { .. } | OpenError::WitnessBehind { .. } => Ways::Witness,
        OpenError::Corrupt { seq, .. }
        | OpenError::Lost { first: seq, .. }
        | OpenError::Diverged { seq } => Ways::Records(*seq),
        OpenError::Read(error) => Ways::Records(error.seq()),
        OpenError::Chain(error) => Ways::Records(error.seq),
        OpenError::Wiped { .. } => Ways::Records(Seq::FIRST),
        OpenError::WitnessForeign { .. }
        | OpenError::Stuck { .. }
        | OpenError::Locked { .. }
        | OpenError::Absent { .. }
        | OpenError::Newer { .. }
        | OpenError::Store(_)
        | OpenError::File(_)
        | OpenError::Thread { .. } => Ways::None,
    };
    message(DAMAGED, &exit::chain(error), &ways, data)
}

/// Makes the error that ends a server which cannot replay the log in `data`.
pub(crate) fn of_replay(error: &ReplayError, told: &str, data: &Path) -> anyhow::Error {
    let ways = match error {
        ReplayError::Read(error) => Ways::Records(error.seq()),
        ReplayError::Chain(error) => Ways::Records(error.seq),
        ReplayError::AheadOfLog { head, .. } => Ways::Records(head.next()),
        ReplayError::Newer { seq, .. }
        | ReplayError::Unknown { seq, .. }
        | ReplayError::Barrier { seq, .. }
        | ReplayError::Decode { seq, .. }
        | ReplayError::Poison { seq, .. }
        | ReplayError::StateHash { seq, .. } => Ways::Release(*seq),
        ReplayError::Trimmed { .. } => Ways::Snapshot,
        ReplayError::Tail { .. } | ReplayError::Thread { .. } => Ways::None,
    };
    let what = match error {
        // Nothing is wrong with it.
        ReplayError::Newer { .. } | ReplayError::Unknown { .. } | ReplayError::Barrier { .. } => {
            "the log was written by a newer release"
        }
        ReplayError::Read(_)
        | ReplayError::Decode { .. }
        | ReplayError::Chain(_)
        | ReplayError::Poison { .. }
        | ReplayError::StateHash { .. }
        | ReplayError::AheadOfLog { .. }
        | ReplayError::Trimmed { .. }
        | ReplayError::Tail { .. }
        | ReplayError::Thread { .. } => DAMAGED,
    };
    message(what, told, &ways, data)
}

/// Says what is damaged, for `/healthz` of a server that serves what is before it; nothing where nothing is.
pub(crate) fn after(data: &Path, seq: Seq) -> Option<String> {
    let survey = Rescue::look(&data.join(serve::JOURNAL)).ok()?.survey(seq).ok()?;
    survey.bad.as_ref().map(|bad| format!("{bad}; {survey}"))
}

fn message(what: &str, told: &str, ways: &Ways, data: &Path) -> anyhow::Error {
    let mut message = format!("{what}: {told}");
    match ways {
        Ways::None => {}
        Ways::Witness => add(&mut message, &witness(data)),
        Ways::Snapshot => add(&mut message, &snapshot(data)),
        Ways::Records(seq) => records(&mut message, *seq, data),
        Ways::Release(seq) => {
            let look = look(seq.previous(), data);
            let release = "the release that wrote the log".to_owned();
            add(&mut message, &[(release, "reads it"), look]);
        }
    }
    Coded { code: exit::DAMAGED, message }.into()
}

/// Adds what a survey of the damage says, and the ways that it leaves.
fn records(message: &mut String, seq: Seq, data: &Path) {
    let surveyed =
        Rescue::look(&data.join(serve::JOURNAL)).and_then(|mut rescue| rescue.survey(seq));
    let shown = data.display();
    let (mut bad, mut lost, mut is_mendable) = (seq, None, false);
    match &surveyed {
        Ok(survey) => {
            if let Some(found) = &survey.bad {
                bad = found.seq;
                // Writing to a string does not fail.
                let _ = write!(message, "\n{found}\n{survey}");
            }
            lost = survey.lost.first().map(|lost| *lost.start());
            is_mendable = survey.bad.is_some() && survey.lost.is_empty();
        }
        Err(error) => {
            let _ = write!(message, "\nwhat is after it cannot be told: {}", exit::chain(error));
        }
    }
    let mut ways = Vec::new();
    if is_mendable {
        let command = format!("sockerless journal repair --data {shown}");
        ways.push((command, "every record is still to be had"));
    }
    let command = format!("sockerless journal repair --data {shown} --from-backup DIR");
    ways.push((command, "takes what is missing from a backup"));
    ways.push(look(lost.unwrap_or(bad).previous(), data));
    if let Some(lost) = lost {
        let command = format!("sockerless journal skip --data {shown} --seq {lost} --reason TEXT");
        ways.push((command, "passes over what is lost, and puts that on record"));
    }
    add(message, &ways);
}

fn witness(data: &Path) -> [(String, &'static str); 1] {
    let command = format!("sockerless serve --rebuild-witness --data {}", data.display());
    [(command, "believes what is in the log, and puts that on record")]
}

fn snapshot(data: &Path) -> [(String, &'static str); 2] {
    let command = format!("sockerless journal repair --data {} --from-backup DIR", data.display());
    [
        (command, "takes the snapshots from a backup"),
        ("the release that wrote the snapshot".to_owned(), "reads it, where it is whole"),
    ]
}

fn look(seq: Seq, data: &Path) -> (String, &'static str) {
    let command = format!("sockerless serve --read-only-at {seq} --data {}", data.display());
    (command, "serves the state before it, for reading")
}

fn add(message: &mut String, ways: &[(String, &'static str)]) {
    message.push_str("\nways out:");
    for (command, what) in ways {
        let _ = write!(message, "\n  {command}\n      {what}");
    }
}
