//! The provider's side of calls: what arrives is done, or is not, and is answered.

use std::time::Duration;

use backends_core::{
    EffectError, EffectId, ExecWorkload, Observation, ProbeOutcome, RunId, StartError, WireChange,
    WireWork, Workload,
};
use backends_reconcile::{Done, Step, Stray};
use journal_domain::Signal;

use super::{CLUSTER, Event, Sim};
use crate::{
    Fault, Sabotage, Violation,
    network::{Call, Reply, Request},
    provider::{End, LIST_LAG_MAX, StartCall},
};

/// How long programs run, about; those of a build's steps; and those of execs.
const PROGRAM_MEAN: Duration = Duration::from_secs(3 * 3600);
const STEP_MEAN: Duration = Duration::from_secs(20);
const EXEC_MEAN: Duration = Duration::from_secs(300);

/// The longest time between a signal and the end by it.
const DYING_MAX: Duration = Duration::from_secs(3);

/// Containers whose id begins with less do not hear SIGTERM: a tenth.
const DEAF_BELOW: u8 = 26;

impl Sim {
    /// A call arrives at the provider, which does it and answers.
    pub(super) fn arrive(&mut self, call: &Call) -> Result<(), Violation> {
        if call.request.is_at_hand() && !self.is_at_work(call.generation) {
            // What was to do it has died.
            return Ok(());
        }
        let may_fail = !self.has_gone(&call.request);
        if may_fail && self.strikes(Fault::Throttled) {
            self.fail(call, "the provider throttles");
            return Ok(());
        }
        if may_fail && self.strikes(Fault::Refused) {
            self.fail(call, "the provider is down");
            return Ok(());
        }
        let reply = match &*call.request {
            Request::Step { step, token, request } => self.do_step(step, token, *request),
            Request::Stray(stray) => {
                self.do_stray(*stray);
                Reply::Stray
            }
            Request::List => self.list(),
        };
        self.checkers.provider(&self.provider)?;
        self.reply(call, reply);
        Ok(())
    }

    /// Tells whether an interface is to go that an earlier server has taken away, and died before its record. As the
    /// contract of `Networks` has it, what was to go is there after an error: so that cannot fail any more.
    fn has_gone(&self, request: &Request) -> bool {
        let Request::Step { step, .. } = request else { return false };
        matches!(&**step, Step::Wire(work) if self.provider.has_gone(work))
    }

    fn fail(&mut self, call: &Call, reason: &str) {
        let error = EffectError::Failed(reason.to_owned());
        let reply = match &*call.request {
            Request::Step { step, .. } => {
                if let Step::Wire(work) = &**step {
                    self.provider.take_back(work);
                }
                Reply::Step(Err(error), None)
            }
            Request::Stray(_) => Reply::Stray,
            Request::List => Reply::List(Err(error)),
        };
        self.reply(call, reply);
    }

    fn do_step(&mut self, step: &Step, token: &str, request: u64) -> Reply {
        let host = &mut self.provider.host;
        let done = match step {
            Step::Start(workload) => return self.start(workload, token, request),
            Step::StartExec(work) => return self.start_exec(work),
            Step::Signal { run, number, signal } => self.signal(*run, *number, *signal),
            Step::Resize { .. }
            | Step::ResizeExec { .. }
            | Step::Freeze { .. }
            | Step::Update { .. } => Ok(Done::Did),
            Step::Probe { .. } => {
                Ok(Done::Probed(ProbeOutcome { exit_code: 0, output: String::new() }))
            }
            Step::Remove(container) => {
                self.provider.remove(*container, self.now).map(|()| Done::Did)
            }
            Step::DropUnreferenced(digests) => {
                host.drop_layers(digests);
                Ok(Done::Dropped(digests.clone()))
            }
            Step::MakeVolume(work) => {
                host.make_volume(&work.volume.name);
                Ok(Done::Did)
            }
            Step::RemoveVolume(name) => {
                host.remove_volume(name);
                Ok(Done::Did)
            }
            Step::MakeNetwork(network) => {
                host.make_network(network);
                Ok(Done::Did)
            }
            Step::RemoveNetwork(network) => host.remove_network(&network.id).map(|()| Done::Did),
            Step::Wire(WireWork { change: WireChange::Come(_), .. })
                if self.episode.sabotage == Sabotage::WireForgotten =>
            {
                Ok(Done::Did)
            }
            Step::Wire(work) => self.provider.wire(work).map(|()| Done::Did),
        };
        // What is tried again until it is done may say that it is not, and be.
        let is_tried_again =
            matches!(step, Step::RemoveNetwork(_) | Step::MakeVolume(_) | Step::RemoveVolume(_));
        if is_tried_again && self.strikes(Fault::AnswerLost) {
            let reason = "nobody knows whether it is done".to_owned();
            return Reply::Step(Err(EffectError::Failed(reason)), None);
        }
        Reply::Step(done, None)
    }

