//! What a command does to the state, or why it is refused: a file for each command.

mod add_images;
mod add_made;
mod boot;
mod copy;
mod create;
mod create_exec;
mod create_once;
mod delete_image;
mod exit;
mod forget_execs;
mod kill;
mod lease;
mod merge;
mod mounts;
mod network;
mod networking;
mod pause;
mod pod;
mod policy;
mod pool;
mod probe;
mod prune_build_cache;
mod prune_images;
mod registry;
mod remove;
mod rename;
mod resize;
mod restart;
mod save_images;
mod start;
mod start_exec;
mod stop;
mod streams;
mod tag_image;
mod update;
mod volume;

use journal_domain::{
    BoundPort, BridgeConfigured, Command, ContainerCommand, ContainerDelayed, ContainerRemoved,
    ContainerStarted, ContainersPruned, CopyCommand, Event, ExecCommand, ExecExited,
    ExecStartFailed, ExecStarted, ImageCommand, KeyId, KeysDestroyed, LayersDropped,
    NetworkCommand, ObserveDelay, ObserveRemoved, ObserveSignal, ObserveStarted, PodCommand,
    PoolCommand, PortsBound, Refusal, SignalDelivered, SystemCommand, UpdateRequested,
    VolumeCommand,
};
use journal_log::Timestamp;

pub use self::prune_images::PRUNED_IMAGES_MAX;
pub(crate) use self::{
    create_once::timer as key_forget_timer, forget_execs::timer as exec_forget_timer,
    pool::then_begin,
};
use crate::{ExecPhase, Phase, State};

type Decision = Result<Vec<Event>, Refusal>;

pub(crate) fn container(state: &State, command: &ContainerCommand, now: Timestamp) -> Decision {
    match command {
        ContainerCommand::Create(command) => create::create(state, command, &[]),
        ContainerCommand::CreateWith(command) => {
            create::create(state, &command.create, &command.options)
        }
        ContainerCommand::CreateOnce(command) => create_once::create_once(state, command),
        ContainerCommand::Start(command) => start::start(state, command),
        ContainerCommand::Stop(command) => stop::stop(state, command, now),
        ContainerCommand::Restart(command) => restart::restart(state, command, now),
        ContainerCommand::Kill(command) => kill::kill(state, command),
        ContainerCommand::Rename(command) => rename::rename(state, command),
        ContainerCommand::Remove(command) => remove::remove(state, command),
        ContainerCommand::Resize(command) => resize::container(state, command),
        ContainerCommand::StopTimeout(command) => Ok(stop::timeout(state, *command)),
        ContainerCommand::Pause(command) => pause::pause(state, command),
        ContainerCommand::Unpause(command) => pause::unpause(state, command),
        ContainerCommand::ObserveFreeze(seen) => {
            Ok(pause::observe(state, seen).into_iter().collect())
        }
        ContainerCommand::Update(command) => update::update(state, command),
        ContainerCommand::ObserveUpdate(seen) => {
            Ok(update::observe(state, seen).map(Event::from).into_iter().collect())
        }
        ContainerCommand::Probe(command) => probe::ask(state, command),
        ContainerCommand::ProbeDue(command) => {
            Ok(probe::due(state, *command).into_iter().collect())
        }
        ContainerCommand::ObserveProbe(seen) => {
            Ok(probe::observe(state, seen, now).into_iter().collect())
        }
        ContainerCommand::RestartDue(command) => Ok(policy::due(state, *command)),
        ContainerCommand::ObserveExit(command) => Ok(exit::exit(state, command, now)),
        ContainerCommand::ObserveLost(command) => Ok(exit::lost(state, command, now)),
        ContainerCommand::ObserveResize(command) => Ok(resize::observe_container(state, command)),
        ContainerCommand::ObserveStartFailure(command) => Ok(exit::start_failed(state, command)),
        ContainerCommand::ObserveStarted(seen) => Ok(started(state, seen, &[])),
        ContainerCommand::ObserveStartedWith(seen) => {
            Ok(started(state, &seen.started, &seen.ports))
        }
        ContainerCommand::ObserveRemoved(seen) => Ok(removed(state, seen, &[])),
        ContainerCommand::ObserveRemovedWith(seen) => {
            Ok(removed(state, &seen.removed, &seen.destroyed))
        }
        ContainerCommand::ObserveSignal(seen) => Ok(signalled(state, seen).into_iter().collect()),
        ContainerCommand::ObserveDelay(seen) => Ok(delayed(state, seen).into_iter().collect()),
    }
}

