//! What the host offers, found out once when the backend opens, and what is left there by what died.

use std::path::PathBuf;

use journal_domain::ContainerId;
use sandbox_shim::{Cgroups, HostReport, HostRequest, SealError, SweepRequest};

use crate::{
    LocalOptions,
    layout::Layout,
    shim::{HelperError, ShimProgram},
};

/// Where control groups are mounted, under the data directory, if the host has mounted none.
pub(crate) const PRIVATE_CGROUP: &str = "cgroup";

/// The host as this backend uses it.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) shim: ShimProgram,
    pub(crate) cgroups: Cgroups,
    pub(crate) warnings: Vec<String>,
}

/// Why the host could not be prepared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrepareError {
    #[error("the program that holds containers cannot be loaded")]
    Program(#[from] SealError),
    #[error("the host cannot be prepared")]
    Prepare(#[from] HelperError),
}

// === impl Host ===

impl Host {
    /// Loads the shim's program and has it make the parents of the control groups.
    pub(crate) fn prepare(options: &LocalOptions, layout: &Layout) -> Result<Self, PrepareError> {
        let shim = ShimProgram::load(&options.shim)?;
        let request = HostRequest {
            cgroup_parent: options.cgroup_parent.clone(),
            private_mount: layout.data().join(PRIVATE_CGROUP),
            favor_dynmods: options.favor_dynmods,
        };
        let report: HostReport = shim.ask("prepare", &request)?;
        Ok(Self { shim, cgroups: report.cgroups, warnings: report.warnings })
    }

    /// Kills what a container left running and removes its control groups. Blocks.
    pub(crate) fn sweep(&self, container: ContainerId) -> Result<(), HelperError> {
        let cgroup_name = container.to_string();
        if self.cgroup_dirs(&cgroup_name).all(|dir| !dir.exists()) {
            return Ok(());
        }
        self.shim.tell("sweep", &SweepRequest { cgroups: self.cgroups.clone(), cgroup_name })
    }

    /// The directories that hold all containers' groups.
    pub(crate) fn cgroup_parents(&self) -> Vec<PathBuf> {
        match &self.cgroups {
            Cgroups::V1 { hierarchies } => {
                hierarchies.iter().map(|hierarchy| hierarchy.parent.clone()).collect()
            }
            Cgroups::V2 { parent } => vec![parent.clone()],
            Cgroups::Absent => Vec::new(),
        }
    }

    /// The version of the host's control groups as `docker info` shows it.
    pub(crate) const fn cgroup_version(&self) -> &'static str {
        match &self.cgroups {
            Cgroups::V1 { .. } => "1",
            Cgroups::V2 { .. } => "2",
            Cgroups::Absent => "",
        }
    }

    fn cgroup_dirs(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        self.cgroup_parents().into_iter().map(move |parent| parent.join(name))
    }
}
