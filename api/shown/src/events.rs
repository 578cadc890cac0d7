//! What an event of the log is called in Docker, and what it says.
//!
//! Source: the Engine API's "Monitor events"; a container's events have its image, name and all labels.

mod networks;
mod selection;
mod volumes;

use std::{collections::BTreeMap, sync::Arc};

use api_types::{EventActor, EventMessage};
use journal_domain::{
    ContainerCreated, ContainerEvent, ContainerExited, ContainerId, ContainerProbed, CopyEvent,
    Event, ExecEvent, ExecId, Image, ImageEvent, ImageId, ImageMade, ImageName, ImageSource,
    StreamEnd, StreamTarget, SystemEvent,
};
use journal_log::Timestamp;
use projector_containers::{Container, Phase, State};

pub use selection::Selection;

type Attributes = BTreeMap<String, String>;

/// Gives what Docker tells of `event`; `state` is the state before it.
pub fn messages(state: &State, event: &Event, at: Timestamp) -> Vec<EventMessage> {
    match event {
        Event::Container(ContainerEvent::Created(event)) => vec![created(event, at)],
        Event::Container(event) => container(state, event, at),
        Event::Copy(event) => copy(state, event, at).into_iter().collect(),
        Event::Exec(event) => exec(state, event, at).into_iter().collect(),
        Event::Image(event) => image(state, event, at),
        Event::Network(event) => networks::network(state, event, at),
        // Docker knows no pods; their containers are told of as any other.
        Event::Pod(_) | Event::Pool(_) => Vec::new(),
        Event::System(event) => stream(state, event, at).into_iter().collect(),
        Event::Volume(event) => volumes::volume(event, at).into_iter().collect(),
    }
}

fn created(event: &ContainerCreated, at: Timestamp) -> EventMessage {
    let mut attributes: Attributes = event.spec.labels.clone();
    attributes.insert("image".into(), event.spec.image.clone());
    attributes.insert("name".into(), event.name.to_string());
    message("container", "create".into(), event.id.to_string(), attributes, at)
}

fn container(state: &State, event: &ContainerEvent, at: Timestamp) -> Vec<EventMessage> {
    let one = |id: &ContainerId, action: &str, extra: &[(&str, String)]| {
        state.container(id).map(|container| told(container, action, extra, at))
    };
    let several: Vec<Option<EventMessage>> = match event {
        ContainerEvent::Started(event) => {
            let again = state.container(&event.id).is_some_and(
                |container| matches!(&container.phase, Phase::Starting(starting) if starting.again),
            );
            let restart = again.then(|| one(&event.id, "restart", &[])).flatten();
            let begun = begun(state, &event.id, at).into_iter().map(Some);
            begun.chain([one(&event.id, "start", &[]), restart]).collect()
        }
        ContainerEvent::StartFailed(event) => {
            vec![one(&event.id, "die", &[("exitCode", event.exit_code.to_string())])]
        }
        ContainerEvent::Exited(event) => return exited(state, event, at),
        ContainerEvent::SignalDelivered(event) if event.error.is_empty() => {
            let pending = state.container(&event.id).map(|container| &container.pending_signals);
            let sent = pending.and_then(|all| all.iter().find(|one| one.number == event.number));
            let number = sent.map(|sent| sent.signal.number().to_string());
            vec![number.and_then(|number| one(&event.id, "kill", &[("signal", number)]))]
        }
        ContainerEvent::Resized(event) if event.error.is_empty() => {
            let (rows, columns) = (event.size.rows.to_string(), event.size.columns.to_string());
            vec![one(&event.id, "resize", &[("height", rows), ("width", columns)])]
        }
        ContainerEvent::Probed(event) => return probed(state, event, at).into_iter().collect(),
        ContainerEvent::Updated(event) if event.error.is_empty() => {
            vec![one(&event.id, "update", &[])]
        }
        ContainerEvent::Frozen(event) if event.error.is_empty() => {
            vec![one(&event.id, if event.frozen { "pause" } else { "unpause" }, &[])]
        }
        ContainerEvent::Renamed(event) => {
            let names =
                [("oldName", format!("/{}", event.old_name)), ("name", event.name.to_string())];
            vec![one(&event.id, "rename", &names)]
        }
        ContainerEvent::Removed(event) => vec![one(&event.id, "destroy", &[])],
        // A stop that found no process ends what Docker calls running all the same.
        ContainerEvent::RestartCancelled(event) => vec![one(&event.id, "stop", &[])],
        // Docker has no word for it: its containers are where its daemon is.
        ContainerEvent::Delayed(event) => {
            vec![one(&event.id, "delay", &[("error", event.reason.clone())])]
        }
        ContainerEvent::Created(_)
        | ContainerEvent::StartQueued(_)
        | ContainerEvent::StartWithdrawn(_)
        | ContainerEvent::StartRequested(_)
        | ContainerEvent::StopRequested(_)
        | ContainerEvent::RestartRequested(_)
        | ContainerEvent::RestartScheduled(_)
        | ContainerEvent::SignalRequested(_)
        | ContainerEvent::SignalDelivered(_)
        | ContainerEvent::ResizeRequested(_)
        | ContainerEvent::Resized(_)
        | ContainerEvent::FreezeRequested(_)
        | ContainerEvent::ProbeRequested(_)
        | ContainerEvent::UpdateRequested(_)
        | ContainerEvent::Updated(_)
        | ContainerEvent::Frozen(_)
        | ContainerEvent::RemovalRequested(_)
        | ContainerEvent::OptionsSet(_)
        | ContainerEvent::PortsBound(_)
        | ContainerEvent::KeyUsed(_)
        | ContainerEvent::KeysDestroyed(_) => Vec::new(),
    };
    several.into_iter().flatten().collect()
}

