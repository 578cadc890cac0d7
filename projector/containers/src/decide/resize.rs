//! A terminal's new size: asked for by a client, then reported by a backend.

use journal_domain::{
    ContainerResized, Event, ExecResizeRequested, ExecResized, ObserveExecResize, ObserveResize,
    Refusal, ResizeContainer, ResizeExec, ResizeRequested,
};

use super::Decision;
use crate::{ExecPhase, State};

pub(super) fn container(state: &State, command: &ResizeContainer) -> Decision {
    let container = state.find(&command.target)?;
    if !container.is_active() {
        return Err(Refusal::Conflict(format!("container {} is not running", container.id)));
    }
    if !container.spec.tty {
        return Err(Refusal::InvalidParameter(format!(
            "container {} has no terminal to resize",
            container.id.short()
        )));
    }
    Ok(vec![ResizeRequested { id: container.id, size: command.size }.into()])
}

pub(super) fn observe_container(state: &State, seen: &ObserveResize) -> Vec<Event> {
    let current = state.container(&seen.id).is_some_and(|container| {
        container.pending_resize
            && container.incarnation == seen.incarnation
            && container.size == Some(seen.size)
    });
    let error = seen.error.clone();
    if current {
        vec![ContainerResized { id: seen.id, size: seen.size, error }.into()]
    } else {
        Vec::new()
    }
}

pub(super) fn exec(state: &State, command: &ResizeExec) -> Decision {
    let exec = state.find_exec(&command.target)?;
    if !matches!(exec.phase, ExecPhase::Starting { .. } | ExecPhase::Running { .. }) {
        return Err(Refusal::Conflict(format!("exec {} is not running", exec.id)));
    }
    if !exec.spec.tty {
        return Err(Refusal::InvalidParameter(format!(
            "exec {} has no terminal to resize",
            exec.id.short()
        )));
    }
    Ok(vec![ExecResizeRequested { id: exec.id, size: command.size }.into()])
}

pub(super) fn observe_exec(state: &State, seen: &ObserveExecResize) -> Vec<Event> {
    let current = state
        .exec(&seen.id)
        .is_some_and(|exec| exec.pending_resize && exec.size == Some(seen.size));
    let error = seen.error.clone();
    if current {
        vec![ExecResized { id: seen.id, size: seen.size, error }.into()]
    } else {
        Vec::new()
    }
}
