//! Volumes: created and removed by clients, made and deleted by a backend.

use std::sync::Arc;

use journal_domain::{
    ContainerId, CreateVolume, Event, MountPoint, ObserveVolumeReady, ObserveVolumeRemoved,
    Refusal, RemoveVolume, Volume, VolumeCommand, VolumeCreated, VolumeName, VolumeReady,
    VolumeRemovalRequested, VolumeRemoved, VolumesDoomed, VolumesPruned,
};

use super::Decision;
use crate::{Container, State};

pub(super) fn volume(state: &State, command: &VolumeCommand) -> Decision {
    match command {
        VolumeCommand::Create(command) => create(state, command),
        VolumeCommand::Remove(command) => remove(state, command),
        VolumeCommand::ObserveReady(seen) => Ok(ready(state, seen).into_iter().collect()),
        VolumeCommand::ObserveRemoved(seen) => Ok(removed(state, seen).into_iter().collect()),
        VolumeCommand::RecordPrune(command) => {
            let (volumes, reclaimed_bytes) = (command.volumes, command.reclaimed_bytes);
            Ok(vec![VolumesPruned { volumes, reclaimed_bytes }.into()])
        }
    }
}

/// A volume of the name that is there already is what was asked for, whatever its labels.
fn create(state: &State, command: &CreateVolume) -> Decision {
    Ok(wanted(state, &command.volume)?.into_iter().collect())
}

/// Gives the event that makes a volume, unless it is there.
pub(super) fn wanted(state: &State, volume: &Volume) -> Result<Option<Event>, Refusal> {
    match state.volumes.known(&volume.name) {
        None => Ok(Some(VolumeCreated { volume: Arc::new(volume.clone()) }.into())),
        Some(kept) if !kept.removing => Ok(None),
        Some(_) => Err(Refusal::Conflict(format!(
            "create {}: the removal of a volume of this name is still in progress",
            volume.name
        ))),
    }
}

fn remove(state: &State, command: &RemoveVolume) -> Decision {
    let absent = || Refusal::NoSuchVolume(command.name.clone());
    let name: VolumeName = command.name.parse().map_err(|_| absent())?;
    let kept = state.volumes.known(&name).ok_or_else(absent)?;
    if kept.removing {
        // It goes; the caller waits for that.
        return Ok(Vec::new());
    }
    if !kept.users.is_empty() {
        let users: Vec<String> = kept.users.iter().map(ContainerId::to_string).collect();
        return Err(Refusal::Conflict(format!(
            "remove {name}: volume is in use - [{}]",
            users.join(", ")
        )));
    }
    Ok(vec![VolumeRemovalRequested { name }.into()])
}

fn ready(state: &State, seen: &ObserveVolumeReady) -> Option<Event> {
    let kept = state.volumes.get(&seen.name)?;
    let awaited = |copy: &&(ContainerId, String)| kept.copies.contains(copy);
    let copied: Vec<_> = seen.copied.iter().filter(awaited).cloned().collect();
    let news = !kept.is_made || !copied.is_empty();
    news.then(|| VolumeReady { name: seen.name.clone(), copied }.into())
}

fn removed(state: &State, seen: &ObserveVolumeRemoved) -> Option<Event> {
    let kept = state.volumes.known(&seen.name)?;
    kept.removing.then(|| VolumeRemoved { name: seen.name.clone() }.into())
}

/// Has the volumes without a name go with their container, should it have any.
pub(super) fn doom(state: &State, container: &Container) -> Option<Event> {
    let any = container.mount_points().iter().any(|point| point.anonymous_volume().is_some());
    let news = any && !state.volumes.go_with(&container.id);
    news.then(|| VolumesDoomed { container: container.id }.into())
}

/// Gives the removals that follow that of a container: its volumes without a name, if nobody else uses them.
pub(super) fn removals_with(state: &State, container: &Container) -> Vec<Event> {
    if !container.spec.auto_remove && !state.volumes.go_with(&container.id) {
        return Vec::new();
    }
    let mut names: Vec<&VolumeName> =
        container.mount_points().iter().filter_map(MountPoint::anonymous_volume).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| state.volumes.get(name).is_some_and(|kept| kept.users == [container.id]));
    names.into_iter().map(|name| VolumeRemovalRequested { name: name.clone() }.into()).collect()
}
