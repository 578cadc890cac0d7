//! One episode: a world from its first second to the time when nothing is left to do.
//!
//! Everything that happens is an [`Event`] of one queue. What comes next is drawn from the seed, and from nothing else.

mod clock;
mod outside;
mod process;
mod reconcile;
mod steps;

use std::{sync::Arc, time::Duration};

use backends_core::Observation;
use fastrand::Rng;
use journal_domain::ExecId;
use journal_log::Timestamp;
use tokio::time::Instant;

use self::clock::SimClock;
pub(crate) use self::reconcile::GRACE;
use crate::{
    Sabotage, Violation,
    checkers::Checkers,
    client::{self, Client},
    disk::Disk,
    fault::{Fault, FaultSet, Faults},
    figures::Figures,
    network::{Call, Generation, Reply},
    provider::{End, Provider, Skew},
    queue::Queue,
    server::Server,
    trace::Trace,
};

/// When every episode begins: 2026-01-01.
const BEGIN: Timestamp = Timestamp::from_unix_nanos(1_767_225_600_000_000_000);

/// The cluster of the server, and one that is not its own.
pub(crate) const CLUSTER: [u8; 16] = [7; 16];
const OTHER_CLUSTER: [u8; 16] = [8; 16];

/// How long what is left may take once nothing goes wrong any more.
///
/// The server's clock may have to catch up ten minutes, a call that was sent before is a minute on its way, a stop may
/// wait for ten seconds, and what was missed is found by the second list.
const CONVERGE_MAX: Duration = Duration::from_secs(20 * 60);

/// How often it is looked whether everything is done.
const SETTLE_EVERY: Duration = Duration::from_secs(5);

/// What an episode is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Episode {
    pub(crate) seed: u64,
    pub(crate) faults: FaultSet,
    pub(crate) sabotage: Sabotage,
    /// Containers that clients keep.
    pub(crate) containers: usize,
    /// How long things may go wrong.
    pub(crate) span: Duration,
    /// The pause between two commands of clients.
    pub(crate) pause: Duration,
    /// Whether clients do what stands in a script.
    pub(crate) script: bool,
}

/// What happens.
#[derive(Debug)]
enum Event {
    /// A server starts.
    Boot,
    /// A client asks for something.
    Client,
    /// The writer takes what is queued.
    Turn(Generation),
    /// The reconciler looks at the state.
    Wake(Generation),
    /// A call arrives at the provider.
    Arrive(Call),
    /// An answer arrives at a server.
    Answer { generation: Generation, call: u64, reply: Reply },
    /// A server gives a call up.
    TimeOut { generation: Generation, call: u64 },
    /// The provider reports an end.
    Report(Observation),
    /// A program ends.
    End { task: usize, exit_code: i64 },
    /// A program in a workload ends.
    ExecEnd { exec: ExecId, exit_code: i64 },
    /// What runs is to be listed.
    List(Generation),
    /// Somebody may lay hands on things.
    Hands,
    /// Nothing goes wrong any more.
    Calm,
    /// It is looked whether everything is done.
    Settle,
}

/// A world.
pub(crate) struct Sim {
    episode: Episode,
    rng: Rng,
    now: Timestamp,
    queue: Queue<Event>,
    faults: Faults,
    figures: Figures,
    trace: Trace,
    disk: Disk,
    clock: Arc<SimClock>,
    server: Option<Server>,
    generation: Generation,
    calls: u64,
    provider: Provider,
    client: Client,
    checkers: Checkers,
    /// When things ceased to go wrong.
    calm_since: Option<Timestamp>,
    zero: Instant,
}

// === impl Sim ===

impl Sim {
    pub(crate) fn new(episode: Episode) -> Self {
        let mut rng = Rng::with_seed(episode.seed);
        let forgets_keys = episode.sabotage == Sabotage::KeyForgotten;
        let client = Client::new(&mut rng, episode.containers, episode.script, forgets_keys);
        let mut sim = Self {
            rng,
            now: BEGIN,
            queue: Queue::new(),
            faults: Faults::new(episode.faults),
            figures: Figures::default(),
            trace: Trace::new(),
            disk: Disk::new(episode.sabotage == Sabotage::LyingSync),
            clock: Arc::new(SimClock::new(BEGIN)),
            server: None,
            generation: 0,
            calls: 0,
            provider: Provider::default(),
            client,
            checkers: Checkers::default(),
            calm_since: None,
            zero: Instant::now(),
            episode,
        };
        sim.queue.push(BEGIN, Event::Boot);
        sim.after(Duration::from_secs(1), Event::Client);
        sim.after(Duration::from_secs(60), Event::Hands);
        sim.after(episode.span, Event::Calm);
        sim
    }

    /// Goes on until nothing is left to do, or a checker has found something.
    pub(crate) fn run(mut self) -> (Figures, Result<(), Violation>) {
        let mut outcome = Ok(false);
        while let Ok(false) = outcome {
            let Some((at, event)) = self.queue.pop() else { break };
            self.count_time(at);
            self.clock.set(at);
            self.trace_event(&event);
            outcome = self.happen(event);
        }
        self.figures.trace = self.trace.get();
        self.figures.count_faults(&self.faults);
        (self.figures, outcome.map(|_| ()))
    }

