//! What the host offers, found out once when the backend opens, and what is left there by what died.

use std::{
    fs, io,
    path::{self, PathBuf},
};

use backends_images::in_user_namespace;
use journal_domain::{ContainerId, Runtime, clean_path};
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
    /// As in the options: the directory that takes the containers' groups.
    cgroup_parent: String,
    /// The program that compiles and runs WebAssembly, if there is one.
    pub(crate) wasm: Option<PathBuf>,
    pub(crate) default_runtime: Option<Runtime>,
    /// The network that has the bridges, by the kernel's file for it; the server's own where absent.
    pub(crate) hub: Option<PathBuf>,
}

/// Why a container cannot have its groups where its client wants them, or why it is not known where they are.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    #[error("the control group {path:?} cannot be used")]
    Prepare {
        path: String,
        #[source]
        source: HelperError,
    },
    #[error("the control group {0:?} cannot be used: the host has none")]
    Absent(String),
    #[error("where the control groups of a container are cannot be noted")]
    Note(#[source] io::Error),
    #[error("what a container has left running cannot be ended")]
    Sweep(#[from] HelperError),
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
            keep_processes: false,
            // It is an option of the whole host.
            favor_dynmods: options.favor_dynmods && !in_user_namespace(),
        };
        let report: HostReport = shim.ask("prepare", &request)?;
        let cgroup_parent = request.cgroup_parent;
        let mut warnings = report.warnings;
        let wasm = options.wasm.as_deref().and_then(|program| match program.is_file() {
            // Shims do not stay in the server's working directory.
            true => path::absolute(program).ok(),
            false => {
                let shown = program.display();
                warnings.push(format!("There is no {shown}: no WebAssembly can be run."));
                None
            }
        });
        let (cgroups, default_runtime) = (report.cgroups, options.default_runtime);
        let hub = options.hub.clone();
        Ok(Self { shim, cgroups, warnings, cgroup_parent, wasm, default_runtime, hub })
    }

    /// Makes the group of the host that a container's own shall be in, and notes where that is. A path that does not begin with a
    /// slash is one in the group of this backend. Blocks.
    pub(crate) fn place(
        &self,
        layout: &Layout,
        container: ContainerId,
        path: &str,
    ) -> Result<Cgroups, PlaceError> {
        let cleaned = clean_path(&format!("/{path}"));
        let request = HostRequest {
            cgroup_parent: match path.starts_with('/') {
                true => cleaned,
                false => format!("{}{cleaned}", self.cgroup_parent),
            },
            private_mount: layout.data().join(PRIVATE_CGROUP),
            // They are of somebody else.
            keep_processes: true,
            favor_dynmods: false,
        };
        let prepared = self.shim.ask("prepare", &request);
        let refused = |source| PlaceError::Prepare { path: path.to_owned(), source };
        let HostReport { cgroups, .. } = prepared.map_err(refused)?;
        if cgroups == Cgroups::Absent {
            return Err(PlaceError::Absent(path.to_owned()));
        }
        let noted = serde_json::to_vec(&cgroups).map_err(io::Error::from);
        let note = noted.and_then(|noted| fs::write(layout.cgroups(container), noted));
        note.map_err(PlaceError::Note)?;
        Ok(cgroups)
    }

    /// Tells what groups a container's own are in. Blocks.
    pub(crate) fn cgroups_of(
        &self,
        layout: &Layout,
        container: ContainerId,
    ) -> io::Result<Cgroups> {
        Ok(noted(layout, container)?.unwrap_or_else(|| self.cgroups.clone()))
    }

    /// Kills what a container left running and removes its control groups. Blocks.
    pub(crate) fn sweep(&self, layout: &Layout, container: ContainerId) -> Result<(), PlaceError> {
        let cgroup_name = container.to_string();
        let cgroups = self.cgroups_of(layout, container).map_err(PlaceError::Note)?;
        if parents(&cgroups).all(|parent| !parent.join(&cgroup_name).exists()) {
            return Ok(());
        }
        Ok(self.shim.tell("sweep", &SweepRequest { cgroups, cgroup_name })?)
    }

    /// The version of the host's control groups as `docker info` shows it.
    pub(crate) const fn cgroup_version(&self) -> &'static str {
        match &self.cgroups {
            Cgroups::V1 { .. } => "1",
            Cgroups::V2 { .. } => "2",
            Cgroups::Absent => "",
        }
    }
}

/// Reads what groups a container's own are in, where a client has said it.
fn noted(layout: &Layout, container: ContainerId) -> io::Result<Option<Cgroups>> {
    match fs::read(layout.cgroups(container)) {
        Ok(noted) => Ok(Some(serde_json::from_slice(&noted)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Tells where the groups are of a container whose client has said it.
pub(crate) fn placed(layout: &Layout, container: ContainerId) -> io::Result<Vec<PathBuf>> {
    let noted = noted(layout, container)?;
    let name = container.to_string();
    Ok(noted.iter().flat_map(parents).map(|parent| parent.join(&name)).collect())
}

/// The directories that hold containers' groups.
fn parents(cgroups: &Cgroups) -> impl Iterator<Item = PathBuf> {
    let parents: Vec<PathBuf> = match cgroups {
        Cgroups::V1 { hierarchies } => {
            hierarchies.iter().map(|hierarchy| hierarchy.parent.clone()).collect()
        }
        Cgroups::V2 { parent } => vec![parent.clone()],
        Cgroups::Absent => Vec::new(),
    };
    parents.into_iter()
}
