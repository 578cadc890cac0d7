//! Waiting for the state that settles a call: a wish is in the log, and the world has still to follow.
//!
//! A client that hangs up while it waits takes nothing back.

use journal_domain::{
    ContainerEvent, ContainerId, EndpointId, Event, ExecId, NetworkEvent, NetworkId, VolumeName,
};
use journal_log::Seq;
use projector_containers::{Container, Containers, Endpoint, Key, Phase, StartFailure, State};
use projector_engine::{FeedError, World};

use crate::{call::Call, error::ApiError};

/// What became of a run.
enum Run {
    /// It is not known yet.
    Pending,
    /// It runs, or ran.
    Started,
    /// It could not be started.
    Failed(StartFailure),
    /// Its container is gone, and the state does not know what became of the run.
    Gone,
}

/// Waits until a run has started, or failed to. `asked` is the record that asks for it.
///
/// The run may be one that follows a present one's end, as in a restart; a stop that takes the restart back
/// settles it too.
pub(crate) async fn started(
    call: &Call,
    id: ContainerId,
    incarnation: u32,
    asked: Seq,
) -> Result<(), ApiError> {
    let settled = wait(call, Key::Container(id), |state| match run(state, &id, incarnation) {
        Run::Pending => None,
        settled @ (Run::Started | Run::Failed(_) | Run::Gone) => Some(settled),
    });
    let failure = match settled.await? {
        Run::Pending | Run::Started => return Ok(()),
        Run::Failed(failure) => failure,
        Run::Gone => match logged_failure(call, id, incarnation, asked).await? {
            Some(failure) => failure,
            None => return Ok(()),
        },
    };
    Err(ApiError::start_failed(failure.exit_code, failure.message).at(asked))
}

/// Waits until it is the turn of a run that waits for its pool, and then until it has started, or failed to. `asked` is
/// the record that lets it wait, or a later one.
pub(crate) async fn begun(
    call: &Call,
    id: ContainerId,
    incarnation: u32,
    asked: Seq,
) -> Result<(), ApiError> {
    let seen = wait(call, Key::Container(id), |state| match state.container(&id) {
        Some(container) if container.incarnation >= incarnation => Some(Some(true)),
        Some(container) if container.queued.is_some() => None,
        Some(_) => Some(Some(false)),
        None => Some(None),
    });
    let began = match seen.await? {
        Some(began) => began,
        None => {
            look_back(call, asked, |event| {
                if let ContainerEvent::StartRequested(run) = event {
                    return (run.id == id).then_some(true);
                }
                is_end_of(event, id).then_some(false)
            })
            .await?
        }
    };
    if began {
        return started(call, id, incarnation, asked).await;
    }
    let text =
        format!("container {} was taken out of its pool's queue and does not start", id.short());
    Err(ApiError::conflict(text).at(asked))
}

/// Waits until the stop that was asked for is over: the run has ended.
pub(crate) async fn stopped(call: &Call, id: ContainerId) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| {
        state.container(&id).is_none_or(|container| container.stopping().is_none()).then_some(())
    })
    .await
}

/// Waits until a run has ended. A later run than `incarnation` shows that it has.
pub(crate) async fn ended(call: &Call, id: ContainerId, incarnation: u32) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| {
        let runs =
            |container: &Container| container.is_active() && container.incarnation <= incarnation;
        (!state.container(&id).is_some_and(|container| runs(container))).then_some(())
    })
    .await
}

/// Waits until a signal was sent, or has nobody to go to any more.
pub(crate) async fn delivered(call: &Call, id: ContainerId, number: u32) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| {
        let pending = state.container(&id).is_some_and(|container| {
            container.pending_signals.iter().any(|signal| signal.number == number)
        });
        (!pending).then_some(())
    })
    .await
}

/// Waits until nothing is left of a container.
pub(crate) async fn removed(call: &Call, id: ContainerId) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| state.container(&id).is_none().then_some(())).await
}

/// Waits until a volume's directory is there, or the volume goes.
pub(crate) async fn volume_made(call: &Call, name: &VolumeName) -> Result<(), ApiError> {
    wait(call, Key::Volume(name.key()), |state| {
        state.volumes().get(name).is_none_or(|kept| kept.is_made).then_some(())
    })
    .await
}

