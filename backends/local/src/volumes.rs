//! Volumes on this host: a directory each, made once, filled from an image while it is empty.

mod fill;
mod sources;

use std::{
    fs::{self, File},
    io,
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;
use backends_core::{DiskUsage, EffectError, VolumeWork, Volumes};
use journal_domain::VolumeName;
use tokio::task::spawn_blocking;

use crate::{LocalBackend, disk_usage::disk_usage, errors::chain, layout::Layout, wipe::wipe};

pub(crate) use sources::{HostSource, host_source, prepare};

#[async_trait]
impl Volumes for LocalBackend {
    async fn make_volume(&self, work: &VolumeWork) -> Result<(), EffectError> {
        let around = Arc::clone(&self.around);
        let name = work.volume.name.clone();
        blocking(move || make(&around.layout, &name)).await?;
        for copy in &work.copies {
            self.fill(&work.volume, copy).await?;
        }
        Ok(())
    }

    async fn remove_volume(&self, name: &VolumeName) -> Result<(), EffectError> {
        let volume = self.around.layout.volume(name);
        let folder = self.around.layout.volumes();
        blocking(move || {
            wipe(&volume)?;
            File::open(folder)?.sync_all()
        })
        .await
    }

    fn volume_path(&self, name: &VolumeName) -> Option<String> {
        Some(self.around.layout.volume_data(name).to_string_lossy().into_owned())
    }

    async fn volume_usage(&self, name: &VolumeName) -> Result<DiskUsage, EffectError> {
        let data = self.around.layout.volume_data(name);
        let writable_bytes = blocking(move || disk_usage(&data)).await?;
        Ok(DiskUsage { writable_bytes })
    }

    async fn has_host_path(&self, path: &str) -> bool {
        let path = path.to_owned();
        blocking(move || fs::metadata(path)).await.is_ok()
    }
}

/// Makes the directory of a volume, durably: the log is about to say that it is there.
pub(crate) fn make(layout: &Layout, name: &VolumeName) -> io::Result<()> {
    if layout.volume_data(name).is_dir() {
        return Ok(());
    }
    layout.make_volume(name)?;
    let sync = |path: &Path| File::open(path)?.sync_all();
    sync(&layout.volume(name))?;
    sync(&layout.volumes())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, EffectError> {
    let failed = |error: &dyn std::error::Error| EffectError::Failed(chain(error));
    spawn_blocking(work).await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
}
