//! Events of containers.

use std::sync::Arc;

use journal_domain::{
    ContainerCreated, ContainerEvent, ContainerExited, ContainerFrozen, ContainerId,
    ContainerOptions, ContainerOptionsSet, ContainerRenamed, ContainerStartFailed,
    ContainerStarted, ContainerUpdated, NetworkLease, PortsBound, SignalDelivered, SignalRequested,
    StartQueued, StartRequested, StopRequested,
};
use projector_machine::Stamp;

use crate::{
    Container, Delay, ExitReport, Exited, PendingSignal, Phase, Queued, Running, StartFailure,
    Starting, State, Stopping, TimerKey, Timers,
    state::{host_ports::HostPort, restarts::Restarts, used_keys::UsedKey},
};

use super::{health, network, request, restarts};

pub(crate) fn apply(state: &mut State, event: &ContainerEvent, stamp: Stamp) {
    match event {
        ContainerEvent::Created(event) => created(state, event, stamp),
        ContainerEvent::StartRequested(event) => start_requested(state, event),
        ContainerEvent::Started(event) => {
            started(state, event);
            health::started(state, event.id, stamp.at);
        }
        ContainerEvent::StartFailed(event) => start_failed(state, event),
        ContainerEvent::Exited(event) => exited(state, event),
        ContainerEvent::StopRequested(event) => stop_requested(state, event),
        ContainerEvent::RestartRequested(event) => {
            state.change(&event.id, |container| container.restart = Some(event.endpoint));
        }
        ContainerEvent::RestartScheduled(event) => restarts::scheduled(state, event),
        ContainerEvent::RestartCancelled(event) => restarts::cancelled(state, event.id),
        ContainerEvent::SignalRequested(event) => signal_requested(state, event),
        ContainerEvent::SignalDelivered(event) => signal_delivered(state, event),
        ContainerEvent::ResizeRequested(event) => state.change(&event.id, |container| {
            container.size = Some(event.size);
            container.pending_resize = true;
        }),
        ContainerEvent::Resized(event) => {
            state.change(&event.id, |container| {
                container.pending_resize = false;
                container.delay = None;
            });
        }
        ContainerEvent::FreezeRequested(event) => {
            change_run(state, &event.id, |run| run.freeze = Some(event.frozen));
        }
        ContainerEvent::Frozen(event) => frozen(state, event, stamp),
        ContainerEvent::UpdateRequested(event) => {
            change_run(state, &event.id, |run| run.update = Some(event.limits.clone()));
        }
        ContainerEvent::Updated(event) => updated(state, event),
        ContainerEvent::ProbeRequested(event) => health::requested(state, event, stamp.at),
        ContainerEvent::Probed(event) => health::probed(state, event, stamp.at),
        ContainerEvent::Renamed(event) => renamed(state, event),
        ContainerEvent::RemovalRequested(event) => {
            restarts::clear(state, event.id);
            state.change(&event.id, |container| {
                restarts::cancel(container);
                container.removing = true;
                container.restart = None;
                container.queued = None;
            });
        }
        ContainerEvent::Removed(event) => removed(state, event.id),
        ContainerEvent::StartQueued(event) => queued(state, event, stamp),
        ContainerEvent::StartWithdrawn(event) => {
            state.change(&event.id, |container| {
                restarts::cancel(container);
                container.queued = None;
            });
        }
        ContainerEvent::OptionsSet(event) => options_set(state, event),
        ContainerEvent::PortsBound(event) => ports_bound(state, event),
        ContainerEvent::KeyUsed(event) => {
            let (request, container, at) = (event.request, event.id, stamp.at);
            state.used_keys.keep(event.key, UsedKey { request, container, at });
        }
        ContainerEvent::Delayed(event) => state.change(&event.id, |container| {
            container.delay = Some(Delay { reason: event.reason.clone(), since: stamp.at });
        }),
        ContainerEvent::KeysDestroyed(event) => state.change(&event.id, |container| {
            container.keys.retain(|key| !event.keys.contains(key));
        }),
    }
}

