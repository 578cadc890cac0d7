//! `docker exec`, second half: a wish that a backend fulfils.

use journal_domain::{ExecStartRequested, Refusal, StartExec};

use super::Decision;
use crate::{ExecPhase, Phase, State};

pub(super) fn start_exec(state: &State, command: &StartExec) -> Decision {
    let exec = state.find_exec(&command.target)?;
    match exec.phase {
        ExecPhase::Created => {}
        ExecPhase::Starting { .. } | ExecPhase::Running { .. } => {
            return Err(Refusal::Conflict(format!(
                "Error: Exec command {} is already running",
                exec.id
            )));
        }
        ExecPhase::Failed { .. } | ExecPhase::Exited { .. } => {
            return Err(Refusal::Conflict(format!(
                "Error: Exec command {} has already run",
                exec.id
            )));
        }
    }
    let alive = state.container(&exec.container).is_some_and(|container| {
        matches!(container.phase, Phase::Running(_)) && container.incarnation == exec.incarnation
    });
    if !alive {
        return Err(Refusal::Conflict(format!("container {} is not running", exec.container)));
    }
    let console_size = command.console_size.or(exec.spec.console_size);
    Ok(vec![ExecStartRequested { id: exec.id, detach: command.detach, console_size }.into()])
}
