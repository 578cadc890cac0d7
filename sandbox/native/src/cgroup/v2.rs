//! Version 2: one directory.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use sandbox_shim::Resources;

use super::devices::Rule;
use super::{files, limits, removal};
use crate::bpf;
use crate::error::{During, StartError, step};

/// The directory.
#[derive(Debug)]
pub(crate) struct Group {
    path: PathBuf,
    directory: File,
}

impl Group {
    pub(super) fn create(
        parent: &Path,
        name: &str,
        resources: &Resources,
        devices: Option<&[Rule]>,
    ) -> Result<Self, StartError> {
        let path = parent.join(name);
        files::make(&path)?;
        let filled = Self::fill(path.clone(), resources, devices);
        if filled.is_err() {
            removal::remove(&[path]);
        }
        filled
    }

    fn fill(
        path: PathBuf,
        resources: &Resources,
        devices: Option<&[Rule]>,
    ) -> Result<Self, StartError> {
        let directory = File::open(&path).during(step!("opening {}", path.display()))?;
        limit(&path, resources)?;
        if let Some(rules) = devices {
            bpf::filter_devices(directory.as_fd(), rules).during(step!("filtering devices"))?;
        }
        Ok(Self { path, directory })
    }

    /// Writes limits into a group that is in use.
    pub(super) fn update(&self, resources: &Resources) -> Result<(), StartError> {
        limit(&self.path, resources)
    }

    pub(super) fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn oom_killed(&self) -> bool {
        let events = self.path.join("memory.events");
        files::counter(&events, "oom_kill").is_some_and(|count| count > 0)
    }

    pub(super) fn freeze(&self, frozen: bool) -> Result<(), StartError> {
        files::write(&self.path.join("cgroup.freeze"), if frozen { "1" } else { "0" })
    }
}

/// Writes limits into the files of a group.
fn limit(path: &Path, resources: &Resources) -> Result<(), StartError> {
    for setting in limits::v2(resources)? {
        let file = path.join(setting.file);
        if file.exists() {
            files::write(&file, &setting.value)?;
        } else if setting.asked {
            return Err(setting.refused());
        }
    }
    Ok(())
}
