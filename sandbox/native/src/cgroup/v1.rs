//! Version 1: a directory in each hierarchy.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use sandbox_shim::{Resources, V1Hierarchy};

use super::devices::Rule;
use super::{files, limits, removal};
use crate::error::{During, StartError, step};

/// Tries of 1 ms for processes to stop; Docker waits as long.
const FREEZE_TRIES: u32 = 2000;

/// The directories.
#[derive(Debug)]
pub(crate) struct Groups {
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    controllers: Vec<String>,
    path: PathBuf,
    /// Kept open so that an exec joins without a lookup.
    processes: File,
}

impl Groups {
    pub(super) fn create(
        hierarchies: &[V1Hierarchy],
        name: &str,
        resources: &Resources,
        devices: Option<&[Rule]>,
    ) -> Result<Self, StartError> {
        let mut made = Self { groups: Vec::new() };
        let filled = hierarchies
            .iter()
            .try_for_each(|hierarchy| made.add(hierarchy, name))
            .and_then(|()| made.limit(resources))
            .and_then(|()| made.allow(devices));
        if let Err(error) = filled {
            removal::remove(&made.paths());
            return Err(error);
        }
        Ok(made)
    }

    fn add(&mut self, hierarchy: &V1Hierarchy, name: &str) -> Result<(), StartError> {
        let path = hierarchy.parent.join(name);
        files::make(&path)?;
        let processes = File::options().write(true).open(path.join("cgroup.procs"));
        let processes = processes.during(step!("opening {}", path.display()))?;
        let controllers = hierarchy.controllers.clone();
        self.groups.push(Group { controllers, path, processes });
        if self.directory("cpuset").is_some_and(|path| path.starts_with(&hierarchy.parent)) {
            // A new group has no processors until it is given some, and takes no process. It is not balanced for itself,
            // for that would have the kernel look at every group there is, here and when it goes.
            let _ =
                files::write(&hierarchy.parent.join(name).join("cpuset.sched_load_balance"), "0");
            for file in ["cpuset.cpus", "cpuset.mems"] {
                let inherited = fs::read_to_string(hierarchy.parent.join(file))
                    .during(step!("reading {file}"))?;
                files::write(&hierarchy.parent.join(name).join(file), inherited.trim())?;
            }
        }
        Ok(())
    }

    fn limit(&self, resources: &Resources) -> Result<(), StartError> {
        for setting in limits::v1(resources)? {
            let path = self.directory(setting.controller).map(|path| path.join(setting.file));
            match path.filter(|path| path.exists()) {
                Some(path) => files::write(&path, &setting.value)?,
                None if setting.asked => return Err(setting.refused()),
                None => {}
            }
        }
        Ok(())
    }

    /// Writes limits into groups that are in use. The kernel takes no memory limit beyond the one of memory and swap, so
    /// what it refuses is tried again after the others.
    pub(super) fn update(&self, resources: &Resources) -> Result<(), StartError> {
        if self.limit(resources).is_ok() {
            return Ok(());
        }
        let mut settings = limits::v1(resources)?;
        settings.reverse();
        for setting in settings {
            let path = self.directory(setting.controller).map(|path| path.join(setting.file));
            if let Some(path) = path.filter(|path| path.exists()) {
                // What is refused in this order too is told by the last try.
                let _ = files::write(&path, &setting.value);
            }
        }
        self.limit(resources)
    }

    fn allow(&self, devices: Option<&[Rule]>) -> Result<(), StartError> {
        let (Some(rules), Some(path)) = (devices, self.directory("devices")) else {
            return Ok(());
        };
        files::write(&path.join("devices.deny"), "a")?;
        let allow = path.join("devices.allow");
        let what = step!("writing to {}", allow.display());
        let allow = File::options().write(true).open(&allow).during(what)?;
        // The kernel takes one rule a write.
        rules
            .iter()
            .try_for_each(|rule| (&allow).write_all(rule.to_string().as_bytes()))
            .during(what)
    }

    fn directory(&self, controller: &str) -> Option<&Path> {
        let group =
            self.groups.iter().find(|group| group.controllers.iter().any(|c| c == controller));
        group.map(|group| group.path.as_path())
    }

    pub(super) fn have(&self, controller: &str) -> bool {
        self.directory(controller).is_some()
    }

    pub(super) fn attach(&self, process: &str) -> Result<(), StartError> {
        for group in &self.groups {
            (&group.processes)
                .write_all(process.as_bytes())
                .during(step!("entering control group {}", group.path.display()))?;
        }
        Ok(())
    }

    pub(super) fn hierarchies(&self) -> Vec<Vec<String>> {
        self.groups.iter().map(|group| group.controllers.clone()).collect()
    }

    pub(super) fn oom_killed(&self) -> bool {
        let events = self.directory("memory").map(|path| path.join("memory.oom_control"));
        events.and_then(|path| files::counter(&path, "oom_kill")).is_some_and(|count| count > 0)
    }

    pub(super) fn memory_limit(&self) -> Option<PathBuf> {
        self.directory("memory").map(|path| path.join("memory.limit_in_bytes"))
    }

    pub(super) fn freeze(&self, frozen: bool) -> Result<(), StartError> {
        let state = if frozen { "FROZEN" } else { "THAWED" };
        let Some(path) = self.directory("freezer").map(|path| path.join("freezer.state")) else {
            return Err(StartError::Refused { reason: "there is no freezer".to_owned() });
        };
        files::write(&path, state)?;
        for _ in 0..FREEZE_TRIES {
            let now = fs::read_to_string(&path).during(step!("reading {}", path.display()))?;
            if now.trim() == state {
                return Ok(());
            }
            removal::pause_briefly();
        }
        files::write(&path, "THAWED")?;
        Err(StartError::Refused { reason: "the processes do not stop".to_owned() })
    }

    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.groups.iter().map(|group| group.path.clone()).collect()
    }
}