fn created(state: &mut State, event: &ContainerCreated, stamp: Stamp) {
    state.images.refer(&event.spec.layers);
    state.names.insert_mut(event.name.clone(), event.id);
    state.created.insert_mut(stamp.seq, event.id);
    let container = Container {
        id: event.id,
        name: event.name.clone(),
        size: event.spec.console_size,
        spec: event.spec.clone(),
        options: None,
        created: journal_log::planted!(
            "clock-in-apply",
            stamp.at,
            journal_log::Timestamp::from_unix_nanos(journal_log::planted::number())
        ),
        created_seq: stamp.seq,
        phase: Phase::Created(None),
        incarnation: 0,
        last_exit: None,
        removing: false,
        restart: None,
        queued: None,
        restarts: Restarts::default(),
        health: None,
        signals: 0,
        pending_signals: Vec::new(),
        pending_resize: false,
        endpoints: network::of_mode(event.spec.network),
        execs: Vec::new(),
        delay: None,
        keys: Vec::new(),
    };
    state.containers.insert_mut(event.id, Arc::new(container));
}

fn options_set(state: &mut State, event: &ContainerOptionsSet) {
    let options = ContainerOptions::of(&event.options);
    // What is mounted is decided once: options that are set again hold nothing anew.
    if state.container(&event.id).is_some_and(|container| container.mount_points().is_empty()) {
        state.volumes.hold(event.id, &options.mount_points);
    }
    if let Some(place) = &options.pod {
        state.pods.join(&place.pod, event.id);
    }
    if let Some(name) = &options.pool {
        state.pools.join(name, event.id);
    }
    state.change(&event.id, |container| {
        if let (Some(networking), None) = (&options.networking, container.networking()) {
            container.endpoints = network::asked(networking);
        }
        container.seal_under(options.sealed_environment.as_ref());
        container.options = Some(Arc::new(options));
    });
}

fn start_requested(state: &mut State, event: &StartRequested) {
    for port in fixed_ports(state, event.id) {
        state.host_ports.hold(port, event.id);
    }
    restarts::started(state, event.id);
    let Some(container) = state.containers.get(&event.id) else { return };
    let request = request::of(state, container);
    state.change(&event.id, |container| {
        container.incarnation = event.incarnation;
        container.queued = None;
        let again = container.restart.take().is_some();
        container.phase = Phase::Starting(Starting { request, again, stopping: None });
    });
    network::leased(state, event.id, event.lease.map(NetworkLease::from).as_slice());
}

fn queued(state: &mut State, event: &StartQueued, stamp: Stamp) {
    let Some(pool) = state.container(&event.id).and_then(|container| container.pool().cloned())
    else {
        return;
    };
    let (endpoint, since) = (event.endpoint, stamp.at);
    let number = state.pools.enqueue(&pool, event.id);
    state.change(&event.id, |container| {
        container.queued = Some(Queued { number, endpoint, since });
    });
}

fn started(state: &mut State, event: &ContainerStarted) {
    state.change(&event.id, |container| {
        let stopping = container.stopping();
        container.delay = None;
        container.phase = Phase::Running(Running {
            pid: event.pid,
            started_at: event.started_at,
            ports: Vec::new(),
            stopping,
            paused: false,
            freeze: None,
            freeze_failure: None,
            update: None,
            update_failure: None,
            wiring_failure: None,
        });
    });
}

fn frozen(state: &mut State, event: &ContainerFrozen, stamp: Stamp) {
    change_run(state, &event.id, |run| {
        run.freeze = None;
        match event.error.as_str() {
            "" => (run.paused, run.freeze_failure) = (event.frozen, None),
            reason => run.freeze_failure = Some(reason.to_owned()),
        }
    });
    health::schedule(state, event.id, stamp.at);
}

fn updated(state: &mut State, event: &ContainerUpdated) {
    let failed = !event.error.is_empty();
    change_run(state, &event.id, |run| {
        // A change of the policy alone settles no limits that are still to be set.
        if run.update.as_ref() == Some(&event.limits) {
            run.update = None;
            run.update_failure = failed.then(|| event.error.clone());
        }
    });
    if failed {
        return;
    }
    state.change(&event.id, |container| {
        let spec = Arc::make_mut(&mut container.spec);
        spec.limits.clone_from(&event.limits);
        if container.restart_policy() != event.restart {
            let options = container.options.get_or_insert_default();
            Arc::make_mut(options).restart = event.restart;
        }
    });
}

fn change_run(state: &mut State, id: &ContainerId, change: impl FnOnce(&mut Running)) {
    state.change(id, |container| match &mut container.phase {
        Phase::Running(run) => {
            change(run);
            container.delay = None;
        }
        Phase::Created(_) | Phase::Starting(_) | Phase::Exited(_) => {}
    });
}

/// Gives the ports of the host that a container has asked for by number.
fn fixed_ports(state: &State, id: ContainerId) -> Vec<HostPort> {
    let Some(container) = state.container(&id) else { return Vec::new() };
    container.fixed_ports().collect()
}