/// Waits until a volume is as a new container may expect it.
pub(crate) async fn volume_ready(
    call: &Call,
    name: &VolumeName,
    user: ContainerId,
) -> Result<(), ApiError> {
    wait(call, Key::Volume(name.key()), |state| {
        state.volumes().get(name).is_none_or(|kept| kept.is_ready_for(&user)).then_some(())
    })
    .await
}

/// Waits until a volume that goes is gone.
pub(crate) async fn volume_removed(call: &Call, name: &VolumeName) -> Result<(), ApiError> {
    wait(call, Key::Volume(name.key()), |state| {
        state.volumes().known(name).is_none_or(|kept| !kept.removing).then_some(())
    })
    .await
}

/// Waits until a network is made; `asked` is the record that asks for it.
pub(crate) async fn network_made(call: &Call, id: NetworkId, asked: Seq) -> Result<(), ApiError> {
    let settled = wait(call, Key::Network(id), |state| match state.networks().get(&id) {
        Some(kept) if !kept.is_made => None,
        settled => Some(settled.is_some()),
    });
    if settled.await? {
        return Ok(());
    }
    // It is gone: the log knows whether it ever was.
    let mut feed = call.context().handle.feed(asked.next());
    loop {
        let item = feed.next().await.map_err(|error| ApiError::internal(error.to_string()))?;
        for event in &*item.events {
            match event {
                Event::Network(NetworkEvent::Failed(failed)) if failed.id == id => {
                    return Err(ApiError::network_failed(failed.reason.clone()));
                }
                Event::Network(NetworkEvent::Made(made)) if made.id == id => return Ok(()),
                Event::Network(_)
                | Event::Container(_)
                | Event::Copy(_)
                | Event::Exec(_)
                | Event::Image(_)
                | Event::Pod(_)
                | Event::Pool(_)
                | Event::System(_)
                | Event::Volume(_) => {}
            }
        }
    }
}

/// Waits until nothing is left of a network that goes.
pub(crate) async fn network_removed(call: &Call, id: NetworkId) -> Result<(), ApiError> {
    wait(call, Key::Network(id), |state| {
        state.networks().get(&id).is_none_or(|kept| !kept.removing).then_some(())
    })
    .await
}

/// Waits until no interface of a run is to come or to go any more.
pub(crate) async fn at_rest(call: &Call, id: ContainerId) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| {
        let container = state.container(&id).filter(|container| container.is_active());
        (!container.is_some_and(|container| container.is_rewired())).then_some(())
    })
    .await
}

/// Waits until an interface of a run has come, or gone; of a run that has ended meanwhile nothing is wanted. `asked` is the
/// record that asks for it.
pub(crate) async fn wired(
    call: &Call,
    id: ContainerId,
    endpoint: EndpointId,
    asked: Seq,
) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| {
        let container = state.container(&id).filter(|container| container.is_active());
        let mut endpoints = container.iter().flat_map(|container| &container.endpoints);
        let is_it = |one: &Endpoint| one.lease.is_some_and(|lease| lease.endpoint == endpoint);
        (!endpoints.any(|one| is_it(one) && one.is_changing())).then_some(())
    })
    .await?;
    // The state may tell of another interface by now: the log knows what became of this one.
    let last = call.world().seq;
    let mut feed = call.context().handle.feed(asked.next());
    let failed = |error: FeedError| ApiError::internal(error.to_string());
    while let Some(item) = feed.next_up_to(last).await.map_err(failed)? {
        for event in &*item.events {
            if let Event::Network(NetworkEvent::Wired(wired)) = event
                && wired.endpoints.contains(&endpoint)
                && !wired.error.is_empty()
            {
                return Err(ApiError::network_failed(wired.error.clone()));
            }
        }
    }
    Ok(())
}

/// Waits until a container's terminal has the size that was asked for, or is gone.
pub(crate) async fn resized(call: &Call, id: ContainerId) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| {
        let pending = state.container(&id).is_some_and(|container| container.pending_resize);
        (!pending).then_some(())
    })
    .await
}