/// Takes a start, and which ports of the host lead to the run.
fn started(state: &State, seen: &ObserveStarted, ports: &[BoundPort]) -> Vec<Event> {
    let (id, incarnation) = (seen.id, seen.incarnation);
    let container = state.container(&id).filter(|one| one.incarnation == incarnation);
    let Some((container, Phase::Starting(starting))) = container.map(|one| (one, &one.phase))
    else {
        return Vec::new();
    };
    let (pid, started_at) = (seen.pid, seen.started_at);
    let mut events = vec![ContainerStarted { id, incarnation, pid, started_at }.into()];
    if !ports.is_empty() {
        events.push(PortsBound { id, incarnation, ports: ports.to_vec() }.into());
    }
    let limits = &container.spec.limits;
    if starting.request.spec.limits != *limits {
        // They were changed while it was on its way.
        events.push(UpdateRequested { id, limits: Box::new(limits.clone()) }.into());
    }
    events
}

/// Takes that a run waits for a backend; of another run, or known already, it changes nothing.
fn delayed(state: &State, seen: &ObserveDelay) -> Option<Event> {
    let container = state.container(&seen.id)?;
    let (id, incarnation, reason) = (seen.id, seen.incarnation, &seen.reason);
    let told = container.delay.as_ref().is_some_and(|delay| delay.reason == *reason);
    let waits = container.has_work() && container.incarnation == incarnation && !told;
    waits.then(|| ContainerDelayed { id, incarnation, reason: reason.clone() }.into())
}

/// Takes that a signal was sent, or had nobody to go to; one that is not awaited changes nothing.
fn signalled(state: &State, seen: &ObserveSignal) -> Option<Event> {
    let container = state.container(&seen.id)?;
    let awaited = container.pending_signals.iter().any(|signal| signal.number == seen.number);
    awaited.then(|| {
        SignalDelivered { id: seen.id, number: seen.number, error: seen.error.clone() }.into()
    })
}

/// Takes that nothing is left of a container, and of which keys nothing is left either.
fn removed(state: &State, seen: &ObserveRemoved, destroyed: &[KeyId]) -> Vec<Event> {
    let id = seen.id;
    let container = state.container(&id);
    let expected = container.filter(|container| container.removing && !container.is_active());
    let Some(container) = expected else { return Vec::new() };
    let keys = (!destroyed.is_empty()).then(|| KeysDestroyed { id, keys: destroyed.to_vec() });
    let volumes = volume::removals_with(state, container);
    let gone = [ContainerRemoved { id }.into()];
    let pod = pod::end_with(state, container);
    keys.map(Event::from).into_iter().chain(gone).chain(pod).chain(volumes).collect()
}

pub(crate) fn copy(state: &State, command: &CopyCommand) -> Decision {
    copy::copy(state, command)
}