/// Gives what a run has when it starts: its volumes and its networks.
fn begun(state: &State, id: &ContainerId, at: Timestamp) -> Vec<EventMessage> {
    let Some(container) = state.container(id) else { return Vec::new() };
    let joined = networks::joined(state, container, at);
    volumes::mounted(container, at).chain(joined).collect()
}

/// Only a change is told.
fn probed(state: &State, event: &ContainerProbed, at: Timestamp) -> Option<EventMessage> {
    let container = state.container(&event.id)?;
    let changed = container.health.as_ref().is_none_or(|before| before.status != event.status);
    let action = format!("health_status: {}", event.status.as_str());
    changed.then(|| told(container, &action, &[], at))
}

fn exited(state: &State, event: &ContainerExited, at: Timestamp) -> Vec<EventMessage> {
    let Some(before) = state.container(&event.id) else { return Vec::new() };
    let since = before.running().map(|run| run.started_at);
    let ran = since.map_or(0, |since| event.finished_at.saturating_since(since).as_secs());
    let die = [("exitCode", event.exit_code.to_string()), ("execDuration", ran.to_string())];
    let oom = event.oom_killed.then(|| told(before, "oom", &[], at));
    let stop = before.stopping().map(|_| told(before, "stop", &[], at));
    let unmounted = volumes::unmounted(before, at);
    let parted = networks::parted(state, before, at);
    let ended = oom.into_iter().chain([told(before, "die", &die, at)]);
    ended.chain(parted).chain(unmounted).chain(stop).collect()
}

/// Reads of files leave no record, so that they are not told of here.
fn copy(state: &State, event: &CopyEvent, at: Timestamp) -> Option<EventMessage> {
    match event {
        CopyEvent::Completed(event) => {
            Some(told(state.container(&event.container)?, "extract-to-dir", &[], at))
        }
        CopyEvent::Opened(_) | CopyEvent::Failed(_) => None,
    }
}

fn exec(state: &State, event: &ExecEvent, at: Timestamp) -> Option<EventMessage> {
    let told_of = |id: &ExecId, action: String, extra: &[(&str, String)]| {
        let exec = state.exec(id)?;
        let mut extra = extra.to_vec();
        extra.push(("execID", id.to_string()));
        Some(told(state.container(&exec.container)?, &action, &extra, at))
    };
    match event {
        ExecEvent::Created(event) => {
            let action = format!("exec_create: {}", event.spec.cmd.join(" "));
            let container = state.container(&event.container)?;
            Some(told(container, &action, &[("execID", event.id.to_string())], at))
        }
        ExecEvent::Started(event) => {
            let command = state.exec(&event.id)?.spec.cmd.join(" ");
            told_of(&event.id, format!("exec_start: {command}"), &[])
        }
        ExecEvent::StartFailed(event) => {
            told_of(&event.id, "exec_die".into(), &[("exitCode", event.exit_code.to_string())])
        }
        ExecEvent::Exited(event) => {
            told_of(&event.id, "exec_die".into(), &[("exitCode", event.exit_code.to_string())])
        }
        ExecEvent::StartRequested(_)
        | ExecEvent::ResizeRequested(_)
        | ExecEvent::Resized(_)
        | ExecEvent::Forgotten(_)
        | ExecEvent::OptionsSet(_) => None,
    }
}

