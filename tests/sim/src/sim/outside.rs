//! What is not the server: programs that end, people with their hands on things, clients.

use std::time::Duration;

use backends_core::{EffectId, Observation, RunId};
use journal_domain::{Command, ContainerId, ExecId, ImageCommand, NetworkId};

use super::{CLUSTER, Event, OTHER_CLUSTER, Sim, reconcile::LATE_MAX};
use crate::{
    Fault,
    provider::{End, Host, parts},
    server::Origin,
};

/// The longest time until a client that is in a hurry asks for the next thing.
const HURRY_MAX: Duration = Duration::from_millis(300);

/// How often somebody may lay hands on things.
const HANDS_EVERY: Duration = Duration::from_secs(60);

/// Workloads of another cluster that are there, and have to stay.
const STRANGERS_MAX: usize = 3;

impl Sim {
    /// A client asks for something, or the server goes on with what it does for one.
    pub(super) fn ask(&mut self) {
        let is_calm = self.calm_since.is_some();
        let is_over = self.server.as_ref().is_none_or(|server| server.sessions.is_empty());
        if is_calm && is_over {
            return;
        }
        let pause = match (self.episode.script, self.client.is_in_a_hurry()) {
            (true, _) => self.episode.pause,
            (false, true) => self.up_to(HURRY_MAX),
            (false, false) => self.about(self.episode.pause),
        };
        self.after(pause, Event::Client);
        let is_gone = self.strikes(Fault::ClientGone);
        let Some(server) = &mut self.server else { return };
        if !server.has_adopted || !server.has_booted {
            return;
        }
        let world = server.world();
        let begins = !is_calm && !self.episode.script;
        let command = match server.sessions.next(&mut self.rng, &world.state, begins) {
            Some(command) => command,
            None if is_calm => return,
            None => match self.client.next(&mut self.rng, &world.state) {
                Some(command) => command,
                None => return,
            },
        };
        self.checkers.closed.note(&command);
        store(&mut self.provider.host, &command);
        let origin = if is_gone { Origin::Own } else { Origin::Client };
        server.submit("client", command, origin);
        self.schedule_turn();
    }

    /// An exec ends by itself.
    pub(super) fn end_exec(&mut self, exec: ExecId, exit_code: i64) {
        if let Some(report) = self.provider.execs.end(exec, self.now, exit_code) {
            self.report(report);
        }
    }

    /// Ends a workload and reports it, or fails to.
    pub(super) fn end(&mut self, task: usize, end: End) {
        if let Some(report) = self.provider.end(task, self.now, end) {
            self.report(report);
        }
    }

    fn report(&mut self, report: Observation) {
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
        if self.strikes(Fault::NetworkPlanted) {
            let mut id = [0; 32];
            self.rng.fill(&mut id);
            self.provider.host.plant_network(NetworkId::from_bytes(id));
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

/// Puts into the store what a client's bytes brought: it is durable before anything refers to it.
fn store(host: &mut Host, command: &Command) {
    if let Command::Image(ImageCommand::AddMade(made)) = command {
        made.images.iter().for_each(|made| host.add_layers(parts(&made.image)));
    } else if let Command::Image(ImageCommand::Add(brought)) = command {
        brought.images.iter().for_each(|(image, _)| host.add_layers(parts(image)));
    }
}
