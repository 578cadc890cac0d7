//! The reconciler: the real plan, bookkeeping, outcomes and sweep, between simulated messages.

use std::{rc::Rc, sync::Arc, time::Duration};

use backends_core::{EffectError, EffectId, Observation};
use backends_reconcile::{Done, Look, Step, StepKey, Swept, command, delay, plan, settle, sweep};
use journal_domain::Command;

use super::{CLUSTER, Event, Sim};
use crate::{
    Fault, Sabotage, Violation,
    network::{Call, Reply, Request, Waiting},
    provider::LIST_LAG_MAX,
    server::Origin,
    trace::Trace,
};

/// How long a call is waited for.
const CALL_MAX: Duration = Duration::from_secs(30);

/// The longest way of a message that nothing happens to.
const LATENCY_MAX: Duration = Duration::from_millis(200);

/// The longest way of a message that is late.
pub(super) const LATE_MAX: Duration = Duration::from_secs(60);

/// The pause between two lists, as a backend whose reports get lost asks for.
const LIST_EVERY: Duration = Duration::from_secs(60);

/// How long something has to be missing: twice the time by which a list may be late.
pub(crate) const GRACE: Duration = LIST_LAG_MAX.saturating_mul(2);

/// The longest time until the state is looked at, whatever was told: the reconciler's own.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// The longest time that a reconciler stands still.
const PAUSE_MAX: Duration = Duration::from_secs(300);

impl Sim {
    /// Tells the reconciler that something has changed, or fails to.
    pub(super) fn wake(&mut self) {
        let generation = self.generation;
        if self.strikes(Fault::WakeDropped) {
            return;
        }
        if self.strikes(Fault::WakeDoubled) {
            let later = self.up_to(LATENCY_MAX);
            self.after(later, Event::Wake(generation));
        }
        let way = match self.strikes(Fault::WakeReordered) {
            true => self.up_to(Duration::from_secs(5)),
            false => Duration::ZERO,
        };
        self.after(way, Event::Wake(generation));
    }

    /// Compares what is wanted with what is known, and sends what follows.
    pub(super) fn look(&mut self) {
        if self.strikes(Fault::ReconcilerPaused) {
            let pause = self.up_to(PAUSE_MAX);
            let until = self.now.saturating_add(pause);
            if let Some(server) = &mut self.server {
                server.paused_until = until;
            }
        }
        let now = self.now;
        let Some(server) = &mut self.server else { return };
        let generation = server.generation;
        if !server.has_adopted {
            return;
        }
        if now < server.paused_until {
            let until = server.paused_until;
            self.queue.push(until, Event::Wake(generation));
            return;
        }
        let instant = server.instant(now);
        let world = server.world();
        server.progress.forget_settled(&world.state);
        let steps = plan(&world.state, &server.progress, instant, &server.limits);
        for step in &steps {
            server.progress.begin(step.key());
        }
        if !steps.is_empty() && self.strikes(Fault::CrashBeforeCall) {
            self.die();
            return;
        }
        for step in steps {
            let request = self.request_of(step);
            self.send(request, None);
        }
        self.wake_for_next_try();
    }

    fn wake_for_next_try(&mut self) {
        let now = self.now;
        let Some(server) = &self.server else { return };
        let next = server.progress.next_try(server.instant(now)).map(|next| server.time(next));
        if let Some(at) = next {
            let generation = server.generation;
            self.queue.push(at, Event::Wake(generation));
        }
    }

    /// Makes a call of a step. A start is known by its effect, and asks for what the log says and nothing else.
    fn request_of(&mut self, step: Step) -> Request {
        let (mut token, mut request) = (String::new(), 0);
        if let Step::Start(workload) = &step {
            token = EffectId::of_start(&CLUSTER, workload.run).token();
            let mut trace = Trace::new();
            trace.add(format!("{workload:?}").as_bytes());
            request = trace.get();
            if self.episode.sabotage == Sabotage::RandomToken {
                token = self.rng.u64(..).to_string();
            }
            if self.episode.sabotage == Sabotage::RebuiltRequest {
                request ^= self.rng.u64(..);
            }
        }
        Request::Step { step: Box::new(step), token, request }
    }

    /// Sends a call and waits for its answer.
    fn send(
        &mut self,
        request: Request,
        before: Option<Arc<projector_engine::World<projector_containers::Containers>>>,
    ) {
        self.calls += 1;
        self.figures.calls += 1;
        let (number, generation) = (self.calls, self.generation);
        let request = Rc::new(request);
        let call = Call { number, generation, request: Rc::clone(&request) };
        if let Some(server) = &mut self.server {
            server.in_flight.insert(number, Waiting { request, before });
        }
        if call.request.is_at_hand() {
            let way = self.up_to(LATENCY_MAX);
            self.after(way, Event::Arrive(call));
            return;
        }
        self.after(CALL_MAX, Event::TimeOut { generation, call: number });
        if self.strikes(Fault::CallLost) {
            return;
        }
        if self.strikes(Fault::CallDoubled) {
            let way = self.up_to(LATE_MAX);
            self.after(way, Event::Arrive(call.clone()));
        }
        let max = if self.strikes(Fault::CallLate) { LATE_MAX } else { LATENCY_MAX };
        let way = self.up_to(max);
        self.after(way, Event::Arrive(call));
    }

