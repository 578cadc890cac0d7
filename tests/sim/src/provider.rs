//! A cloud that runs workloads: one for each token, with lists that show the past, and ends that come by themselves.
//!
//! It knows the truth, and nobody else does: which workloads there ever were, and how each ended. The checkers ask it.

mod execs;
mod host;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use backends_core::{
    EffectError, EffectId, ExecWorkload, Found, FoundRun, Observation, RunId, StartError,
    WireChange, WireWork, Workload,
};
use journal_domain::{ContainerId, Signal};
use journal_log::Timestamp;

use self::execs::Execs;
pub(crate) use self::host::{Host, parts};

/// How long a list may still show what is gone: the longest that one is late.
pub(crate) const LIST_LAG_MAX: Duration = Duration::from_secs(30);

/// A workload.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) run: RunId,
    pub(crate) effect: EffectId,
    /// A number for everything that it was asked for with.
    pub(crate) request: u64,
    pub(crate) ended: Option<(Timestamp, End)>,
    pub(crate) removed: Option<Timestamp>,
    began: Timestamp,
    /// What its reported times are wrong by.
    skew: Skew,
    signals: BTreeSet<u32>,
    is_deaf: bool,
}

/// How a workload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With a status.
    Code(i64),
    /// Nobody can know.
    Unknown,
}

/// What a reported time is wrong by.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Skew {
    pub(crate) span: Duration,
    pub(crate) is_back: bool,
}

/// What a start is asked with.
#[derive(Debug)]
pub(crate) struct StartCall<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) effect: EffectId,
    pub(crate) token: String,
    pub(crate) request: u64,
}

/// All workloads that ever were.
#[derive(Debug, Default)]
pub(crate) struct Provider {
    tasks: Vec<Task>,
    by_token: BTreeMap<String, usize>,
    by_container: BTreeMap<ContainerId, Vec<usize>>,
    /// Those that a list may show.
    listed: BTreeSet<usize>,
    running: BTreeSet<usize>,
    pub(crate) execs: Execs,
    pub(crate) host: Host,
    /// Starts whose token had other requests before.
    pub(crate) changed_requests: Vec<RunId>,
    /// Runs that a second workload was started for.
    pub(crate) duplicates: Vec<RunId>,
}

// === impl Provider ===

impl Provider {
    /// Starts a workload, unless its token has one; gives what there is to tell, and the new one's number.
    pub(crate) fn start(
        &mut self,
        call: &StartCall<'_>,
        now: Timestamp,
        skew: Skew,
        is_deaf: bool,
    ) -> Result<(Observation, Option<usize>), EffectError> {
        let run = call.workload.run;
        if let Some(known) = self.by_token.get(&call.token) {
            let task = &self.tasks[*known];
            if task.request != call.request {
                self.changed_requests.push(run);
            }
            return Ok((task.told(*known), None));
        }
        if let Some(peer) = call.workload.peers.values().find(|peer| !self.runs(**peer)) {
            let message = format!("cannot join namespaces of {peer}, which does not run");
            let error = StartError { exit_code: 128, message };
            return Ok((Observation::StartFailed { run, error }, None));
        }
        if let Some(reason) = self.host.refuses(call.workload) {
            return Err(EffectError::Failed(reason));
        }
        let number = self.add(Task {
            run,
            effect: call.effect,
            request: call.request,
            ended: None,
            removed: None,
            began: now,
            skew,
            signals: BTreeSet::new(),
            is_deaf,
        });
        self.by_token.insert(call.token.clone(), number);
        self.host.begin(number, &call.workload.endpoints);
        Ok((self.tasks[number].told(number), Some(number)))
    }

    /// Begins an exec in a run, unless it was; gives what there is to tell, and whether it is new.
    pub(crate) fn start_exec(
        &mut self,
        work: &ExecWorkload,
        now: Timestamp,
    ) -> Result<(Observation, bool), EffectError> {
        let is_known = self.execs.told(work.exec).is_some();
        if !is_known && !self.runs(work.run) {
            return Err(EffectError::Gone);
        }
        let program = work.spec.cmd.join(" ");
        Ok(self.execs.start(work.exec, work.run, &program, now))
    }

