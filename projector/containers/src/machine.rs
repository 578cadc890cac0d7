//! The machine: commands and events by object, and whom an event wakes.

use journal_domain::{
    Command, ContainerCommand, ContainerEvent, ContainerId, Event, ExecCommand, ExecEvent, ExecId,
    ImageCommand, NetworkCommand, NetworkEvent, NetworkId, PodEvent, PodId, ProbeDue, Refusal,
    RestartDue, StopTimeout, SystemCommand, VolumeCommand, VolumeEvent, VolumeKey,
};
use journal_log::Timestamp;
use projector_machine::{Machine, Source, Stamp};

use crate::{State, apply, decide, query, state::timers::TimerKey};

/// The machine of containers, execs and images.
#[derive(Debug, Clone, Copy)]
pub struct Containers;

/// What a reader waits for a change of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A container, or one of its signals.
    Container(ContainerId),
    /// An exec.
    Exec(ExecId),
    /// A network.
    Network(NetworkId),
    /// A pod.
    Pod(PodId),
    /// A volume, or one that has the same number.
    Volume(VolumeKey),
}

// === impl Containers ===

impl Machine for Containers {
    type Command = Command;
    type Event = Event;
    type Key = Key;
    type Refusal = Refusal;
    type State = State;

    const SCHEMA: u32 = 22;
    const SCHEMA_OLDEST: u32 = 19;

    fn decide(state: &State, command: &Command, now: Timestamp) -> Result<Vec<Event>, Refusal> {
        let events = match command {
            Command::Container(command) => decide::container(state, command, now),
            Command::Copy(command) => decide::copy(state, command),
            Command::Exec(command) => decide::exec(state, command),
            Command::Image(command) => decide::image(state, command),
            Command::Network(command) => decide::network(state, command),
            Command::Pod(command) => decide::pod(state, command),
            Command::Pool(command) => decide::pool(state, command),
            Command::System(command) => decide::system(state, command, now),
            Command::Volume(command) => decide::volume(state, command),
        }?;
        Ok(decide::then_begin(state, events, now))
    }

    fn refusal_code(refusal: &Refusal) -> u16 {
        refusal.code()
    }

    fn complete(state: &mut State, schema: u32) {
        if schema < 21 {
            apply::request::complete(state);
        }
    }

    fn apply(state: &mut State, event: &Event, stamp: Stamp) {
        match event {
            Event::Container(event) => apply::container::apply(state, event, stamp),
            Event::Copy(event) => apply::copy::apply(state, event),
            Event::Exec(event) => apply::exec::apply(state, event, stamp),
            Event::Image(event) => apply::image::apply(state, event, stamp),
            Event::Network(event) => apply::network::apply(state, event, stamp),
            Event::Pod(event) => apply::pod::apply(state, event, stamp),
            Event::Pool(event) => apply::pool::apply(state, event),
            Event::System(event) => apply::system::apply(state, event, stamp),
            Event::Volume(event) => apply::volume::apply(state, event, stamp),
        }
    }

    fn keys(event: &Event, out: &mut Vec<Key>) {
        match event {
            Event::Container(event) => out.push(Key::Container(container_of(event))),
            Event::Exec(event) => execs_of(event, out),
            Event::Network(event) => out.extend(network_of(event)),
            Event::Volume(event) => out.extend(volume_of(event)),
            Event::Pod(event) => out.push(Key::Pod(pod_of(event))),
            Event::Copy(_) | Event::Image(_) | Event::Pool(_) | Event::System(_) => {}
        }
    }

