//! Volumes: made by name, and removed, also those that no name was given to.

use std::collections::BTreeMap;

use fastrand::Rng;
use journal_domain::{Command, CreateVolume, RemoveVolume, Volume, VolumeCommand};
use projector_containers::State;

use super::{Client, pick};

/// Volumes that clients keep.
const VOLUMES: usize = 12;

impl Client {
    pub(super) fn volume(&mut self, rng: &mut Rng, state: &State) -> Option<Command> {
        let count = state.volumes().iter().count();
        let command: VolumeCommand = if count < VOLUMES && rng.bool() {
            let name = self.name('v').parse().ok()?;
            let (options, labels) = (BTreeMap::new(), BTreeMap::new());
            CreateVolume { volume: Volume { name, anonymous: false, options, labels } }.into()
        } else {
            let kept = pick(rng, state.volumes().iter())?;
            RemoveVolume { name: kept.volume.name.as_str().to_owned() }.into()
        };
        Some(command.into())
    }
}