    /// Gives a run interfaces, and takes some from it.
    pub(crate) fn wire(&mut self, work: &WireWork) -> Result<(), EffectError> {
        let task = self.running_task(work.run).ok_or(EffectError::Gone)?;
        self.host.wire(task, work)
    }

    /// Tells whether a run has lost already what is to be taken from it.
    pub(crate) fn has_gone(&self, work: &WireWork) -> bool {
        let (WireChange::Go(leaving), Some(task)) = (&work.change, self.running_task(work.run))
        else {
            return false;
        };
        !self.host.interfaces(task).any(|lease| lease.endpoint == leaving.lease.endpoint)
    }

    /// Takes away what could not come, for nothing of it is left after an error.
    pub(crate) fn take_back(&mut self, work: &WireWork) {
        if let (WireChange::Come(coming), Some(task)) = (&work.change, self.running_task(work.run))
        {
            self.host.unplug(task, &coming.lease.endpoint);
        }
    }

    fn runs(&self, run: RunId) -> bool {
        self.running_task(run).is_some()
    }

    fn running_task(&self, run: RunId) -> Option<usize> {
        self.of_run(run).find(|task| self.running.contains(task))
    }

    /// Lets a workload run that nobody has asked for.
    pub(crate) fn plant(&mut self, run: RunId, effect: EffectId, now: Timestamp) {
        self.add(Task {
            run,
            effect,
            request: 0,
            ended: None,
            removed: None,
            began: now,
            skew: Skew::default(),
            signals: BTreeSet::new(),
            is_deaf: false,
        });
    }

    fn add(&mut self, task: Task) -> usize {
        let number = self.tasks.len();
        if self.of_run(task.run).next().is_some() {
            self.duplicates.push(task.run);
        }
        self.by_container.entry(task.run.container).or_default().push(number);
        self.listed.insert(number);
        self.running.insert(number);
        self.tasks.push(task);
        number
    }

    /// Sends a signal, once for each number; gives the workload that ends by it, and its status.
    pub(crate) fn signal(
        &mut self,
        run: RunId,
        number: u32,
        signal: Signal,
    ) -> Result<Option<(usize, i64)>, EffectError> {
        let task = self.running_task(run).ok_or(EffectError::Gone)?;
        let held = &mut self.tasks[task];
        if !held.signals.insert(number) {
            return Ok(None);
        }
        Ok(match signal {
            Signal::KILL => Some((task, 137)),
            Signal::TERM if !held.is_deaf => Some((task, 143)),
            _ => None,
        })
    }

    /// Ends a workload that runs; gives what there is to report.
    pub(crate) fn end(&mut self, task: usize, now: Timestamp, end: End) -> Option<Observation> {
        if !self.running.remove(&task) {
            return None;
        }
        self.tasks[task].ended = Some((now, end));
        self.execs.end_run(self.tasks[task].run, now);
        self.host.end(task);
        Some(self.tasks[task].told(task))
    }

    /// Removes what is left of a container.
    pub(crate) fn remove(
        &mut self,
        container: ContainerId,
        now: Timestamp,
    ) -> Result<(), EffectError> {
        let numbers = self.by_container.get(&container).cloned().unwrap_or_default();
        if numbers.iter().any(|number| self.running.contains(number)) {
            return Err(EffectError::Failed("a workload of it still runs".to_owned()));
        }
        for number in numbers {
            self.tasks[number].removed.get_or_insert(now);
        }
        Ok(())
    }

    /// Deletes a workload by hand: it is over, and no trace of it is left.
    pub(crate) fn delete(&mut self, task: usize, now: Timestamp) {
        self.end(task, now, End::Unknown);
        self.tasks[task].removed = Some(now);
    }

