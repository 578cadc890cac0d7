//! Volumes, who uses them, and what a backend has still to do for them.

use std::sync::Arc;

use journal_domain::{ContainerId, MountPoint, PointSource, Volume, VolumeName};
use journal_log::Timestamp;
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

use super::container::Container;

/// The volumes that are here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Volumes {
    by_name: RedBlackTreeMapSync<VolumeName, Arc<KeptVolume>>,
    pending: RedBlackTreeSetSync<VolumeName>,
    doomed_with: RedBlackTreeSetSync<ContainerId>,
}

/// A volume as the log tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptVolume {
    /// What it is.
    pub volume: Arc<Volume>,
    /// When it was created.
    pub created: Timestamp,
    /// Whether a backend has made its directory.
    pub is_made: bool,
    /// Whether it shall go.
    pub removing: bool,
    /// The containers that mount it, each once, in the order in which they came.
    pub users: Vec<ContainerId>,
    /// What is still to be copied into it while it is empty: containers and their paths.
    pub copies: Vec<(ContainerId, String)>,
}

// === impl Volumes ===

impl Volumes {
    /// Gives a volume, if it is there and does not go.
    pub fn get(&self, name: &VolumeName) -> Option<&Arc<KeptVolume>> {
        self.known(name).filter(|kept| !kept.removing)
    }

    /// Gives a volume, also one that goes.
    pub fn known(&self, name: &VolumeName) -> Option<&Arc<KeptVolume>> {
        self.by_name.get(name)
    }

    /// Goes through the volumes that are there and do not go, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<KeptVolume>> {
        self.by_name.values().filter(|kept| !kept.removing)
    }

    /// Goes through all of it, for a hash.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&VolumeName, &Arc<KeptVolume>)> {
        self.by_name.iter()
    }

    /// Goes through the volumes that a backend has something to do for.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Arc<KeptVolume>> {
        self.pending.iter().filter_map(|name| self.by_name.get(name))
    }

    /// Tells whether a container's volumes without a name go with it.
    pub(crate) fn go_with(&self, container: &ContainerId) -> bool {
        self.doomed_with.contains(container)
    }

    /// Goes through the containers whose volumes go with them.
    pub(crate) fn doomed_with(&self) -> impl Iterator<Item = &ContainerId> {
        self.doomed_with.iter()
    }

    pub(crate) fn add(&mut self, volume: &Arc<Volume>, created: Timestamp) {
        let kept = KeptVolume {
            volume: Arc::clone(volume),
            created,
            is_made: false,
            removing: false,
            users: Vec::new(),
            copies: Vec::new(),
        };
        self.by_name.insert_mut(volume.name.clone(), Arc::new(kept));
        self.pending.insert_mut(volume.name.clone());
    }

    pub(crate) fn forget(&mut self, name: &VolumeName) {
        self.by_name.remove_mut(name);
        self.pending.remove_mut(name);
    }

    pub(crate) fn doom_with(&mut self, container: ContainerId) {
        self.doomed_with.insert_mut(container);
    }

    /// Notes what a container mounts.
    pub(crate) fn hold(&mut self, container: ContainerId, points: &[MountPoint]) {
        for point in points {
            let PointSource::Volume { name, copy, .. } = &point.source else { continue };
            self.change(name, |kept| {
                if !kept.users.contains(&container) {
                    kept.users.push(container);
                }
                if *copy {
                    kept.copies.push((container, point.target.clone()));
                }
            });
        }
    }

    /// Notes that a container is gone.
    pub(crate) fn release(&mut self, container: &Container) {
        self.doomed_with.remove_mut(&container.id);
        for name in container.mount_points().iter().filter_map(MountPoint::volume) {
            self.change(name, |kept| {
                kept.users.retain(|user| *user != container.id);
                kept.copies.retain(|(user, _)| *user != container.id);
            });
        }
    }

    /// Changes a volume and keeps the index of pending work true.
    pub(crate) fn change(&mut self, name: &VolumeName, change: impl FnOnce(&mut KeptVolume)) {
        let Some(shared) = self.by_name.get_mut(name) else { return };
        let kept = Arc::make_mut(shared);
        change(kept);
        if kept.has_work() {
            self.pending.insert_mut(name.clone());
        } else {
            self.pending.remove_mut(name);
        }
    }
}

// === impl KeptVolume ===

impl KeptVolume {
    /// Tells whether a backend still has to do something for it.
    pub const fn has_work(&self) -> bool {
        self.removing || !self.is_made || !self.copies.is_empty()
    }

    /// Tells whether it is as `container` may expect it: there, and given what the container's image has for it.
    pub fn is_ready_for(&self, container: &ContainerId) -> bool {
        self.is_made && !self.copies.iter().any(|(user, _)| user == container)
    }
}
