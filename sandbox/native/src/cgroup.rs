//! The control groups of one container, version 1 or 2.

use std::fs::File;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use rustix::process::Pid;
use sandbox_shim::{Cgroups, Resources};

use crate::error::StartError;

pub(crate) mod devices;
mod files;
mod limits;
pub(crate) mod removal;
mod v1;
mod v2;

use devices::Rule;

/// The control groups of one container.
#[derive(Debug)]
pub(crate) enum ContainerCgroups {
    V1(v1::Groups),
    V2(v2::Group),
    Absent,
}

impl ContainerCgroups {
    /// Makes the groups and writes their limits. `devices` is what may be used, or everything.
    pub(crate) fn create(
        cgroups: &Cgroups,
        name: &str,
        resources: &Resources,
        devices: Option<&[Rule]>,
    ) -> Result<Self, StartError> {
        if name.is_empty() || name.contains('/') || name.starts_with('.') {
            return Err(StartError::Refused { reason: format!("bad control group name {name:?}") });
        }
        match cgroups {
            Cgroups::V1 { hierarchies } => {
                v1::Groups::create(hierarchies, name, resources, devices).map(Self::V1)
            }
            Cgroups::V2 { parent } => {
                v2::Group::create(parent, name, resources, devices).map(Self::V2)
            }
            Cgroups::Absent => match limits::v2(resources)?.first() {
                None => Ok(Self::Absent),
                Some(setting) => Err(setting.refused()),
            },
        }
    }

    /// Returns the group a process can be born in, with version 2.
    pub(crate) fn birthplace(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::V2(group) => Some(group.directory()),
            Self::V1(_) | Self::Absent => None,
        }
    }

    /// Moves a process into the groups, unless it was born there.
    pub(crate) fn attach(&self, pid: Pid) -> Result<(), StartError> {
        match self {
            Self::V1(groups) => groups.attach(&pid.as_raw_nonzero().to_string()),
            Self::V2(_) | Self::Absent => Ok(()),
        }
    }

    /// Moves the calling process into the groups, unless it was born there.
    pub(crate) fn join(&self) -> Result<(), StartError> {
        match self {
            Self::V1(groups) => groups.attach("0"),
            Self::V2(_) | Self::Absent => Ok(()),
        }
    }

    /// Returns the mounts `/sys/fs/cgroup` has inside: a name and the options each; one without a name is the tree itself.
    pub(crate) fn hierarchies(&self) -> Vec<Vec<String>> {
        match self {
            Self::V1(groups) => groups.hierarchies(),
            Self::V2(_) => vec![Vec::new()],
            Self::Absent => Vec::new(),
        }
    }

    /// Tells whether the groups can keep a container from the host's devices.
    pub(crate) fn filter_devices(&self) -> bool {
        match self {
            Self::V1(groups) => groups.have("devices"),
            Self::V2(_) => true,
            Self::Absent => false,
        }
    }

    /// Tells whether the kernel has killed a process of the container for want of memory.
    pub(crate) fn oom_killed(&self) -> bool {
        match self {
            Self::V1(groups) => groups.oom_killed(),
            Self::V2(group) => group.oom_killed(),
            Self::Absent => false,
        }
    }

    /// Opens the file that has the limit of memory, if anything limits it.
    pub(crate) fn memory_limit(&self) -> Option<File> {
        let path = match self {
            Self::V1(groups) => groups.memory_limit(),
            Self::V2(group) => Some(group.path().join("memory.max")),
            Self::Absent => None,
        };
        File::open(path?).ok()
    }

    /// Stops all processes where they are, or lets them go on.
    pub(crate) fn freeze(&self, frozen: bool) -> Result<(), StartError> {
        match self {
            Self::V1(groups) => groups.freeze(frozen),
            Self::V2(group) => group.freeze(frozen),
            Self::Absent => Err(StartError::Refused {
                reason: "pausing needs control groups, which this host does not have".to_owned(),
            }),
        }
    }

    /// Gives the groups other limits.
    pub(crate) fn update(&self, resources: &Resources) -> Result<(), StartError> {
        match self {
            Self::V1(groups) => groups.update(resources),
            Self::V2(group) => group.update(resources),
            Self::Absent => match limits::v2(resources)?.first() {
                None => Ok(()),
                Some(setting) => Err(setting.refused()),
            },
        }
    }

    /// Kills whatever lives in the groups.
    ///
    /// The kernel does that itself where a container has a pid namespace of its own and its first process ends.
    pub(crate) fn kill(&self) {
        for directory in self.directories() {
            removal::kill_all(&directory);
        }
    }

    /// Removes the groups, whose processes have ended.
    pub(crate) fn remove(&self) {
        removal::remove(&self.directories());
    }

    fn directories(&self) -> Vec<PathBuf> {
        match self {
            Self::V1(groups) => groups.paths(),
            Self::V2(group) => vec![group.path().to_owned()],
            Self::Absent => Vec::new(),
        }
    }
}
