//! Volumes of nothing but a name: what was made, filled and removed is kept for the test to look at.

use std::collections::BTreeSet;

use async_trait::async_trait;
use journal_domain::VolumeName;

use super::{FakeBackend, Outage};
use crate::{DiskUsage, EffectError, VolumeWork, Volumes};

/// The beginning of paths of the host that nothing is at.
const ABSENT: &str = "/nosuch";

/// Bytes that every volume holds.
const USED_BYTES: u64 = 4096;

/// What there is of volumes.
#[derive(Debug, Default)]
pub(super) struct FakeVolumes {
    made: BTreeSet<VolumeName>,
    copies: Vec<(VolumeName, String)>,
}

// === impl FakeBackend ===

impl FakeBackend {
    /// Gives the names of the volumes that are there.
    pub fn volumes(&self) -> Vec<VolumeName> {
        self.world().volumes.made.iter().cloned().collect()
    }

    /// Gives the paths that were copied into volumes, in order.
    pub fn volume_copies(&self) -> Vec<(VolumeName, String)> {
        self.world().volumes.copies.clone()
    }
}

#[async_trait]
impl Volumes for FakeBackend {
    async fn make_volume(&self, work: &VolumeWork) -> Result<(), EffectError> {
        let mut world = self.world();
        Outage::answer(world.line.call())?;
        let name = &work.volume.name;
        world.volumes.made.insert(name.clone());
        let copies = work.copies.iter().map(|copy| (name.clone(), copy.target.clone()));
        world.volumes.copies.extend(copies);
        Ok(())
    }

    async fn remove_volume(&self, name: &VolumeName) -> Result<(), EffectError> {
        let mut world = self.world();
        Outage::answer(world.line.call())?;
        world.volumes.made.remove(name);
        Ok(())
    }

    fn volume_path(&self, name: &VolumeName) -> Option<String> {
        Some(format!("{}/volumes/{name}/_data", self.folder.display()))
    }

    async fn volume_usage(&self, name: &VolumeName) -> Result<DiskUsage, EffectError> {
        let is_here = self.world().volumes.made.contains(name);
        Ok(DiskUsage { writable_bytes: if is_here { USED_BYTES } else { 0 } })
    }

    async fn has_host_path(&self, path: &str) -> bool {
        !path.starts_with(ABSENT)
    }
}