    /// Sends an answer back.
    pub(super) fn reply(&mut self, call: &Call, reply: Reply) {
        let is_at_hand = call.request.is_at_hand();
        let (generation, call) = (call.generation, call.number);
        if is_at_hand {
            let way = self.up_to(LATENCY_MAX);
            self.after(way, Event::Answer { generation, call, reply });
            return;
        }
        if self.strikes(Fault::AnswerLost) {
            return;
        }
        if self.strikes(Fault::AnswerDoubled) {
            let way = self.up_to(LATE_MAX);
            self.after(way, Event::Answer { generation, call, reply: reply.clone() });
        }
        let max = if self.strikes(Fault::AnswerLate) { LATE_MAX } else { LATENCY_MAX };
        let way = self.up_to(max);
        self.after(way, Event::Answer { generation, call, reply });
    }

    /// Takes an answer; one that comes again, or after its call was given up, means nothing.
    pub(super) fn take_answer(&mut self, call: u64, reply: Reply) -> Result<(), Violation> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let Some(waiting) = server.in_flight.remove(&call) else { return Ok(()) };
        if self.strikes(Fault::CrashBeforeRecord) {
            self.die();
            return Ok(());
        }
        match (reply, &*waiting.request) {
            (Reply::Step(outcome, told), Request::Step { step, .. }) => {
                self.settle_step(step, outcome, told);
                Ok(())
            }
            (Reply::List(found), _) => match found {
                Ok(found) => self.take_list(&found, &waiting),
                Err(_) => {
                    self.list_again();
                    Ok(())
                }
            },
            (Reply::Stray | Reply::Step(..), request) => {
                self.end_stray(request);
                Ok(())
            }
        }
    }

    /// Gives a call up that was not answered in time.
    pub(super) fn give_up(&mut self, call: u64) -> Result<(), Violation> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let Some(waiting) = server.in_flight.remove(&call) else { return Ok(()) };
        match &*waiting.request {
            Request::Step { step, .. } => {
                let error = EffectError::Failed("no answer came in time".to_owned());
                self.settle_step(step, Err(error), None);
            }
            Request::Stray(_) => self.end_stray(&waiting.request),
            Request::List => self.list_again(),
        }
        Ok(())
    }

    /// A stray is done with; what is left of it is found by the next list.
    fn end_stray(&mut self, request: &Request) {
        if let (Some(server), Some(key)) = (&mut self.server, request.key()) {
            server.progress.succeed(key);
        }
    }

    /// Puts the outcome of a step on record, or has it tried again.
    fn settle_step(
        &mut self,
        step: &Step,
        outcome: Result<Done, EffectError>,
        told: Option<Observation>,
    ) {
        let (now, key) = (self.now, step.key());
        let told = told.map(|told| self.distort(told));
        let Some(server) = &mut self.server else { return };
        match settle(step, outcome) {
            Ok(outcome) => match outcome.or_else(|| told.map(command)) {
                Some(command) => server.submit("reconciler", command, Origin::Step(key)),
                None => server.progress.succeed(key),
            },
            Err(reason) => {
                let instant = server.instant(now);
                let failed = server.progress.fail(key, &reason, instant, &server.limits);
                if self.episode.sabotage == Sabotage::NoRetry {
                    server.progress.begin(key);
                }
                if failed.is_news
                    && let Some(delay) = delay(server.state(), key, reason)
                {
                    server.submit("reconciler", delay, Origin::Own);
                }
                self.wake_for_next_try();
            }
        }
        self.schedule_turn();
    }

    /// Asks for everything that runs.
    pub(super) fn ask_for_list(&mut self) {
        let Some(server) = &self.server else { return };
        let before = server.world();
        self.send(Request::List, Some(before));
        self.after(IDLE_MAX, Event::Wake(self.generation));
    }

    fn list_again(&mut self) {
        let Some(server) = &self.server else { return };
        let pause = if server.has_adopted { LIST_EVERY } else { Duration::from_secs(1) };
        self.after(pause, Event::List(self.generation));
    }

    /// Takes a list: what nobody reported goes on record, and what nobody wants goes.
    fn take_list(
        &mut self,
        found: &[backends_core::Found],
        waiting: &Waiting,
    ) -> Result<(), Violation> {
        let now = self.now;
        let Some(server) = &mut self.server else { return Ok(()) };
        let is_first = !server.has_adopted;
        server.has_adopted = true;
        let world = server.world();
        let Some(before) = &waiting.before else { return Ok(()) };
        let look = Look {
            before: &before.state,
            progress: &server.progress,
            now: server.instant(now),
            grace: GRACE,
        };
        let swept = if self.episode.sabotage == Sabotage::NoSweep && !is_first {
            Swept::default()
        } else {
            sweep(&look, &world.state, found, &mut server.seen)
        };
        self.figures.sweeps += 1;
        self.checkers.orphans.swept(now, found, &world.state, &swept)?;
        let reports: Vec<Command> =
            swept.reports.into_iter().map(|report| command(self.distort(report))).collect();
        let Some(server) = &mut self.server else { return Ok(()) };
        for report in reports {
            server.submit("reconciler", report, Origin::Own);
        }
        for stray in &swept.strays {
            server.progress.begin(StepKey::Container(stray.container));
        }
        for stray in swept.strays {
            self.send(Request::Stray(stray), None);
        }
        self.list_again();
        self.wake();
        self.schedule_turn();
        Ok(())
    }

    /// Takes the report of an end.
    pub(super) fn take_report(&mut self, report: Observation) {
        let report = self.distort(report);
        let Some(server) = &mut self.server else { return };
        server.submit("reconciler", command(report), Origin::Own);
        self.schedule_turn();
    }

    /// Where a mistake is made on purpose, makes it.
    fn distort(&self, report: Observation) -> Observation {
        if self.episode.sabotage != Sabotage::InventedExitCode {
            return report;
        }
        let mut report = report;
        if let Observation::Exited { exit_code, .. } = &mut report {
            *exit_code = 0;
        }
        report
    }
}
