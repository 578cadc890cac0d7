//! The server's life: it starts from what is on the disk, turns what is queued into records, and dies.

use std::{sync::Arc, time::Duration};

use journal_domain::{
    Boot, Event as Happened, ImageEvent, NetworkEvent, PodEvent, PoolEvent, SystemCommand,
    VolumeEvent,
};
use journal_log::{RecordHash, Seq};
use projector_containers::Containers;
use projector_engine::{EngineOptions, Opening, SnapshotPolicy, SubmitError, World, Writer};

use super::{CLUSTER, Event, Sim};
use crate::{
    Fault, Sabotage, Violation, checkers::Died, client, disk::NextGroup, server::Origin,
    server::Server,
};

/// The longest time that a server is down.
const DOWN_MAX: Duration = Duration::from_secs(90);

/// The longest time that a group takes to get to the disk.
const SYNC_MAX: Duration = Duration::from_millis(3);

/// Records between two snapshots: few, so that a start folds little and most of them begin with one.
const SNAPSHOT_RECORDS: u64 = 1_000;

/// The version that the simulated program gives itself.
const BINARY: &str = "0.0.0";

impl Sim {
    /// Starts a server from what is durable.
    pub(super) fn boot(&mut self) -> Result<(), Violation> {
        let options = options();
        let opened =
            Writer::open(self.disk.open(), &self.disk.snapshots, self.clock.clone(), &options);
        let (writer, report) = opened.map_err(|error| {
            Violation::new("chain", format!("the log cannot be opened: {error:?}"))
        })?;
        self.generation += 1;
        self.figures.boots += 1;
        self.figures.replayed_records += report.records;
        self.checkers.recovered(&self.disk, writer.world(), &mut self.rng)?;
        let server = Server::new(self.generation, writer, self.zero, super::BEGIN);
        let server = self.server.insert(server);
        if self.episode.sabotage != Sabotage::NoBoot {
            let boot = Boot { version: BINARY.to_owned(), host: "host".to_owned() };
            server.submit("boot", SystemCommand::from(boot).into(), Origin::Own);
        }
        if server.state().images().iter().next().is_none() {
            for command in client::first_commands() {
                server.submit("boot", command, Origin::Own);
            }
            self.provider.host.add_layers([client::BASE]);
        }
        self.sweep_networks()?;
        self.after(Duration::ZERO, Event::List(self.generation));
        self.schedule_turn();
        Ok(())
    }

    /// Compares the networks of the host with those of the log, as a start does, or fails to.
    fn sweep_networks(&mut self) -> Result<(), Violation> {
        if self.strikes(Fault::ListLost) {
            return Ok(());
        }
        let Some(server) = &self.server else { return Ok(()) };
        let host = &mut self.provider.host;
        if self.episode.sabotage != Sabotage::NoNetworkSweep {
            host.sweep_networks(|id| server.state().networks().get(id).is_some());
        }
        self.checkers.networks.swept(host, server.state())
    }

    /// Sees to it that what is queued is taken.
    pub(super) fn schedule_turn(&mut self) {
        let sync = Duration::from_micros(self.rng.u64(50..SYNC_MAX.as_micros() as u64));
        let now = self.now;
        let Some(server) = &mut self.server else { return };
        if let Some(at) = server.next_turn(now, sync) {
            let generation = server.generation;
            self.queue.push(at, Event::Turn(generation));
        }
    }

    /// Decides, appends and folds what is queued, and answers.
    pub(super) fn turn(&mut self) -> Result<(), Violation> {
        if !self.server.as_ref().is_some_and(|server| server.is_its_turn(self.now)) {
            return Ok(());
        }
        let next = self.next_group();
        let Some(server) = &mut self.server else { return Ok(()) };
        self.disk.arm(next);
        let (submissions, origins) = server.take();
        let asked = submissions.len() as u64;
        let before = server.writer.world().seq;
        let answers = server.writer.turn(submissions);
        self.disk.arm(NextGroup::Kept);
        let Ok(answers) = answers else {
            self.die();
            return Ok(());
        };
        let after = Arc::clone(server.writer.world());
        let hash = server.writer.tail_hash();
        self.figures.commands += asked;
        self.figures.records += after.seq.get() - before.get();
        for (answer, origin) in answers.into_iter().zip(origins) {
            if let Ok(committed) = &answer {
                self.figures.made +=
                    committed.events.iter().filter(|event| is_new(event)).count() as u64;
                self.checkers.happened(&committed.events, &after.state, &self.provider)?;
            }
            match (&answer, origin) {
                (Ok(_) | Err(SubmitError::Refused { .. }), Origin::Client) => {
                    self.figures.answered += 1;
                }
                (Err(SubmitError::Panicked { message }), _) => {
                    return Err(Violation::new("never_panics", message.clone()));
                }
                (_, Origin::Step(key)) => {
                    if let Some(server) = &mut self.server {
                        server.progress.succeed(key);
                    }
                }
                (_, Origin::Client | Origin::Own) => {}
            }
        }
        if after.seq > before {
            self.published(before, &after, hash)?;
        }
        self.schedule_turn();
        Ok(())
    }

