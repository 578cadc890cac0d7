//! Taking away what a backend has made on the host beyond its data directory, and ending what still runs.
//!
//! It needs neither a running server nor the shim's program: what there is, is found on the disk and in the kernel.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use backends_core::RunId;
use rustix::{
    fs::FlockOperation,
    mount::{UnmountFlags, unmount},
};
use sandbox_shim::{Client, Request, RunDir};
use tokio::task::spawn_blocking;

use crate::{
    LocalBackend, LocalOptions,
    bridge::{self, NetworkNamespace},
    errors::chain,
    host::{PRIVATE_CGROUP, placed},
    layout::Layout,
    record,
    shim::{is_held, kill_process, open_process},
};

/// Why something was left on the host.
#[derive(Debug, thiserror::Error)]
pub enum TearDownError {
    /// A container could not be ended.
    #[error("the container of {} cannot be ended", path.display())]
    Container {
        /// The directory of its run.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The bridge or its table is still there.
    #[error("{0}")]
    Bridge(String),
    /// A control group is still there.
    #[error("the control group {} is still there", path.display())]
    Cgroup {
        /// The group's directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

// === impl LocalBackend ===

impl LocalBackend {
    /// Ends every container of a server that does not run any more, and removes its bridges, nftables tables and control
    /// groups. What is not there is as good as removed; the data directory stays as it is.
    pub async fn tear_down(options: &LocalOptions) -> Result<(), TearDownError> {
        let own = options.clone();
        let ended = spawn_blocking(move || {
            end_all(&own.data)?;
            remove_cgroups(&own)
        });
        ended.await.map_err(|error| TearDownError::Bridge(error.to_string()))??;
        let failed = |error: &dyn std::error::Error| TearDownError::Bridge(chain(error));
        let hub = NetworkNamespace::open(options.hub.as_deref()).map_err(|error| failed(&error))?;
        let removed = bridge::remove_all(&options.bridge, &hub).await;
        removed.map_err(|error| failed(&error))
    }
}

fn end_all(data: &Path) -> Result<(), TearDownError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| TearDownError::Container { path, source }
    };
    let layout = Layout::existing(data).map_err(failed(data))?;
    for container in layout.containers().map_err(failed(data))? {
        for incarnation in layout.incarnations(container).map_err(failed(data))? {
            let dir = layout.run(RunId { container, incarnation });
            end(&dir).map_err(failed(dir.path()))?;
        }
    }
    Ok(())
}

/// Ends a run and waits until its shim is gone.
fn end(dir: &RunDir) -> io::Result<()> {
    if !is_held(dir)? {
        return Ok(());
    }
    let asked = Client::connect(dir)
        .and_then(|(mut client, _, _)| client.call(Request::Shutdown, Vec::new()));
    if asked.is_err() {
        kill_holder(dir)?;
    }
    match File::open(dir.lock()) {
        Ok(lock) => Ok(rustix::fs::flock(&lock, FlockOperation::LockExclusive)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Kills a shim that does not answer; what it holds dies with it.
fn kill_holder(dir: &RunDir) -> io::Result<()> {
    let Some(start) = record::read_start(dir)? else { return Ok(()) };
    let Some(process) = open_process(start.shim_pid)? else { return Ok(()) };
    // A shim that still holds its lock lives, so its number has not passed on to another process.
    if is_held(dir)? {
        kill_process(&process)?;
    }
    Ok(())
}

fn remove_cgroups(options: &LocalOptions) -> Result<(), TearDownError> {
    let failed = |source| TearDownError::Container { path: options.data.clone(), source };
    let layout = Layout::existing(&options.data).map_err(failed)?;
    for container in layout.containers().map_err(failed)? {
        for path in placed(&layout, container).map_err(failed)? {
            remove_group(&path).map_err(|source| TearDownError::Cgroup { path, source })?;
        }
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    for mount in cgroup_mounts(&mounts) {
        let parent = mount.join(&options.cgroup_parent);
        remove_group(&parent).map_err(|source| TearDownError::Cgroup { path: parent, source })?;
        if mount == options.data.join(PRIVATE_CGROUP) {
            // It was mounted for this backend alone.
            unmount(&mount, UnmountFlags::DETACH)
                .map_err(|errno| TearDownError::Cgroup { path: mount, source: errno.into() })?;
        }
    }
    Ok(())
}

/// Finds the mount points of control groups: fields, a dash, the kind of file system.
fn cgroup_mounts(mountinfo: &str) -> Vec<PathBuf> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let kind = kind.split(' ').next()?;
        let path = mount.split(' ').nth(4)?;
        matches!(kind, "cgroup" | "cgroup2").then(|| PathBuf::from(path))
    });
    mounts.collect()
}

/// Kills what is in a group and the groups in it, and removes them.
fn remove_group(group: &Path) -> io::Result<()> {
    let inner = match fs::read_dir(group) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        inner => inner?,
    };
    for entry in inner {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_group(&entry.path())?;
        }
    }
    end_processes(group)?;
    match fs::remove_dir(group) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Kills the processes of a group and waits until they are gone.
fn end_processes(group: &Path) -> io::Result<()> {
    let listed = fs::read_to_string(group.join("cgroup.procs"))?;
    for pid in listed.lines().filter_map(|line| line.parse().ok()) {
        let Some(process) = open_process(pid)? else { continue };
        kill_process(&process)?;
        let mut ended = [rustix::event::PollFd::new(&process, rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut ended, None)?;
    }
    Ok(())
}
