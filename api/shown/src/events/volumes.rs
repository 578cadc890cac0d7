//! What is told of volumes: their own events, and the mounts of runs.

use std::collections::BTreeMap;

use api_types::EventMessage;
use journal_domain::{PointSource, ReadOnly, Volume, VolumeEvent, VolumeName};
use journal_log::Timestamp;
use projector_containers::Container;

use super::message;

/// Tells of a volume; that it shall go is told when it has gone.
pub(super) fn volume(event: &VolumeEvent, at: Timestamp) -> Option<EventMessage> {
    match event {
        VolumeEvent::Created(event) => Some(told(&event.volume.name, "create", &[], at)),
        VolumeEvent::Removed(event) => Some(told(&event.name, "destroy", &[], at)),
        VolumeEvent::Pruned(event) => {
            let reclaimed = ("reclaimed".to_owned(), event.reclaimed_bytes.to_string());
            Some(message("volume", "prune".into(), String::new(), [reclaimed].into(), at))
        }
        VolumeEvent::Ready(_) | VolumeEvent::RemovalRequested(_) | VolumeEvent::Doomed(_) => None,
    }
}

/// Tells that a run has its volumes.
pub(super) fn mounted(
    container: &Container,
    at: Timestamp,
) -> impl Iterator<Item = EventMessage> + '_ {
    container.mount_points().iter().filter_map(move |point| {
        let PointSource::Volume { name, .. } = &point.source else { return None };
        let extra = [
            ("container", container.id.to_string()),
            ("destination", point.target.clone()),
            ("propagation", point.access.propagation.as_str().to_owned()),
            ("read/write", (point.access.read_only == ReadOnly::No).to_string()),
        ];
        Some(told(name, "mount", &extra, at))
    })
}

/// Tells that a run has its volumes no more.
pub(super) fn unmounted(
    container: &Container,
    at: Timestamp,
) -> impl Iterator<Item = EventMessage> + '_ {
    let names = container.mount_points().iter().filter_map(|point| point.volume());
    names.map(move |name| told(name, "unmount", &[("container", container.id.to_string())], at))
}

fn told(name: &VolumeName, action: &str, extra: &[(&str, String)], at: Timestamp) -> EventMessage {
    let mut attributes = BTreeMap::from([("driver".to_owned(), Volume::DRIVER.to_owned())]);
    attributes.extend(extra.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    message("volume", action.into(), name.to_string(), attributes, at)
}