    fn next_timer(state: &State) -> Option<(Timestamp, Command)> {
        let timer = state.timers.next().map(|(at, key)| {
            let command: ContainerCommand = match key {
                TimerKey::Stop(id, incarnation) => StopTimeout { id, incarnation }.into(),
                TimerKey::Restart(id, incarnation) => RestartDue { id, incarnation }.into(),
                TimerKey::Probe(id, incarnation) => ProbeDue { id, incarnation }.into(),
            };
            (at, Command::from(command))
        });
        let forget = decide::exec_forget_timer(state);
        let forget_keys = decide::key_forget_timer(state);
        // Of those that are due at one time the first stays: a stop does not wait for what is only tidied up.
        [timer, forget, forget_keys].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    fn source(command: &Command) -> Source {
        match command {
            Command::Container(command) => container_source(command),
            Command::Exec(command) => exec_source(command),
            Command::Image(ImageCommand::ObserveLayersDropped(_)) => Source::Observation,
            Command::System(SystemCommand::ForgetKeys(_)) => Source::Timer,
            Command::System(SystemCommand::Boot(_) | SystemCommand::ConfigureBridge(_)) => {
                Source::System
            }
            Command::Network(
                NetworkCommand::ObserveMade(_)
                | NetworkCommand::ObserveRemoved(_)
                | NetworkCommand::ObserveWired(_),
            ) => Source::Observation,
            Command::Network(_) => Source::Client,
            Command::Volume(VolumeCommand::ObserveReady(_) | VolumeCommand::ObserveRemoved(_)) => {
                Source::Observation
            }
            Command::Volume(_) => Source::Client,
            Command::Copy(_)
            | Command::Image(_)
            | Command::Pod(_)
            | Command::Pool(_)
            | Command::System(_) => Source::Client,
        }
    }

    fn state_hash(state: &State) -> [u8; 32] {
        query::hash::state_hash(state)
    }
}

fn container_source(command: &ContainerCommand) -> Source {
    match command {
        ContainerCommand::Create(_)
        | ContainerCommand::Start(_)
        | ContainerCommand::Stop(_)
        | ContainerCommand::Restart(_)
        | ContainerCommand::Kill(_)
        | ContainerCommand::Rename(_)
        | ContainerCommand::Remove(_)
        | ContainerCommand::Resize(_)
        | ContainerCommand::Pause(_)
        | ContainerCommand::Unpause(_)
        | ContainerCommand::Update(_)
        | ContainerCommand::Probe(_)
        | ContainerCommand::CreateWith(_)
        | ContainerCommand::CreateOnce(_) => Source::Client,
        ContainerCommand::StopTimeout(_)
        | ContainerCommand::RestartDue(_)
        | ContainerCommand::ProbeDue(_) => Source::Timer,
        ContainerCommand::ObserveStarted(_)
        | ContainerCommand::ObserveStartedWith(_)
        | ContainerCommand::ObserveStartFailure(_)
        | ContainerCommand::ObserveExit(_)
        | ContainerCommand::ObserveLost(_)
        | ContainerCommand::ObserveDelay(_)
        | ContainerCommand::ObserveSignal(_)
        | ContainerCommand::ObserveResize(_)
        | ContainerCommand::ObserveFreeze(_)
        | ContainerCommand::ObserveUpdate(_)
        | ContainerCommand::ObserveProbe(_)
        | ContainerCommand::ObserveRemoved(_)
        | ContainerCommand::ObserveRemovedWith(_) => Source::Observation,
    }
}

fn exec_source(command: &ExecCommand) -> Source {
    match command {
        ExecCommand::Create(_)
        | ExecCommand::CreateWith(_)
        | ExecCommand::Start(_)
        | ExecCommand::Resize(_)
        | ExecCommand::Remove(_) => Source::Client,
        ExecCommand::Forget(_) => Source::Timer,
        ExecCommand::ObserveStarted(_)
        | ExecCommand::ObserveStartFailure(_)
        | ExecCommand::ObserveExit(_)
        | ExecCommand::ObserveResize(_) => Source::Observation,
    }
}

fn container_of(event: &ContainerEvent) -> ContainerId {
    match event {
        ContainerEvent::Created(event) => event.id,
        ContainerEvent::StartRequested(event) => event.id,
        ContainerEvent::Started(event) => event.id,
        ContainerEvent::StartFailed(event) => event.id,
        ContainerEvent::Exited(event) => event.id,
        ContainerEvent::StopRequested(event) => event.id,
        ContainerEvent::RestartRequested(event) => event.id,
        ContainerEvent::SignalRequested(event) => event.id,
        ContainerEvent::SignalDelivered(event) => event.id,
        ContainerEvent::ResizeRequested(event) => event.id,
        ContainerEvent::Resized(event) => event.id,
        ContainerEvent::FreezeRequested(event) => event.id,
        ContainerEvent::Frozen(event) => event.id,
        ContainerEvent::ProbeRequested(event) => event.id,
        ContainerEvent::UpdateRequested(event) => event.id,
        ContainerEvent::Updated(event) => event.id,
        ContainerEvent::Probed(event) => event.id,
        ContainerEvent::Renamed(event) => event.id,
        ContainerEvent::RemovalRequested(event) => event.id,
        ContainerEvent::Removed(event) => event.id,
        ContainerEvent::RestartScheduled(event) => event.id,
        ContainerEvent::RestartCancelled(event) => event.id,
        ContainerEvent::OptionsSet(event) => event.id,
        ContainerEvent::PortsBound(event) => event.id,
        ContainerEvent::Delayed(event) => event.id,
        ContainerEvent::KeysDestroyed(event) => event.id,
        ContainerEvent::KeyUsed(event) => event.id,
        ContainerEvent::StartQueued(event) => event.id,
        ContainerEvent::StartWithdrawn(event) => event.id,
    }
}

fn execs_of(event: &ExecEvent, out: &mut Vec<Key>) {
    match event {
        ExecEvent::Created(event) => out.push(Key::Exec(event.id)),
        ExecEvent::StartRequested(event) => out.push(Key::Exec(event.id)),
        ExecEvent::Started(event) => out.push(Key::Exec(event.id)),
        ExecEvent::StartFailed(event) => out.push(Key::Exec(event.id)),
        ExecEvent::Exited(event) => out.push(Key::Exec(event.id)),
        ExecEvent::ResizeRequested(event) => out.push(Key::Exec(event.id)),
        ExecEvent::Resized(event) => out.push(Key::Exec(event.id)),
        ExecEvent::OptionsSet(event) => out.push(Key::Exec(event.id)),
        ExecEvent::Forgotten(event) => out.extend(event.ids.iter().copied().map(Key::Exec)),
    }
}

fn pod_of(event: &PodEvent) -> PodId {
    match event {
        PodEvent::Created(event) => event.pod.id,
        PodEvent::RemovalRequested(event) => event.id,
        PodEvent::Removed(event) => event.id,
    }
}

fn volume_of(event: &VolumeEvent) -> Option<Key> {
    let name = match event {
        VolumeEvent::Created(event) => &event.volume.name,
        VolumeEvent::Ready(event) => &event.name,
        VolumeEvent::RemovalRequested(event) => &event.name,
        VolumeEvent::Removed(event) => &event.name,
        VolumeEvent::Pruned(_) | VolumeEvent::Doomed(_) => return None,
    };
    Some(Key::Volume(name.key()))
}

fn network_of(event: &NetworkEvent) -> Option<Key> {
    Some(match event {
        NetworkEvent::Created(event) => Key::Network(event.network.id),
        NetworkEvent::Configured(event) => Key::Network(event.network.id),
        NetworkEvent::Made(event) => Key::Network(event.id),
        NetworkEvent::Failed(event) => Key::Network(event.id),
        NetworkEvent::RemovalRequested(event) => Key::Network(event.id),
        NetworkEvent::Removed(event) => Key::Network(event.id),
        NetworkEvent::Leased(event) => Key::Container(event.container),
        NetworkEvent::Connected(event) => Key::Container(event.container),
        NetworkEvent::LeaveRequested(event) => Key::Container(event.container),
        NetworkEvent::Disconnected(event) => Key::Container(event.container),
        NetworkEvent::Wired(event) => Key::Container(event.container),
        NetworkEvent::Pruned(_) => return None,
    })
}