    /// Draws what becomes of the next group.
    fn next_group(&mut self) -> NextGroup {
        if self.strikes(Fault::CrashBeforeSync) {
            NextGroup::Lost
        } else if self.strikes(Fault::CrashAfterSync) {
            NextGroup::KeptUnanswered
        } else if self.strikes(Fault::TornTail) {
            NextGroup::Torn(self.rng.u16(0..1000))
        } else {
            NextGroup::Kept
        }
    }

    /// A group is durable: it is checked, the state is looked at, and a snapshot is made where one is due.
    fn published(
        &mut self,
        before: Seq,
        world: &World<Containers>,
        hash: RecordHash,
    ) -> Result<(), Violation> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let after = world.seq;
        self.trace.add_number(after.get());
        self.trace.add(hash.as_bytes());
        self.checkers.published(&self.disk, world, hash)?;
        if !std::mem::replace(&mut server.has_booted, true) {
            self.checkers.booted(&world.state)?;
        }
        if before.get() / SNAPSHOT_RECORDS < after.get() / SNAPSHOT_RECORDS {
            let snapshots = self.disk.snapshots.clone();
            let saved = server.writer.save_snapshot(&snapshots, &snapshot_policy(), BINARY);
            saved.map_err(|error| Violation::new("replay", format!("no snapshot: {error:?}")))?;
            self.checkers.now_and_then(server.state())?;
            self.figures.snapshots += 1;
            if self.strikes(Fault::SnapshotDamaged) {
                self.disk.snapshots.damage(after);
            }
        }
        self.wake();
        Ok(())
    }

    /// Ends the process, whatever it is at. Another one starts after a while.
    pub(super) fn die(&mut self) {
        let Some(server) = self.server.take() else { return };
        self.checkers.died = Some(Died { world: server.world() });
        drop(server);
        self.figures.crashes += 1;
        if self.episode.sabotage == Sabotage::ChangedRecord {
            self.disk.store.tamper(|records| change_record(records));
        }
        let down = self.up_to(DOWN_MAX);
        self.after(down, Event::Boot);
    }
}

/// Changes a record in the middle and makes its checksums right.
fn change_record(records: &mut [journal_log::Record]) {
    let middle = records.len() / 2;
    if let Some(record) = records.get_mut(middle) {
        record.header.request = journal_log::RequestId::from_bytes([0xff; 16]);
    }
}

/// Tells whether something else than a container has come to be.
const fn is_new(event: &Happened) -> bool {
    matches!(
        event,
        Happened::Image(ImageEvent::TransferOpened(_))
            | Happened::Network(NetworkEvent::Created(_))
            | Happened::Pod(PodEvent::Created(_))
            | Happened::Pool(PoolEvent::Set(_))
            | Happened::Volume(VolumeEvent::Created(_))
    )
}

fn snapshot_policy() -> SnapshotPolicy {
    SnapshotPolicy { keep_newest: 2, keep_spacing_records: u64::MAX, ..SnapshotPolicy::default() }
}

fn options() -> EngineOptions {
    EngineOptions {
        opening: Opening { binary: BINARY.to_owned(), cluster: CLUSTER, ..Opening::default() },
        snapshots: snapshot_policy(),
        verify_state: false,
        ..EngineOptions::default()
    }
}

impl Sim {
    /// Checks everything, once nothing is left to do.
    pub(super) fn check_at_rest(&self) -> Result<(), Violation> {
        let Some(server) = &self.server else { return Ok(()) };
        self.checkers.at_rest(&self.disk, server.writer.world(), &self.provider)
    }
}