    /// Gives every workload of `cluster` that there was at `at`. What has long been gone is forgotten.
    pub(crate) fn list(
        &mut self,
        cluster: &[u8; 16],
        at: Timestamp,
        takes_all: bool,
    ) -> Vec<Found> {
        let tasks = &self.tasks;
        self.listed.retain(|number| {
            tasks[*number]
                .removed
                .is_none_or(|removed| removed.saturating_add(2 * LIST_LAG_MAX) > at)
        });
        let found = self.listed.iter().filter_map(|number| {
            let task = &tasks[*number];
            let found = task.found(*number, cluster, at, takes_all)?;
            Some(Found { execs: self.execs.found(task.run, at), ..found })
        });
        found.collect()
    }

    pub(crate) fn task(&self, number: usize) -> &Task {
        &self.tasks[number]
    }

    /// Goes through all workloads that ever were of a run.
    pub(crate) fn of_run(&self, run: RunId) -> impl Iterator<Item = usize> + '_ {
        let all = self.by_container.get(&run.container).into_iter().flatten().copied();
        all.filter(move |number| self.tasks[*number].run == run)
    }

    /// Goes through those that run.
    pub(crate) fn running(&self) -> impl Iterator<Item = (usize, &Task)> {
        self.running.iter().map(|number| (*number, &self.tasks[*number]))
    }

    pub(crate) fn running_count(&self) -> usize {
        self.running.len()
    }

    /// Gives one of those that run.
    pub(crate) fn pick(&self, rng: &mut fastrand::Rng) -> Option<usize> {
        let count = self.running.len();
        let at = (count > 0).then(|| rng.usize(0..count))?;
        self.running.iter().nth(at).copied()
    }

    /// Goes through those of which something is left.
    pub(crate) fn left(&self) -> impl Iterator<Item = &Task> {
        self.listed.iter().map(|number| &self.tasks[*number]).filter(|task| task.removed.is_none())
    }

    /// Gives how a run ended, where it is over.
    pub(crate) fn truth(&self, run: RunId) -> Option<End> {
        let number = self.of_run(run).next()?;
        self.tasks[number].ended.map(|(_, end)| end)
    }
}

// === impl Task ===

impl Task {
    fn reported(&self, at: Timestamp) -> Timestamp {
        if self.skew.is_back {
            let nanos = u64::try_from(self.skew.span.as_nanos()).unwrap_or_default();
            return Timestamp::from_unix_nanos(at.as_unix_nanos().saturating_sub(nanos));
        }
        at.saturating_add(self.skew.span)
    }

    /// Gives what is told of it to whoever asks for its start, and when it ends.
    fn told(&self, number: usize) -> Observation {
        let run = self.run;
        match self.ended {
            None => Observation::Started {
                run,
                pid: pid(number),
                started_at: self.reported(self.began),
                ports: Vec::new(),
            },
            Some((at, End::Code(exit_code))) => Observation::Exited {
                run,
                exit_code,
                oom_killed: false,
                finished_at: self.reported(at),
                error: String::new(),
            },
            Some((_, End::Unknown)) => {
                Observation::Lost { run, reason: "what held it is gone".to_owned() }
            }
        }
    }

    /// Gives what a list shows of it as it was at `at`; nothing where it was not there.
    fn found(
        &self,
        number: usize,
        cluster: &[u8; 16],
        at: Timestamp,
        takes_all: bool,
    ) -> Option<Found> {
        if self.began > at || self.removed.is_some_and(|removed| removed <= at) {
            return None;
        }
        let (container, incarnation) = (self.run.container, self.run.incarnation);
        let run = match self.ended {
            Some((ended, _)) if ended <= at => {
                FoundRun::Ended { incarnation, report: self.told(number) }
            }
            Some(_) | None => FoundRun::Running {
                incarnation,
                pid: pid(number),
                started_at: self.reported(self.began),
                ports: Vec::new(),
            },
        };
        let own = takes_all || self.effect == EffectId::of_start(cluster, self.run);
        Some(Found { container, run: Some(run), execs: Vec::new(), own })
    }
}

fn pid(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1000)
}
