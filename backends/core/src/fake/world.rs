//! What becomes of runs and execs that are asked for.

use std::path::Path;

use journal_domain::ContainerId;
use journal_log::Timestamp;

use super::{
    World,
    run::{FakeRun, KeptOutput},
};
use crate::{ExecWorkload, Observation, StartError, Workload};

/// The process id of the first run; later ones are counted on from here.
pub(super) const FIRST_PID: u32 = 1000;

impl World {
    /// Begins a run, unless it has begun already; gives what there is to report of it.
    pub(super) fn start(&mut self, workload: &Workload, now: Timestamp) -> Observation {
        let run = workload.run;
        if let Some(held) = self.runs.get(&run.container).filter(|held| held.workload.run == run) {
            return held.told();
        }
        let program = workload.spec.argv().into_iter().next().unwrap_or_default();
        if let Some(error) = self.refusal(&program) {
            return Observation::StartFailed { run, error };
        }
        let pid = FIRST_PID + self.started;
        self.started += 1;
        let begun = FakeRun::new(workload.clone(), pid, now);
        let report = begun.told();
        self.runs.insert(run.container, begun);
        report
    }

    pub(super) fn start_exec(&mut self, exec: &ExecWorkload) -> Option<Result<u32, StartError>> {
        let program = exec.spec.cmd.first().cloned().unwrap_or_default();
        let refusal = self.refusal(&program);
        let pid = FIRST_PID + self.started;
        let held = self.execs.entry(exec.exec).or_default();
        if !held.begin(refusal.is_none()) {
            return None;
        }
        if let Some(error) = refusal {
            return Some(Err(error));
        }
        held.size = exec.size;
        self.started += 1;
        Some(Ok(pid))
    }

    fn refusal(&self, program: &str) -> Option<StartError> {
        let error = |exit_code, why: &str| StartError {
            exit_code,
            message: format!("exec: \"{program}\": {why}"),
        };
        match program {
            "nosuch" => Some(error(127, "executable file not found in $PATH")),
            "/etc/passwd" => Some(error(126, "permission denied")),
            other => self.refused.get(other).cloned(),
        }
    }

    pub(super) fn output(&mut self, folder: &Path, container: ContainerId) -> &mut KeptOutput {
        self.outputs.entry(container).or_insert_with(|| KeptOutput::open(folder, container))
    }
}
