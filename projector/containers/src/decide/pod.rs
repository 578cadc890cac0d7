//! Pods: created with the container that holds what is shared, and removed with all their containers.

use std::sync::Arc;

use journal_domain::{
    ContainerId, ContainerOption, CreateContainerWith, CreatePod, Event, Pod, PodCommand,
    PodCreated, PodId, PodPlace, PodRemovalRequested, PodRemoved, Refusal, RemovePod,
};

use super::{Decision, create, remove};
use crate::{Container, KeptPod, PhaseName, State};

/// Digits of the pod's id in its holder's name.
const DIGITS: usize = 12;

pub(super) fn pod(state: &State, command: &PodCommand) -> Decision {
    match command {
        PodCommand::Create(command) => create(state, command),
        PodCommand::Remove(command) => remove(state, command),
    }
}

fn create(state: &State, command: &CreatePod) -> Decision {
    let id = command.id;
    if state.pods.get(&id).is_some() {
        return Err(Refusal::Conflict(format!("pod {id} exists already")));
    }
    let name = match &command.name {
        Some(name) => {
            let name = name.parse().map_err(Refusal::InvalidParameter)?;
            create::refuse_taken(state, &name)?;
            name
        }
        None => create::made_up_name(state, command.name_seed),
    };
    let holder = command.holder.as_ref();
    let pod = Pod {
        id,
        name,
        labels: command.labels.clone(),
        shared: command.shared.clone(),
        holder: holder.map(|with| with.create.id),
    };
    let holding = holder.map(|with| holder_events(state, &pod, with)).transpose()?;
    let created = Event::from(PodCreated { pod: Arc::new(pod) });
    Ok([created].into_iter().chain(holding.into_iter().flatten()).collect())
}

/// Gives the events that create the container which holds what is shared, under the pod's name.
fn holder_events(state: &State, pod: &Pod, asked: &CreateContainerWith) -> Decision {
    let mut create = asked.create.clone();
    let digits = &pod.id.to_string()[..DIGITS];
    create.name = Some(format!("{digits}-infra"));
    if create.spec.hostname.is_empty() {
        create.spec.hostname = pod.name.to_string();
    }
    let place = PodPlace { pod: pod.id, holds: true, uts_of: None };
    let mut options = asked.options.clone();
    options.push(ContainerOption::Pod(place));
    create::create(state, &create, &options)
}

fn remove(state: &State, command: &RemovePod) -> Decision {
    let kept = state.pods.find(&command.target)?;
    if kept.removing {
        // It goes; the caller waits for that.
        return Ok(Vec::new());
    }
    if !command.force {
        members(state, kept).try_for_each(|container| refuse_running(kept, container))?;
    }
    let id = kept.pod.id;
    let mut events = vec![PodRemovalRequested { id }.into()];
    for container in members(state, kept) {
        events.extend(remove::removal(state, container, true));
    }
    if kept.members.is_empty() {
        events.push(PodRemoved { id }.into());
    }
    Ok(events)
}

/// Refuses to remove a container that runs, in podman's words; the holder does nothing that would be lost.
fn refuse_running(kept: &KeptPod, container: &Container) -> Result<(), Refusal> {
    if !container.is_live() || kept.pod.holder == Some(container.id) {
        return Ok(());
    }
    let word = PhaseName::of(container).as_str();
    Err(Refusal::Conflict(format!(
        "not all containers could be removed from pod {}: cannot remove container {} as it is {word} - running or \
         paused containers cannot be removed without force: container state improper",
        kept.pod.id, container.id
    )))
}

fn members<'s>(state: &'s State, kept: &'s KeptPod) -> impl Iterator<Item = &'s Container> {
    kept.members.iter().filter_map(|id| state.container(id)).map(|shared| &**shared)
}

/// Refuses what would take a pod's holder from it, in podman's words.
pub(super) fn refuse_of_holder(state: &State, container: &Container) -> Result<(), Refusal> {
    let Some(place) = container.pod().filter(|place| place.holds) else { return Ok(()) };
    if state.pods.get(&place.pod).is_none_or(|kept| kept.removing) {
        return Ok(());
    }
    Err(Refusal::Conflict(format!(
        "container {} is the infra container of pod {} and cannot be removed without removing the pod",
        container.id, place.pod
    )))
}

/// Refuses a place in a pod that is not there, or goes.
pub(super) fn check_place(
    state: &State,
    id: ContainerId,
    options: &[ContainerOption],
) -> Result<bool, Refusal> {
    let place = options.iter().find_map(|option| {
        let ContainerOption::Pod(place) = option else { return None };
        Some(place)
    });
    let Some(place) = place else { return Ok(false) };
    let absent = || Refusal::NoSuchPod(place.pod.to_string());
    if !place.holds {
        let kept = state.pods.get(&place.pod).ok_or_else(absent)?;
        if kept.removing {
            return Err(Refusal::Conflict(format!("pod {} goes: {id} cannot join it", place.pod)));
        }
    }
    Ok(place.holds)
}

/// Gives the end of a pod whose last container is gone.
pub(super) fn end_with(state: &State, container: &Container) -> Option<Event> {
    let id: PodId = container.pod()?.pod;
    let kept = state.pods.get(&id)?;
    let last = kept.removing && kept.members == [container.id];
    last.then(|| PodRemoved { id }.into())
}