/// Waits until the processes of a container are frozen, or go on; of one that has ended meanwhile nothing is wanted.
pub(crate) async fn frozen(call: &Call, id: ContainerId, frozen: bool) -> Result<(), ApiError> {
    let failure = wait(call, Key::Container(id), |state| {
        let run = state.container(&id).and_then(|container| container.running());
        match run {
            Some(run) if run.freeze == Some(frozen) => None,
            Some(run) => Some(run.freeze_failure.clone()),
            None => Some(None),
        }
    })
    .await?;
    failure.map_or(Ok(()), |reason| Err(ApiError::internal(reason)))
}

/// Waits until a container has the limits that were asked for; of one that has ended meanwhile nothing is wanted.
pub(crate) async fn updated(call: &Call, id: ContainerId) -> Result<(), ApiError> {
    let failure = wait(call, Key::Container(id), |state| {
        let run = state.container(&id).and_then(|container| container.running());
        match run {
            Some(run) if run.update.is_some() => None,
            Some(run) => Some(run.update_failure.clone()),
            None => Some(None),
        }
    })
    .await?;
    failure.map_or(Ok(()), |reason| {
        Err(ApiError::internal(format!("Cannot update container {id}: {reason}")))
    })
}

/// Waits until an exec's terminal has the size that was asked for, or is gone.
pub(crate) async fn exec_resized(call: &Call, id: ExecId) -> Result<(), ApiError> {
    wait(call, Key::Exec(id), |state| {
        (!state.exec(&id).is_some_and(|exec| exec.pending_resize)).then_some(())
    })
    .await
}

fn run(state: &State, id: &ContainerId, incarnation: u32) -> Run {
    let Some(container) = state.container(id) else {
        let end = state.tombstones().last_end(id);
        let ran = end.is_some_and(|end| end.last_run >= incarnation);
        return if ran { Run::Started } else { Run::Gone };
    };
    if container.incarnation > incarnation {
        return Run::Started;
    }
    if container.incarnation < incarnation {
        let comes = container.is_active() || container.restart.is_some();
        return if comes { Run::Pending } else { Run::Started };
    }
    match &container.phase {
        Phase::Starting(_) => Run::Pending,
        Phase::Running(_) => Run::Started,
        Phase::Created(_) | Phase::Exited(_) => match container.start_failure() {
            Some(failure) => Run::Failed(failure.clone()),
            None => Run::Started,
        },
    }
}

/// Looks in the log for the failure of a run whose container was removed before anybody looked at the state, as one
/// that removes itself is.
async fn logged_failure(
    call: &Call,
    id: ContainerId,
    incarnation: u32,
    asked: Seq,
) -> Result<Option<StartFailure>, ApiError> {
    look_back(call, asked, |event| {
        if let ContainerEvent::StartFailed(failed) = event {
            let (exit_code, message) = (failed.exit_code, failed.message.clone());
            let is_it = (failed.id, failed.incarnation) == (id, incarnation);
            return is_it.then_some(Some(StartFailure { exit_code, message, incarnation }));
        }
        is_end_of(event, id).then_some(None)
    })
    .await
}

fn is_end_of(event: &ContainerEvent, id: ContainerId) -> bool {
    matches!(event, ContainerEvent::Removed(removed) if removed.id == id)
}

/// Looks for something in the log behind a record.
async fn look_back<T>(
    call: &Call,
    behind: Seq,
    look: impl Fn(&ContainerEvent) -> Option<T> + Send,
) -> Result<T, ApiError> {
    let mut feed = call.context().handle.feed(behind.next());
    loop {
        let item = feed.next().await.map_err(|error| ApiError::internal(error.to_string()))?;
        for event in &*item.events {
            if let Event::Container(event) = event
                && let Some(found) = look(event)
            {
                return Ok(found);
            }
        }
    }
}

/// Waits until `look` finds what it looks for in the state, or the engine ends.
pub(crate) async fn wait<T>(
    call: &Call,
    key: Key,
    mut look: impl FnMut(&State) -> Option<T> + Send,
) -> Result<T, ApiError> {
    let handle = &call.context().handle;
    let found = handle.wait_for(key, |world: &World<Containers>| look(&world.state));
    tokio::select! {
        found = found => Ok(found),
        () = handle.ended() => Err(ApiError::stopping()),
    }
}