pub(crate) fn exec(state: &State, command: &ExecCommand) -> Decision {
    match command {
        ExecCommand::Create(command) => create_exec::create_exec(state, command, &[]),
        ExecCommand::CreateWith(command) => {
            create_exec::create_exec(state, &command.create, &command.options)
        }
        ExecCommand::Start(command) => start_exec::start_exec(state, command),
        ExecCommand::Resize(command) => resize::exec(state, command),
        ExecCommand::Remove(command) => forget_execs::remove_exec(state, command),
        ExecCommand::Forget(command) => Ok(forget_execs::forget_execs(state, *command)),
        ExecCommand::ObserveResize(command) => Ok(resize::observe_exec(state, command)),
        ExecCommand::ObserveStarted(seen) => Ok(state
            .exec(&seen.id)
            .filter(|exec| matches!(exec.phase, ExecPhase::Starting { .. }))
            .map(|exec| ExecStarted { id: exec.id, pid: seen.pid }.into())
            .into_iter()
            .collect()),
        ExecCommand::ObserveStartFailure(seen) => Ok(state
            .exec(&seen.id)
            .filter(|exec| matches!(exec.phase, ExecPhase::Starting { .. }))
            .map(|exec| {
                let message = seen.message.clone();
                ExecStartFailed { id: exec.id, exit_code: seen.exit_code, message }.into()
            })
            .into_iter()
            .collect()),
        ExecCommand::ObserveExit(seen) => Ok(state
            .exec(&seen.id)
            .filter(|exec| {
                matches!(exec.phase, ExecPhase::Starting { .. } | ExecPhase::Running { .. })
            })
            .map(|exec| {
                let error = seen.error.clone();
                ExecExited { id: exec.id, exit_code: seen.exit_code, error }.into()
            })
            .into_iter()
            .collect()),
    }
}

pub(crate) fn image(state: &State, command: &ImageCommand) -> Decision {
    match command {
        ImageCommand::OpenTransfer(command) => Ok(add_images::open(command)),
        ImageCommand::Add(command) => add_images::add(state, command),
        ImageCommand::FailTransfer(command) => Ok(add_images::fail(state, command)),
        ImageCommand::Tag(command) => tag_image::tag_image(state, command),
        ImageCommand::Delete(command) => delete_image::delete_image(state, command, true),
        ImageCommand::DeleteAlone(command) => {
            delete_image::delete_image(state, &command.delete, false)
        }
        ImageCommand::AddMade(command) => add_made::add_made(state, command),
        ImageCommand::PruneBuildCache(command) => {
            Ok(prune_build_cache::prune_build_cache(state, command))
        }
        ImageCommand::Prune(command) => Ok(prune_images::prune_images(state, command)),
        ImageCommand::Save(command) => save_images::save_images(state, command),
        ImageCommand::AddPulled(command) => registry::add_pulled(state, command),
        ImageCommand::CompletePush(command) => registry::complete_push(state, command),
        ImageCommand::ObserveLayersDropped(command) => {
            Ok(vec![LayersDropped { diff_ids: command.diff_ids.clone() }.into()])
        }
    }
}

pub(crate) fn system(state: &State, command: &SystemCommand, now: Timestamp) -> Decision {
    match command {
        SystemCommand::Boot(command) => Ok(boot::boot(state, command, now)),
        SystemCommand::ConfigureBridge(command) => {
            Ok(vec![BridgeConfigured { bridge: command.bridge.clone() }.into()])
        }
        SystemCommand::ForgetKeys(command) => Ok(create_once::forget(state, *command)),
        SystemCommand::OpenStream(command) => streams::open(state, command),
        SystemCommand::CloseStream(command) => Ok(streams::close(state, command)),
        SystemCommand::RecordPrune(command) => {
            let (containers, reclaimed_bytes) = (command.containers, command.reclaimed_bytes);
            Ok(vec![ContainersPruned { containers, reclaimed_bytes }.into()])
        }
        SystemCommand::Reject(command) => {
            Err(Refusal::Rejected { status: command.status, reason: command.reason.clone() })
        }
    }
}

pub(crate) fn network(state: &State, command: &NetworkCommand) -> Decision {
    network::network(state, command)
}

pub(crate) fn pod(state: &State, command: &PodCommand) -> Decision {
    pod::pod(state, command)
}

pub(crate) fn pool(state: &State, command: &PoolCommand) -> Decision {
    pool::pool(state, command)
}

pub(crate) fn volume(state: &State, command: &VolumeCommand) -> Decision {
    volume::volume(state, command)
}

/// Wraps the command of a timer.
fn exec_timer(command: impl Into<ExecCommand>) -> Command {
    Command::Exec(command.into())
}
