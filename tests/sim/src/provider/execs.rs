//! Execs of the workloads: each is begun once, however often it is asked for.

use std::collections::{BTreeMap, BTreeSet};

use backends_core::{FoundExec, Observation, RunId, StartError};
use journal_domain::ExecId;
use journal_log::Timestamp;

/// All execs that ever were.
#[derive(Debug, Default)]
pub(crate) struct Execs {
    known: BTreeMap<ExecId, Process>,
    by_run: BTreeMap<RunId, Vec<ExecId>>,
    /// Those that were refused for good: nobody gets another answer.
    refused: BTreeSet<ExecId>,
    /// By what they do, which nothing else does.
    by_program: BTreeMap<String, ExecId>,
    /// Programs that were begun a second time.
    pub(crate) doubled: Vec<String>,
}

/// An exec's process.
#[derive(Debug)]
struct Process {
    run: RunId,
    pid: u32,
    began: Timestamp,
    ended: Option<(Timestamp, i64)>,
}

// === impl Execs ===

impl Execs {
    /// Begins an exec, unless it was; gives what there is to tell, and whether it is new.
    pub(crate) fn start(
        &mut self,
        exec: ExecId,
        run: RunId,
        program: &str,
        now: Timestamp,
    ) -> (Observation, bool) {
        if let Some(told) = self.told(exec) {
            return (told, false);
        }
        if self.by_program.insert(program.to_owned(), exec).is_some() {
            self.doubled.push(program.to_owned());
        }
        let pid = u32::try_from(self.known.len()).unwrap_or(u32::MAX).saturating_add(1_000_000);
        let process = Process { run, pid, began: now, ended: None };
        let told = process.told(exec);
        self.known.insert(exec, process);
        self.by_run.entry(run).or_default().push(exec);
        (told, true)
    }

    /// Refuses an exec for good.
    pub(crate) fn refuse(&mut self, exec: ExecId) {
        self.refused.insert(exec);
    }

    /// Tells of an exec that was begun or refused before.
    pub(crate) fn told(&self, exec: ExecId) -> Option<Observation> {
        if self.refused.contains(&exec) {
            let error = StartError { exit_code: 126, message: "not permitted".to_owned() };
            return Some(Observation::ExecStartFailed { exec, error });
        }
        self.known.get(&exec).map(|known| known.told(exec))
    }

    /// Ends one that runs; gives what there is to report.
    pub(crate) fn end(&mut self, exec: ExecId, now: Timestamp, code: i64) -> Option<Observation> {
        let known = self.known.get_mut(&exec).filter(|known| known.ended.is_none())?;
        known.ended = Some((now, code));
        Some(known.told(exec))
    }

    /// Ends all of a run's, which is over. Whoever reports that reports these.
    pub(super) fn end_run(&mut self, run: RunId, now: Timestamp) {
        /// The status of a process that the kernel has killed.
        const KILLED: i64 = 137;
        for exec in self.by_run.get(&run).into_iter().flatten() {
            if let Some(known) = self.known.get_mut(exec) {
                known.ended.get_or_insert((now, KILLED));
            }
        }
    }

    /// Gives what a list shows of a run's as they were at `at`.
    pub(super) fn found(&self, run: RunId, at: Timestamp) -> Vec<FoundExec> {
        let execs = self.by_run.get(&run).into_iter().flatten();
        let found = execs.filter_map(|exec| {
            let known = self.known.get(exec).filter(|known| known.began <= at)?;
            let exit_code = known.ended.filter(|(ended, _)| *ended <= at).map(|(_, code)| code);
            let pid = exit_code.is_none().then_some(known.pid);
            Some(FoundExec { exec: *exec, pid, exit_code })
        });
        found.collect()
    }

    /// Goes through those that run.
    pub(crate) fn running(&self) -> impl Iterator<Item = ExecId> + '_ {
        self.known.iter().filter(|(_, known)| known.ended.is_none()).map(|(exec, _)| *exec)
    }

    /// Tells whether one runs.
    pub(crate) fn runs(&self, exec: &ExecId) -> bool {
        self.known.get(exec).is_some_and(|known| known.ended.is_none())
    }

    /// Gives the run that one was part of, and its status once that is over.
    pub(crate) fn truth(&self, exec: &ExecId) -> Option<(RunId, Option<i64>)> {
        self.known.get(exec).map(|known| (known.run, known.ended.map(|(_, code)| code)))
    }
}

// === impl Process ===

impl Process {
    fn told(&self, exec: ExecId) -> Observation {
        match self.ended {
            None => Observation::ExecStarted { exec, pid: self.pid },
            Some((_, exit_code)) => {
                Observation::ExecExited { exec, exit_code, error: String::new() }
            }
        }
    }
}
