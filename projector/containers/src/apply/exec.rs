//! Events of execs.

use std::sync::Arc;

use journal_domain::{ExecCreated, ExecEvent, ExecId, ExecOption, ExecOptionsSet};
use projector_machine::Stamp;

use crate::{Exec, ExecPhase, State};

pub(crate) fn apply(state: &mut State, event: &ExecEvent, stamp: Stamp) {
    match event {
        ExecEvent::Created(event) => created(state, event),
        ExecEvent::OptionsSet(event) => options_set(state, event),
        ExecEvent::StartRequested(event) => state.change_exec(&event.id, |exec| {
            exec.size = event.console_size.or(exec.size);
            exec.phase = ExecPhase::Starting { detach: event.detach };
        }),
        ExecEvent::Started(event) => state.change_exec(&event.id, |exec| {
            exec.phase = ExecPhase::Running { pid: event.pid };
        }),
        ExecEvent::StartFailed(event) => {
            let (exit_code, message) = (event.exit_code, event.message.clone());
            end(state, event.id, ExecPhase::Failed { exit_code, message, at: stamp.at }, stamp);
        }
        ExecEvent::Exited(event) => {
            let (exit_code, error) = (event.exit_code, event.error.clone());
            end(state, event.id, ExecPhase::Exited { exit_code, error, at: stamp.at }, stamp);
        }
        ExecEvent::ResizeRequested(event) => state.change_exec(&event.id, |exec| {
            exec.size = Some(event.size);
            exec.pending_resize = true;
        }),
        ExecEvent::Resized(event) => {
            state.change_exec(&event.id, |exec| exec.pending_resize = false);
        }
        ExecEvent::Forgotten(event) => {
            for id in &event.ids {
                let container = state.exec(id).map(|exec| exec.container);
                forget(state, id);
                if let Some(container) = container {
                    state.change(&container, |container| container.execs.retain(|own| own != id));
                }
            }
        }
    }
}

fn created(state: &mut State, event: &ExecCreated) {
    let exec = Exec {
        id: event.id,
        container: event.container,
        incarnation: event.incarnation,
        size: event.spec.console_size,
        spec: event.spec.clone(),
        phase: ExecPhase::Created,
        pending_resize: false,
        sealed_environment: None,
    };
    state.execs.insert_mut(event.id, Arc::new(exec));
    state.change(&event.container, |container| container.execs.push(event.id));
}

fn options_set(state: &mut State, event: &ExecOptionsSet) {
    let mut sealed = event.options.iter().map(|option| match option {
        ExecOption::SealedEnvironment(sealed) => sealed,
    });
    let Some(sealed) = sealed.next_back() else { return };
    let Some(container) = state.exec(&event.id).map(|exec| exec.container) else { return };
    state.change(&container, |container| container.seal_under(Some(sealed)));
    state.change_exec(&event.id, |exec| {
        exec.sealed_environment = Some(Arc::new(sealed.clone()));
    });
}

fn end(state: &mut State, id: ExecId, phase: ExecPhase, stamp: Stamp) {
    state.ended_execs.insert_mut((stamp.at, id));
    state.change_exec(&id, |exec| {
        exec.pending_resize = false;
        exec.phase = phase;
    });
}

/// Takes an exec out of the state, but not out of its container's list.
pub(super) fn forget(state: &mut State, id: &ExecId) {
    let Some(exec) = state.execs.get(id).cloned() else { return };
    if let Some(at) = exec.ended_at() {
        state.ended_execs.remove_mut(&(at, *id));
    }
    state.execs.remove_mut(id);
    state.pending_execs.remove_mut(id);
}