    /// Lets `event` happen; tells whether the episode is over.
    fn happen(&mut self, event: Event) -> Result<bool, Violation> {
        match event {
            Event::Boot => self.boot()?,
            Event::Client => self.ask(),
            Event::Turn(generation) if self.is_at_work(generation) => self.turn()?,
            Event::Wake(generation) if self.is_at_work(generation) => self.look(),
            Event::List(generation) if self.is_at_work(generation) => self.ask_for_list(),
            Event::Answer { generation, call, reply } if self.is_at_work(generation) => {
                self.take_answer(call, reply)?;
            }
            Event::TimeOut { generation, call } if self.is_at_work(generation) => {
                self.give_up(call)?;
            }
            // What was meant for a server that is gone.
            Event::Turn(_)
            | Event::Wake(_)
            | Event::List(_)
            | Event::Answer { .. }
            | Event::TimeOut { .. } => {}
            Event::Arrive(call) => self.arrive(&call)?,
            Event::Report(report) => self.take_report(report),
            Event::End { task, exit_code } => self.end(task, End::Code(exit_code)),
            Event::ExecEnd { exec, exit_code } => self.end_exec(exec, exit_code),
            Event::Hands => self.lay_hands(),
            Event::Calm => self.calm(),
            Event::Settle => return self.settle(),
        }
        Ok(false)
    }

    /// From now on nothing goes wrong, and nobody asks for anything.
    fn calm(&mut self) {
        self.faults.stop();
        self.clock.set_right();
        self.calm_since = Some(self.now);
        self.after(SETTLE_EVERY, Event::Settle);
    }

    /// Ends the episode once everything is as it should be.
    fn settle(&mut self) -> Result<bool, Violation> {
        let waited = self.now.saturating_since(self.calm_since.unwrap_or(self.now));
        let disagreement = match &self.server {
            Some(server) if server.is_idle() => {
                self.checkers.converges.check(server.state(), &self.provider).err()
            }
            Some(_) => Some("the server has something to do".to_owned()),
            None => Some("no server runs".to_owned()),
        };
        if let Some(what) = disagreement {
            if waited > CONVERGE_MAX {
                return Err(Violation::new("converges", format!("after {waited:?}: {what}")));
            }
            self.after(SETTLE_EVERY, Event::Settle);
            return Ok(false);
        }
        self.figures.converged_in_max = self.figures.converged_in_max.max(waited);
        self.check_at_rest()?;
        if self.episode.script
            && let Some(server) = &self.server
        {
            self.figures.ends = client::ends(server.state());
        }
        Ok(true)
    }

    /// Adds the time up to `at` to that of everything that runs.
    fn count_time(&mut self, at: Timestamp) {
        let span = at.saturating_since(self.now);
        self.figures.events += 1;
        self.figures.add_time(span, self.provider.running_count());
        self.now = at;
    }

    fn trace_event(&mut self, event: &Event) {
        self.trace.add_number(self.now.as_unix_nanos());
        self.trace.add(&[event.number()]);
    }

    fn is_at_work(&self, generation: Generation) -> bool {
        self.server.as_ref().is_some_and(|server| server.generation == generation)
    }

    /// Lets `event` happen in a while.
    fn after(&mut self, span: Duration, event: Event) {
        self.queue.push(self.now.saturating_add(span), event);
    }

    /// Draws a time of at most `max`.
    fn up_to(&mut self, max: Duration) -> Duration {
        let nanos = u64::try_from(max.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.rng.u64(0..=nanos))
    }

    /// Draws about `mean`, sometimes much more.
    fn about(&mut self, mean: Duration) -> Duration {
        let unit = self.rng.f64().max(f64::MIN_POSITIVE);
        mean.mul_f64(-unit.ln())
    }

    fn strikes(&mut self, fault: Fault) -> bool {
        self.faults.strikes(&mut self.rng, fault)
    }

    fn skew(&mut self) -> Skew {
        if !self.strikes(Fault::ClockSkewed) {
            return Skew::default();
        }
        Skew { span: self.up_to(Duration::from_secs(300)), is_back: self.rng.bool() }
    }
}

// === impl Event ===

impl Event {
    const fn number(&self) -> u8 {
        match self {
            Self::Boot => 0,
            Self::Client => 1,
            Self::Turn(_) => 2,
            Self::Wake(_) => 3,
            Self::Arrive(_) => 4,
            Self::Answer { .. } => 5,
            Self::TimeOut { .. } => 6,
            Self::Report(_) => 7,
            Self::End { .. } => 8,
            Self::List(_) => 9,
            Self::Hands => 10,
            Self::Calm => 11,
            Self::Settle => 12,
            Self::ExecEnd { .. } => 13,
        }
    }
}
