//! What is asked of a run that goes on: its use of the machine, its processes, its health.

use super::{World, outage::Outage};
use crate::{
    CpuUsage, EffectError, ExecWorkload, MemoryUsage, ProbeOutcome, ProcessTable, RunId, Usage,
    Workload,
};

impl World {
    /// A run has used one second of a processor and one mebibyte of memory.
    pub(super) fn usage(&self, run: RunId) -> Result<Usage, EffectError> {
        self.running(run)?;
        let cpu = CpuUsage { total_nanos: 1_000_000_000, ..CpuUsage::default() };
        let memory = MemoryUsage { bytes: 1 << 20, ..MemoryUsage::default() };
        Ok(Usage { cpu, memory, ..Usage::default() })
    }

    /// A run is one process, whose number is what `ps` was asked for.
    pub(super) fn processes(
        &self,
        run: RunId,
        arguments: &[String],
    ) -> Result<ProcessTable, EffectError> {
        let command = self.running(run)?.spec.argv().join(" ");
        let titles = vec!["PID".to_owned(), "ARGS".to_owned()];
        Ok(ProcessTable { titles, processes: vec![vec![arguments.join(" "), command]] })
    }

    /// A probe succeeds when its program is `true`, and tells its arguments.
    pub(super) fn probe(&mut self, exec: &ExecWorkload) -> Result<ProbeOutcome, EffectError> {
        Outage::answer(self.line.call())?;
        self.running(exec.run)?;
        let cmd = &exec.spec.cmd;
        let exit_code = i64::from(cmd.first().map(String::as_str) != Some("true"));
        Ok(ProbeOutcome { exit_code, output: cmd.join(" ") })
    }

    fn running(&self, run: RunId) -> Result<&Workload, EffectError> {
        let held = self.runs.get(&run.container).filter(|held| held.is(run));
        Ok(&held.ok_or(EffectError::Gone)?.workload)
    }
}
