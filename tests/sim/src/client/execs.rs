//! Execs: created and started, mostly at once; no two of them do the same.

use std::sync::Arc;

use fastrand::Rng;
use journal_domain::{
    Command, CreateExec, ExecCommand, ExecId, ExecSpec, RemoveExec, ResizeExec, StartExec,
    TerminalSize,
};
use projector_containers::{Exec, ExecPhase, State};

use super::{Client, bytes, pick};

impl Client {
    pub(super) fn exec(&mut self, rng: &mut Rng, state: &State) -> Option<Command> {
        let running = state.active().filter(|container| container.running().is_some());
        let container = pick(rng, running)?;
        let known = container.execs.iter().filter_map(|id| state.exec(id));
        if rng.u8(0..100) < 40
            && let Some(exec) = pick(rng, known)
        {
            return change(rng, exec).map(Command::from);
        }
        self.made += 1;
        let spec = ExecSpec {
            // Nothing else does this, so that it is seen when it is done twice.
            cmd: vec!["job".to_owned(), self.made.to_string()],
            tty: rng.bool(),
            attach_stdout: true,
            ..ExecSpec::default()
        };
        let id = ExecId::from_bytes(bytes(rng));
        if rng.u8(0..100) < 80 {
            self.follow = Some(ExecCommand::from(start(rng, id)).into());
        }
        let target = container.id.to_string();
        Some(ExecCommand::from(CreateExec { id, target, spec: Arc::new(spec) }).into())
    }
}

fn change(rng: &mut Rng, exec: &Exec) -> Option<ExecCommand> {
    let target = exec.id.to_string();
    Some(match exec.phase {
        ExecPhase::Created if rng.u8(..) < 230 => start(rng, exec.id).into(),
        ExecPhase::Running { .. } if exec.spec.tty => {
            let size = TerminalSize { rows: rng.u16(1..99), columns: rng.u16(1..99) };
            ResizeExec { target, size }.into()
        }
        ExecPhase::Created | ExecPhase::Failed { .. } | ExecPhase::Exited { .. } => {
            RemoveExec { target }.into()
        }
        ExecPhase::Starting { .. } | ExecPhase::Running { .. } => return None,
    })
}

fn start(rng: &mut Rng, id: ExecId) -> StartExec {
    StartExec { target: id.to_string(), detach: rng.bool(), console_size: None }
}