    fn start(&mut self, workload: &Workload, token: &str, request: u64) -> Reply {
        let run = workload.run;
        if self.strikes(Fault::StartRefused) {
            let error = StartError { exit_code: 127, message: "not found".to_owned() };
            return Reply::Step(Ok(Done::Did), Some(Observation::StartFailed { run, error }));
        }
        let is_deaf = run.container.as_bytes()[0] < DEAF_BELOW;
        let skew = self.skew();
        let effect = EffectId::of_start(&CLUSTER, run);
        let call = StartCall { workload, effect, token: token.to_owned(), request };
        let (told, begun) = match self.provider.start(&call, self.now, skew, is_deaf) {
            Ok(started) => started,
            Err(error) => return Reply::Step(Err(error), None),
        };
        if let Some(task) = begun {
            self.figures.starts += 1;
            let is_step = workload.options.as_ref().is_some_and(|options| options.build.is_some());
            let fails = if is_step { self.rng.u8(..) < 32 } else { self.rng.bool() };
            let exit_code = if fails { self.rng.i64(1..128) } else { 0 };
            let ends = self.about(if is_step { STEP_MEAN } else { PROGRAM_MEAN });
            // What a script starts ends by the script only.
            if !self.episode.script {
                self.after(ends, Event::End { task, exit_code });
            }
        }
        Reply::Step(Ok(Done::Did), Some(told))
    }

    fn start_exec(&mut self, work: &ExecWorkload) -> Reply {
        let mut work = work.clone();
        if self.provider.execs.told(work.exec).is_none() && self.strikes(Fault::ExecRefused) {
            self.provider.execs.refuse(work.exec);
        }
        if self.episode.sabotage == Sabotage::ExecRenamed {
            let mut id = [0; 32];
            self.rng.fill(&mut id);
            work.exec = journal_domain::ExecId::from_bytes(id);
        }
        let (told, is_new) = match self.provider.start_exec(&work, self.now) {
            Ok(started) => started,
            Err(error) => return Reply::Step(Err(error), None),
        };
        if is_new {
            self.figures.execs += 1;
            let exit_code = if self.rng.bool() { 0 } else { self.rng.i64(1..128) };
            let ends = self.about(EXEC_MEAN);
            self.after(ends, Event::ExecEnd { exec: work.exec, exit_code });
        }
        Reply::Step(Ok(Done::Did), Some(told))
    }

    fn signal(&mut self, run: RunId, number: u32, signal: Signal) -> Result<Done, EffectError> {
        if let Some((task, exit_code)) = self.provider.signal(run, number, signal)? {
            let dying = self.up_to(DYING_MAX);
            self.after(dying, Event::End { task, exit_code });
        }
        Ok(Done::Did)
    }

    /// Ends what runs of a stray, and removes the rest of it.
    fn do_stray(&mut self, stray: Stray) {
        let ending: Vec<usize> = match stray.running {
            Some(run) => self.provider.of_run(run).collect(),
            None => Vec::new(),
        };
        for task in ending {
            self.end(task, End::Code(137));
        }
        if stray.is_unknown {
            // What could not be removed is found again.
            let _ = self.provider.remove(stray.container, self.now);
        }
    }

    fn list(&mut self) -> Reply {
        if self.strikes(Fault::ListLost) {
            return Reply::List(Err(EffectError::Failed("the list was cut off".to_owned())));
        }
        let lag = match self.strikes(Fault::ListStale) {
            true => self.up_to(LIST_LAG_MAX),
            false => Duration::ZERO,
        };
        let lag_nanos = u64::try_from(lag.as_nanos()).unwrap_or_default();
        let nanos = self.now.as_unix_nanos().saturating_sub(lag_nanos);
        let at = journal_log::Timestamp::from_unix_nanos(nanos);
        let takes_all = self.episode.sabotage == Sabotage::TakesStrangers;
        Reply::List(Ok(self.provider.list(&CLUSTER, at, takes_all)))
    }
}