fn ports_bound(state: &mut State, event: &PortsBound) {
    for bound in &event.ports {
        state.host_ports.hold(HostPort::of(bound), event.id);
    }
    state.change(&event.id, |container| match &mut container.phase {
        Phase::Running(running) => running.ports.clone_from(&event.ports),
        Phase::Created(_) | Phase::Starting(_) | Phase::Exited(_) => {}
    });
}

fn start_failed(state: &mut State, event: &ContainerStartFailed) {
    leave_run(state, event.id);
    let failure = StartFailure {
        exit_code: event.exit_code,
        message: event.message.clone(),
        incarnation: event.incarnation,
    };
    state.change(&event.id, |container| {
        leave(container);
        container.phase = match container.last_exit.clone() {
            Some(report) => Phase::Exited(Exited { report, failure: Some(failure) }),
            None => Phase::Created(Some(failure)),
        };
    });
}

fn exited(state: &mut State, event: &ContainerExited) {
    leave_run(state, event.id);
    state.change(&event.id, |container| {
        leave(container);
        let started_at = container.running().map_or(event.finished_at, |run| run.started_at);
        let report = ExitReport {
            incarnation: event.incarnation,
            exit_code: journal_log::planted!("exit-code-lost", event.exit_code, 0),
            oom_killed: event.oom_killed,
            started_at,
            finished_at: event.finished_at,
            error: event.error.clone(),
        };
        container.last_exit = Some(report.clone());
        container.phase = Phase::Exited(Exited { report, failure: None });
    });
}

/// Forgets what a run has not been told any more.
fn leave(container: &mut Container) {
    container.delay = None;
    container.pending_signals.clear();
    container.pending_resize = false;
}

/// Gives back what a run held: its address, its ports and its deadline.
fn leave_run(state: &mut State, id: ContainerId) {
    health::ended(state, id);
    network::left(state, id);
    let Some(container) = state.containers.get(&id) else { return };
    for port in container.fixed_ports().chain(container.bound_ports().iter().map(HostPort::of)) {
        state.host_ports.release(&port, id);
    }
    clear_deadline(&mut state.timers, container);
}

fn clear_deadline(timers: &mut Timers, container: &Container) {
    if let Some(Stopping { deadline: Some(at) }) = container.stopping() {
        timers.clear(at, TimerKey::Stop(container.id, container.incarnation));
    }
}

fn stop_requested(state: &mut State, event: &StopRequested) {
    let Some(container) = state.containers.get(&event.id) else { return };
    clear_deadline(&mut state.timers, container);
    if let Some(at) = event.deadline {
        state.timers.set(at, TimerKey::Stop(container.id, container.incarnation));
    }
    let wanted = Some(Stopping { deadline: event.deadline });
    state.change(&event.id, |container| {
        // A stop that comes after a restart takes the restart back.
        if event.deadline.is_some() {
            container.restart = None;
        }
        restarts::ended_by_client(container, None);
        match &mut container.phase {
            Phase::Starting(starting) => starting.stopping = wanted,
            Phase::Running(running) => running.stopping = wanted,
            Phase::Created(_) | Phase::Exited(_) => {}
        }
    });
}

fn signal_requested(state: &mut State, event: &SignalRequested) {
    state.change(&event.id, |container| {
        container.signals = event.number;
        restarts::ended_by_client(container, Some(event.signal));
        container
            .pending_signals
            .push(PendingSignal { number: event.number, signal: event.signal });
    });
}

fn signal_delivered(state: &mut State, event: &SignalDelivered) {
    state.change(&event.id, |container| {
        container.pending_signals.retain(|signal| signal.number != event.number);
        container.delay = None;
    });
}

fn renamed(state: &mut State, event: &ContainerRenamed) {
    if !journal_log::planted!("old-name-kept") {
        state.names.remove_mut(&event.old_name);
    }
    state.names.insert_mut(event.name.clone(), event.id);
    state.change(&event.id, |container| container.name = event.name.clone());
}

fn removed(state: &mut State, id: ContainerId) {
    let Some(container) = state.containers.get(&id).cloned() else { return };
    state.containers.remove_mut(&id);
    state.names.remove_mut(&container.name);
    state.created.remove_mut(&container.created_seq);
    state.pending_containers.remove_mut(&id);
    for exec in &container.execs {
        super::exec::forget(state, exec);
    }
    state.images.release(&container.spec.layers);
    state.volumes.release(&container);
    state.pools.leave(&container);
    if let Some(place) = container.pod() {
        state.pods.leave(&place.pod, &id);
    }
    state.tombstones.bury(&container);
}
