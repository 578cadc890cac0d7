//! What a look at everything that runs has found: what nobody reported, and what nobody wants.
//!
//! The start of a server and a later look are the same, but for their patience: a list may be older than the state,
//! so what was once missing, or in excess, has to be so again a while later before anything is made of it.

use std::{collections::HashMap, time::Duration};

use backends_core::{Found, FoundRun, Observation, RunId};
use journal_domain::{ContainerId, ExecId};
use projector_containers::{Container, ExecPhase, State};
use tokio::time::Instant;

use crate::{Progress, StepKey, adopt};

/// What an earlier look has missed or found too much, and since when.
#[derive(Debug, Default)]
pub struct Sightings {
    missing: HashMap<RunId, Instant>,
    missing_execs: HashMap<ExecId, Instant>,
    strays: HashMap<Place, Instant>,
}

/// What a list names: a run, or the container where there is none.
type Place = (ContainerId, Option<u32>);

/// What a look has come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// What goes on record.
    pub reports: Vec<Observation>,
    /// What is left of containers that the log does not know, and runs that it knows to be over: they go.
    pub strays: Vec<Stray>,
    /// Runs that the log does not know and that may be another log's: they are left alone.
    pub strangers: Vec<RunId>,
}

/// What a backend still has, and should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stray {
    /// The container.
    pub container: ContainerId,
    /// Its run, which is one of this log's own and is ended first.
    pub running: Option<RunId>,
    /// Whether the log does not know the container, so that the rest of it goes too.
    pub is_unknown: bool,
}

/// When a look was made, and what it has to bear in mind.
#[derive(Debug)]
pub struct Look<'a> {
    /// The state from before the list was asked for. What it does not have, the list may well miss.
    pub before: &'a State,
    /// Steps under way, which report for themselves.
    pub progress: &'a Progress,
    /// The time.
    pub now: Instant,
    /// How long something has to be missing, or too much: twice the time by which a list may be late.
    pub grace: Duration,
}

// === impl Look ===

impl Look<'_> {
    /// Tells whether a run was there before the list was asked for, and nothing is done to it now.
    fn has_run(&self, run: RunId) -> bool {
        let before = self.before.container(&run.container);
        before.is_some_and(|before| before.is_active() && before.incarnation == run.incarnation)
            && !self.progress.is_under_way(StepKey::Container(run.container))
    }

    /// Tells the same of an exec.
    fn has_exec(&self, exec: ExecId) -> bool {
        let before = self.before.exec(&exec);
        before.is_some_and(|before| matches!(before.phase, ExecPhase::Running { .. }))
            && !self.progress.is_under_way(StepKey::Exec(exec))
    }
}

/// Compares what was found with what the state says.
///
/// A run that is too much is ended only where it is known to be of this log: any other may be another's, and ending it
/// could not be undone.
pub fn sweep(look: &Look<'_>, state: &State, found: &[Found], seen: &mut Sightings) -> Swept {
    let mut by_container: HashMap<ContainerId, &Found> = HashMap::new();
    for found in found {
        // A run that is over by now does not hide the one that followed it.
        let newest = by_container.entry(found.container).or_insert(found);
        if place(found).1 > place(newest).1 {
            *newest = found;
        }
    }
    let mut swept = Swept::default();
    let (mut missing, mut missing_execs) = (HashMap::new(), HashMap::new());
    for report in adopt::reports(state, &by_container) {
        let since = match &report {
            // Nothing was found of these. A list that is older than the start, or late, does not have them either.
            Observation::Lost { run, .. } if look.has_run(*run) => Some(
                *missing.entry(*run).or_insert(seen.missing.get(run).copied().unwrap_or(look.now)),
            ),
            Observation::ExecExited { exec, error, .. }
                if !error.is_empty() && look.has_exec(*exec) =>
            {
                let since = seen.missing_execs.get(exec).copied().unwrap_or(look.now);
                Some(*missing_execs.entry(*exec).or_insert(since))
            }
            Observation::Lost { .. } => None,
            Observation::ExecExited { error, .. } if !error.is_empty() => None,
            Observation::Started { .. }
            | Observation::StartFailed { .. }
            | Observation::Exited { .. }
            | Observation::ExecStarted { .. }
            | Observation::ExecStartFailed { .. }
            | Observation::ExecExited { .. } => {
                swept.reports.push(report);
                continue;
            }
        };
        let grace = journal_log::planted!("missing-is-lost", look.grace, Duration::ZERO);
        if since.is_some_and(|since| look.now.saturating_duration_since(since) >= grace) {
            swept.reports.push(report);
        }
    }
    (seen.missing, seen.missing_execs) = (missing, missing_execs);
    seen.strays = strays(look, state, found, &seen.strays, &mut swept);
    swept
}

/// Judges what should not be there; gives since when each was seen.
fn strays(
    look: &Look<'_>,
    state: &State,
    found: &[Found],
    seen: &HashMap<Place, Instant>,
    swept: &mut Swept,
) -> HashMap<Place, Instant> {
    let mut sightings = HashMap::new();
    for found in found {
        let container = found.container;
        let running = match &found.run {
            Some(FoundRun::Running { incarnation, .. }) => {
                Some(RunId { container, incarnation: *incarnation })
            }
            Some(FoundRun::Ended { .. }) | None => None,
        };
        let known = state.container(&container);
        if known.is_some_and(|known| !is_excess(known, running)) {
            continue;
        }
        let since = seen.get(&place(found)).copied().unwrap_or(look.now);
        sightings.insert(place(found), since);
        if look.now.saturating_duration_since(since) < look.grace {
            continue;
        }
        match running {
            Some(run)
                if !found.own && known.is_none_or(|known| run.incarnation > known.incarnation) =>
            {
                swept.strangers.push(run);
            }
            Some(_) | None => {
                swept.strays.push(Stray { container, running, is_unknown: known.is_none() });
            }
        }
    }
    sightings
}

/// Tells whether a run of a known container should not be there.
fn is_excess(known: &Container, running: Option<RunId>) -> bool {
    let Some(RunId { incarnation, .. }) = running else { return false };
    incarnation != known.incarnation || !known.is_active()
}

fn place(found: &Found) -> Place {
    let incarnation = found.run.as_ref().map(|run| match run {
        FoundRun::Running { incarnation, .. } | FoundRun::Ended { incarnation, .. } => *incarnation,
    });
    (found.container, incarnation)
}

#[cfg(test)]
mod tests;
