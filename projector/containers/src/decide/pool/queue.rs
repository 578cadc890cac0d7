//! Who runs, who waits, and who begins when somebody ends.

use journal_domain::{
    ContainerEvent, EndpointId, Event, PoolEvent, Refusal, StartQueued, StartWithdrawn,
};
use journal_log::{Seq, Timestamp};
use projector_machine::{Machine as _, Stamp};

use super::{of, refuse_draining};
use crate::{
    Container, Containers, State,
    decide::{
        exit::removal_after_failure,
        start::{check_peers, failed_run, start_run},
    },
};

/// Runs that one record begins, so that it stays small; the start of one of them begins the next ones.
const BEGUN_MAX: usize = 256;

/// Gives the event by which a start waits; none where it may begin at once.
pub(in crate::decide) fn turn(
    state: &State,
    container: &Container,
    endpoint: EndpointId,
) -> Result<Option<Event>, Refusal> {
    let Some(kept) = of(state, container) else { return Ok(None) };
    refuse_draining(kept)?;
    if let Some(why) = kept.pool.refuses(&container.spec.limits) {
        return Err(Refusal::Conflict(why));
    }
    // Whoever wants little does not pass by who wants much, or that one would wait for ever.
    if kept.waiting() == 0 && kept.has_room_for(container.share()) {
        return Ok(None);
    }
    let pool = &kept.pool;
    if u32::try_from(kept.waiting()).is_ok_and(|waiting| waiting < pool.queue_max) {
        check_peers(state, container)?;
        let (id, incarnation) = (container.id, container.incarnation + 1);
        return Ok(Some(StartQueued { id, incarnation, endpoint }.into()));
    }
    let reason = format!(
        "pool {} is full: {} of its containers run, {} wait, and no more than {} may: try again later",
        pool.name,
        kept.running(),
        kept.waiting(),
        pool.queue_max
    );
    Err(Refusal::PoolFull { pool: pool.name.clone(), reason })
}

/// Gives the events by which a container does not wait any more; what was to be removed at its end goes.
pub(in crate::decide) fn withdraw(container: &Container) -> Vec<Event> {
    let withdrawn = Event::from(StartWithdrawn { id: container.id });
    [withdrawn].into_iter().chain(removal_after_failure(container)).collect()
}

/// Adds to what was decided the runs that begin because of it.
pub(crate) fn then_begin(state: &State, mut events: Vec<Event>, now: Timestamp) -> Vec<Event> {
    if state.pools.waited_for().next().is_none() || !events.iter().any(may_make_room) {
        return events;
    }
    // What the record does decides who is next, and so does each run that begins.
    let mut after = state.clone();
    let stamp = Stamp { seq: Seq::FIRST, at: now };
    events.iter().for_each(|event| Containers::apply(&mut after, event, stamp));
    for _ in 0..BEGUN_MAX {
        let Some(run) = next_run(&after) else { break };
        run.iter().for_each(|event| Containers::apply(&mut after, event, stamp));
        events.extend(run);
    }
    events
}

/// Gives the events of the next run that there is room for. One that cannot be any more fails, and the container keeps why.
fn next_run(state: &State) -> Option<Vec<Event>> {
    state.pools.waited_for().find_map(|kept| {
        let container = state.container(kept.head()?)?;
        let queued = container.queued?;
        let failed = |refusal: &Refusal| {
            failed_run(container, refusal)
                .into_iter()
                .chain(removal_after_failure(container))
                .collect()
        };
        if let Some(why) = kept.pool.refuses(&container.spec.limits) {
            return Some(failed(&Refusal::Conflict(why)));
        }
        if !kept.has_room_for(container.share()) {
            return None;
        }
        let run = start_run(state, container, queued.endpoint);
        Some(run.unwrap_or_else(|refusal| failed(&refusal)))
    })
}

/// Tells whether a run may begin because of an event: a place is free, or who stood in front has gone.
const fn may_make_room(event: &Event) -> bool {
    match event {
        Event::Container(event) => may_free(event),
        Event::Pool(PoolEvent::Set(_)) => true,
        Event::Pool(PoolEvent::Drained(_) | PoolEvent::Removed(_))
        | Event::Copy(_)
        | Event::Exec(_)
        | Event::Image(_)
        | Event::Network(_)
        | Event::Pod(_)
        | Event::System(_)
        | Event::Volume(_) => false,
    }
}

const fn may_free(event: &ContainerEvent) -> bool {
    match event {
        ContainerEvent::Exited(_)
        | ContainerEvent::StartFailed(_)
        | ContainerEvent::RestartCancelled(_)
        | ContainerEvent::RemovalRequested(_)
        | ContainerEvent::Removed(_)
        | ContainerEvent::Updated(_)
        | ContainerEvent::StartWithdrawn(_)
        // Of more runs than one record begins the others follow here.
        | ContainerEvent::Started(_) => true,
        ContainerEvent::Created(_)
        | ContainerEvent::StartRequested(_)
        | ContainerEvent::StartQueued(_)
        | ContainerEvent::StopRequested(_)
        | ContainerEvent::RestartRequested(_)
        | ContainerEvent::SignalRequested(_)
        | ContainerEvent::SignalDelivered(_)
        | ContainerEvent::ResizeRequested(_)
        | ContainerEvent::Resized(_)
        | ContainerEvent::FreezeRequested(_)
        | ContainerEvent::Frozen(_)
        | ContainerEvent::ProbeRequested(_)
        | ContainerEvent::Probed(_)
        | ContainerEvent::UpdateRequested(_)
        | ContainerEvent::Renamed(_)
        | ContainerEvent::RestartScheduled(_)
        | ContainerEvent::OptionsSet(_)
        | ContainerEvent::PortsBound(_)
        | ContainerEvent::Delayed(_)
        | ContainerEvent::KeysDestroyed(_)
        | ContainerEvent::KeyUsed(_) => false,
    }
}