fn image(state: &State, event: &ImageEvent, at: Timestamp) -> Vec<EventMessage> {
    // An image's events have its labels, and its name where they are about one.
    let told = |id: &ImageId, image: Option<&Arc<Image>>, name: Option<String>, action: &str| {
        let mut attributes = image.map(|image| image.config.labels.clone()).unwrap_or_default();
        attributes.insert("name".to_owned(), name.unwrap_or_else(|| id.to_string()));
        message("image", action.into(), id.to_string(), attributes, at)
    };
    let known = |id: &ImageId| state.images().get(id);
    match event {
        ImageEvent::Added(event) => {
            let action = match event.source {
                ImageSource::Import => "import",
                ImageSource::Load => "load",
                // Told when the image has its name too.
                ImageSource::Pull | ImageSource::Push => return Vec::new(),
                // Docker tells of the names that such an image gets, and of the container.
                ImageSource::Commit | ImageSource::Build => return Vec::new(),
            };
            vec![told(&event.image.id, Some(&event.image), None, action)]
        }
        ImageEvent::Tagged(event) => {
            let name = event.name.familiar().to_owned();
            vec![told(&event.id, known(&event.id), Some(name), "tag")]
        }
        // Docker names the image that lost its name by its id.
        ImageEvent::Untagged(event) => vec![told(&event.id, known(&event.id), None, "untag")],
        ImageEvent::Deleted(event) => known(&event.id)
            .map(|image| told(&image.id, Some(image), None, "delete"))
            .into_iter()
            .collect(),
        ImageEvent::Saved(event) => {
            event.images.iter().map(|id| told(id, known(id), None, "save")).collect()
        }
        ImageEvent::Pruned(event) => {
            let reclaimed = ("reclaimed".to_owned(), event.reclaimed_bytes.to_string());
            vec![message("image", "prune".into(), String::new(), [reclaimed].into(), at)]
        }
        ImageEvent::BuildCachePruned(event) => {
            let reclaimed = ("reclaimed".to_owned(), event.reclaimed_bytes.to_string());
            vec![message("builder", "prune".into(), String::new(), [reclaimed].into(), at)]
        }
        ImageEvent::Made(event) => committed(state, event, at).into_iter().collect(),
        ImageEvent::Pulled(event) => vec![transferred(state, &event.id, &event.name, "pull", at)],
        ImageEvent::Pushed(event) => vec![transferred(state, &event.id, &event.name, "push", at)],
        ImageEvent::PushedElsewhere(event) => {
            vec![transferred(state, &event.id, &event.name, "push", at)]
        }
        ImageEvent::DigestRemoved(_)
        | ImageEvent::TransferOpened(_)
        | ImageEvent::TransferCompleted(_)
        | ImageEvent::TransferFailed(_)
        | ImageEvent::LayersDropped(_) => Vec::new(),
    }
}

/// Tells of the container that a client has made an image of.
fn committed(state: &State, event: &ImageMade, at: Timestamp) -> Option<EventMessage> {
    let (container, comment) = event.commit.as_ref()?;
    let mut extra = vec![("comment", comment.clone()), ("imageID", event.id.to_string())];
    let named = event.names.first().map(|name| name.familiar().to_owned());
    extra.extend(named.map(|name| ("imageRef", name)));
    Some(told(state.container(container)?, "commit", &extra, at))
}

/// Docker knows a pulled or pushed image by its name, and its name by its repository.
fn transferred(
    state: &State,
    id: &ImageId,
    name: &ImageName,
    action: &str,
    at: Timestamp,
) -> EventMessage {
    let image = state.images().get(id);
    let mut attributes = image.map(|image| image.config.labels.clone()).unwrap_or_default();
    attributes.insert("name".to_owned(), name.familiar_repository().to_owned());
    message("image", action.into(), name.familiar().to_owned(), attributes, at)
}

fn stream(state: &State, event: &SystemEvent, at: Timestamp) -> Option<EventMessage> {
    match event {
        SystemEvent::StreamOpened(event) => match event.target {
            StreamTarget::Container(id) => {
                state.container(&id).map(|container| told(container, "attach", &[], at))
            }
            StreamTarget::Exec(_) => None,
        },
        SystemEvent::StreamClosed(event) if event.end == StreamEnd::Detached => {
            match state.stream(&event.id)? {
                StreamTarget::Container(id) => {
                    state.container(&id).map(|container| told(container, "detach", &[], at))
                }
                StreamTarget::Exec(id) => {
                    let container = state.container(&state.exec(&id)?.container)?;
                    Some(told(container, "exec_detach", &[("execID", id.to_string())], at))
                }
            }
        }
        SystemEvent::ContainersPruned(event) => {
            let reclaimed = ("reclaimed".to_owned(), event.reclaimed_bytes.to_string());
            Some(message("container", "prune".into(), String::new(), [reclaimed].into(), at))
        }
        SystemEvent::StreamClosed(_)
        | SystemEvent::KeysForgotten(_)
        | SystemEvent::Booted(_)
        | SystemEvent::BridgeConfigured(_) => None,
    }
}

fn told(
    container: &Container,
    action: &str,
    extra: &[(&str, String)],
    at: Timestamp,
) -> EventMessage {
    let mut attributes = container.spec.labels.clone();
    attributes.insert("image".into(), container.spec.image.clone());
    attributes.insert("name".into(), container.name.to_string());
    attributes.extend(extra.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    message("container", action.into(), container.id.to_string(), attributes, at)
}

fn message(
    kind: &str,
    action: String,
    id: String,
    attributes: Attributes,
    at: Timestamp,
) -> EventMessage {
    let nanos = i64::try_from(at.as_unix_nanos()).unwrap_or(i64::MAX);
    EventMessage {
        status: action.clone(),
        id: id.clone(),
        from: attributes.get("image").cloned().unwrap_or_default(),
        kind: kind.into(),
        action,
        actor: EventActor { id, attributes },
        scope: "local".into(),
        time: nanos / 1_000_000_000,
        time_nano: nanos,
    }
}
