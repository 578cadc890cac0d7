//! Ended execs leave the state after a while, as Docker forgets them, or when a client asks for it; the log keeps them.

use std::time::Duration;

use journal_domain::{Command, Event, ExecsForgotten, ForgetExecs, Refusal, RemoveExec};
use journal_log::Timestamp;

use super::{Decision, exec_timer};
use crate::{ExecPhase, State};

/// How long an ended exec can be inspected: Docker's own interval.
const KEPT: Duration = Duration::from_secs(300);

/// How much longer the first waits, so that one record forgets many.
const GATHER: Duration = Duration::from_secs(30);

/// Execs that one record forgets, so that the record stays small.
const FORGOTTEN_MAX: usize = 4096;

pub(super) fn forget_execs(state: &State, command: ForgetExecs) -> Vec<Event> {
    let due = state.ended_execs.iter().take_while(|(ended, _)| *ended <= command.ended_before);
    let ids: Vec<_> = due.take(FORGOTTEN_MAX).map(|(_, id)| *id).collect();
    if ids.is_empty() { Vec::new() } else { vec![ExecsForgotten { ids }.into()] }
}

pub(super) fn remove_exec(state: &State, command: &RemoveExec) -> Decision {
    let exec = state.find_exec(&command.target)?;
    if matches!(exec.phase, ExecPhase::Starting { .. } | ExecPhase::Running { .. }) {
        return Err(Refusal::Conflict(format!("cannot remove running exec session {}", exec.id)));
    }
    Ok(vec![ExecsForgotten { ids: vec![exec.id] }.into()])
}

/// Gives the time at which the oldest ended exec is due, and the command for it.
pub(crate) fn timer(state: &State) -> Option<(Timestamp, Command)> {
    let (oldest, _) = state.ended_execs.first()?;
    let ended_before = oldest.saturating_add(GATHER);
    Some((ended_before.saturating_add(KEPT), exec_timer(ForgetExecs { ended_before })))
}
