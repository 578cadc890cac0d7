//! What is not the server: the provider's side of calls, programs that end, people with their hands on things, clients.

use std::time::Duration;

use backends_core::{EffectError, EffectId, Observation, ProbeOutcome, RunId, StartError};
use backends_reconcile::{Done, Step, Stray};
use journal_domain::{ContainerId, Signal};

use super::{CLUSTER, Event, OTHER_CLUSTER, Sim, reconcile::LATE_MAX};
use crate::{
    Fault, Sabotage, Violation,
    network::{Call, Reply, Request},
    provider::{End, LIST_LAG_MAX, StartCall},
    server::Origin,
};

/// How long programs run, about.
const PROGRAM_MEAN: Duration = Duration::from_secs(3 * 3600);

/// The longest time between a signal and the end by it.
const DYING_MAX: Duration = Duration::from_secs(3);

/// Containers whose id begins with less do not hear SIGTERM: a tenth.
const DEAF_BELOW: u8 = 26;

/// How often somebody may lay hands on things.
const HANDS_EVERY: Duration = Duration::from_secs(60);

/// Workloads of another cluster that are there, and have to stay.
const STRANGERS_MAX: usize = 3;

impl Sim {
    /// A client asks for something.
    pub(super) fn ask(&mut self) {
        if self.calm_since.is_some() {
            return;
        }
        let pause = match self.episode.script {
            true => self.episode.pause,
            false => self.about(self.episode.pause),
        };
        self.after(pause, Event::Client);
        let is_gone = self.strikes(Fault::ClientGone);
        let Some(server) = &mut self.server else { return };
        if !server.has_adopted {
            return;
        }
        let world = server.world();
        let Some(command) = self.client.next(&mut self.rng, &world.state) else { return };
        let origin = if is_gone { Origin::Own } else { Origin::Client };
        server.submit("client", command, origin);
        self.schedule_turn();
    }

    /// A call arrives at the provider, which does it and answers.
    pub(super) fn arrive(&mut self, call: &Call) -> Result<(), Violation> {
        if self.strikes(Fault::Throttled) {
            self.fail(call, "the provider throttles");
            return Ok(());
        }
        if self.strikes(Fault::Refused) {
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

    fn fail(&mut self, call: &Call, reason: &str) {
        let error = EffectError::Failed(reason.to_owned());
        let reply = match &*call.request {
            Request::Step { .. } => Reply::Step(Err(error), None),
            Request::Stray(_) => Reply::Stray,
            Request::List => Reply::List(Err(error)),
        };
        self.reply(call, reply);
    }

    fn do_step(&mut self, step: &Step, token: &str, request: u64) -> Reply {
        let done = match step {
            Step::Start(workload) => return self.start(workload.run, token, request),
            Step::Signal { run, number, signal } => self.signal(*run, *number, *signal),
            Step::Resize { .. } | Step::Freeze { .. } | Step::Update { .. } => Ok(Done::Did),
            Step::Probe { .. } => {
                Ok(Done::Probed(ProbeOutcome { exit_code: 0, output: String::new() }))
            }
            Step::Remove(container) => {
                self.provider.remove(*container, self.now).map(|()| Done::Did)
            }
            Step::DropUnreferenced(digests) => Ok(Done::Dropped(digests.clone())),
            Step::MakeVolume(_) | Step::RemoveVolume(_) => Ok(Done::Did),
            Step::MakeNetwork(_) | Step::RemoveNetwork(_) | Step::Wire(_) => Ok(Done::Did),
            Step::StartExec(_) | Step::ResizeExec { .. } => {
                Err(EffectError::Unsupported("no execs here".to_owned()))
            }
        };
        Reply::Step(done, None)
    }

    fn start(&mut self, run: RunId, token: &str, request: u64) -> Reply {
        if self.strikes(Fault::StartRefused) {
            let error = StartError { exit_code: 127, message: "not found".to_owned() };
            return Reply::Step(Ok(Done::Did), Some(Observation::StartFailed { run, error }));
        }
        let is_deaf = run.container.as_bytes()[0] < DEAF_BELOW;
        let skew = self.skew();
        let effect = EffectId::of_start(&CLUSTER, run);
        let call = StartCall { run, effect, token: token.to_owned(), request };
        let (told, begun) = self.provider.start(&call, self.now, skew, is_deaf);
        if let Some(task) = begun {
            self.figures.starts += 1;
            let exit_code = if self.rng.bool() { 0 } else { self.rng.i64(1..128) };
            let ends = self.about(PROGRAM_MEAN);
            // What a script starts ends by the script only.
            if !self.episode.script {
                self.after(ends, Event::End { task, exit_code });
            }
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

    /// A program ends, by itself or by a signal.
    pub(super) fn end_by_itself(&mut self, task: usize, exit_code: i64) {
        self.end(task, End::Code(exit_code));
    }

    /// Ends a workload and reports it, or fails to.
    fn end(&mut self, task: usize, end: End) {
        let Some(report) = self.provider.end(task, self.now, end) else { return };
        if self.strikes(Fault::ReportLost) {
            return;
        }
        if self.strikes(Fault::ReportDoubled) {
            let way = self.up_to(LATE_MAX);
            self.after(way, Event::Report(report.clone()));
        }
        let max = match self.strikes(Fault::ReportReordered) {
            true => LATE_MAX,
            false => Duration::from_millis(200),
        };
        let way = self.up_to(max);
        self.after(way, Event::Report(report));
    }

    /// People do what nobody reports, clocks jump, hosts start again.
    pub(super) fn lay_hands(&mut self) {
        if !self.faults.are_on() {
            return;
        }
        self.after(HANDS_EVERY, Event::Hands);
        if self.strikes(Fault::KilledByHand)
            && let Some(task) = self.pick_own()
        {
            self.end(task, End::Code(137));
        }
        if self.strikes(Fault::DeletedByHand)
            && let Some(task) = self.pick_own()
        {
            self.provider.delete(task, self.now);
        }
        if self.strikes(Fault::HolderKilled)
            && let Some(task) = self.pick_own()
        {
            self.end(task, End::Unknown);
        }
        if self.strikes(Fault::HostRebooted) {
            let all: Vec<usize> = self.provider.running().map(|(task, _)| task).collect();
            for task in all {
                if self.is_own(task) {
                    self.end(task, End::Unknown);
                }
            }
            self.die();
        }
        if self.strikes(Fault::ClockJumped) {
            let nanos = self.rng.i64(-300_000_000_000..=300_000_000_000);
            self.clock.set_wrong_by(nanos);
            self.schedule_turn();
        }
        if self.strikes(Fault::OrphanPlanted) {
            self.plant();
        }
    }

    /// Lets a workload run that the log does not know: of this cluster, or of another one while there are few.
    fn plant(&mut self) {
        let mut id = [0; 32];
        self.rng.fill(&mut id);
        let run = RunId { container: ContainerId::from_bytes(id), incarnation: 1 };
        let is_stranger = self.checkers.strangers.count() < STRANGERS_MAX && self.rng.u8(..) < 64;
        let cluster = if is_stranger { &OTHER_CLUSTER } else { &CLUSTER };
        self.provider.plant(run, EffectId::of_start(cluster, run), self.now);
        if is_stranger {
            self.checkers.strangers.expect(run);
        }
    }

    fn pick_own(&mut self) -> Option<usize> {
        self.provider.pick(&mut self.rng).filter(|task| self.is_own(*task))
    }

    fn is_own(&self, task: usize) -> bool {
        let task = self.provider.task(task);
        task.effect == EffectId::of_start(&CLUSTER, task.run)
    }
}
