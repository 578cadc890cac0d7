//! A copy's own view of a container's files.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::{BorrowedFd, OwnedFd},
    path::PathBuf,
    sync::{Arc, Weak},
    time::Duration,
};

use backends_core::{FilesError, FilesOf, RunId};
use journal_domain::ReadOnly;
use rustix::{
    fs::{CWD, Mode, OFlags, openat},
    io::Errno,
};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    blocking, failed,
    gate::Hold,
    namespace::{Bind, Namespace, Origin, Overlay},
};
use crate::{
    LocalBackend,
    config::BOUND_FILES,
    registry::{Slot, locked},
    run::{RunHandle, Surroundings},
    shim::is_held,
    volumes::{HostSource, host_source},
};

/// The longest wait for the shim of a run that has ended: it unmounts what the next run or a copy makes anew, which
/// takes milliseconds.
const CLEAN_UP_MAX: Duration = Duration::from_secs(10);

/// Looks at a container that ends and begins again while it is looked at. More than one is a program in a loop.
const LOOKS_MAX: usize = 3;

/// What files are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
    /// As [`Self::Read`], the root alone.
    Export,
}

/// A container's root, as long as this is held.
#[derive(Debug)]
pub(super) struct View {
    root: Namespace,
    /// The mount that copies into a container that does not run have in common.
    _shared: Option<Arc<Namespace>>,
    pub(super) hold: Hold,
    _turn: OwnedSemaphorePermit,
}

// === impl Purpose ===

impl Purpose {
    /// The places of mounts may have to be made, in a root that can be written to.
    fn widened_for(self, files: &FilesOf) -> Self {
        let mounts = files.options.as_ref().is_some_and(|options| !options.mount_points.is_empty());
        match self {
            Self::Read if mounts => Self::Write,
            Self::Read | Self::Write | Self::Export => self,
        }
    }
}

// === impl View ===

impl View {
    pub(super) fn root(&self) -> BorrowedFd<'_> {
        self.root.root()
    }
}

// === impl LocalBackend ===

impl LocalBackend {
    /// Opens a view of a container's files, in whatever phase it is.
    pub(super) async fn view(&self, files: &FilesOf, purpose: Purpose) -> Result<View, FilesError> {
        let ending = |_| FilesError::Failed("the server is ending".to_owned());
        let turn = Arc::clone(&self.copies).acquire_owned().await.map_err(ending)?;
        let slot = self.registry.slot(files.container);
        let hold = slot.gate.hold().await;
        let (root, shared) = self.root(files, &slot, purpose.widened_for(files)).await?;
        Ok(View { root, _shared: shared, hold, _turn: turn })
    }

    async fn root(
        &self,
        files: &FilesOf,
        slot: &Arc<Slot>,
        purpose: Purpose,
    ) -> Result<(Namespace, Option<Arc<Namespace>>), FilesError> {
        let place = self.around.layout.empty();
        for _ in 0..LOOKS_MAX {
            let Some(held) = slot.run().filter(|held| held.runs()) else { break };
            let binds = self.binds(Some(held.run), purpose, files);
            let place = place.clone();
            let live = blocking(move || {
                let Some(mounts) = mounts_of(&held).map_err(|error| failed(&error))? else {
                    return Ok(None);
                };
                let made = Namespace::make(Origin::RootOf(mounts), binds, place);
                made.map(Some).map_err(|error| failed(&error))
            });
            if let Some(root) = live.await? {
                return Ok((root, None));
            }
            // It ended just now.
            self.wait_for_the_end(slot).await?;
        }
        self.wait_for_the_end(slot).await?;
        let around = Arc::clone(&self.around);
        let lower = self.layer_dirs(&files.spec.layers);
        let lower = lower.map_err(|error| FilesError::Failed(error.message))?;
        let (container, slot) = (files.container, Arc::clone(slot));
        let last = self.around.layout.incarnations(container).map_err(|error| failed(&error))?;
        let last = last.last().map(|&incarnation| RunId { container, incarnation });
        let binds = self.binds(last, purpose, files);
        blocking(move || {
            if let Some(run) = last
                && is_held(&around.layout.run(run)).map_err(|error| failed(&error))?
            {
                return Err(FilesError::Failed(
                    "the container's process is not known yet".to_owned(),
                ));
            }
            let made = idle(&around, &slot, container, lower, purpose, binds, place);
            made.map_err(|error| failed(&error))
        })
        .await
    }

    async fn wait_for_the_end(&self, slot: &Slot) -> Result<(), FilesError> {
        let Some(held) = slot.run() else { return Ok(()) };
        self.wait_for_run(&held).await
    }

    /// Waits until nothing of a run that has ended is in use any more.
    pub(super) async fn wait_for_run(&self, held: &RunHandle) -> Result<(), FilesError> {
        let late =
            |_| FilesError::Failed("the container's last run is still being cleaned up".to_owned());
        timeout(CLEAN_UP_MAX, held.gone()).await.map_err(late)
    }

    /// What of the host the container has in its root: its mounts, and the files that its last run saw.
    fn binds(&self, run: Option<RunId>, purpose: Purpose, files: &FilesOf) -> Vec<Bind> {
        if purpose == Purpose::Export {
            return Vec::new();
        }
        let layout = &self.around.layout;
        let points = files.options.iter().flat_map(|options| &options.mount_points);
        let mut binds: Vec<Bind> = points
            .filter_map(|point| {
                let HostSource { path, subpath } = host_source(layout, point)?;
                let (target, makes_target) = (point.target.clone(), true);
                let read_only = point.access.read_only != ReadOnly::No;
                Some(Bind { source: path, subpath, target, read_only, makes_target })
            })
            .collect();
        let Some(run) = run else { return binds };
        let files = layout.run(run).files();
        for (number, target) in BOUND_FILES.iter().enumerate() {
            if binds.iter().any(|bind| bind.target == **target) {
                continue;
            }
            binds.push(Bind {
                source: files.join(number.to_string()),
                subpath: String::new(),
                target: (*target).to_owned(),
                read_only: false,
                makes_target: false,
            });
        }
        binds
    }
}

/// Opens the mount namespace of a run; `None` where the run has ended.
fn mounts_of(held: &RunHandle) -> io::Result<Option<OwnedFd>> {
    const ENDED: [Errno; 2] = [Errno::NOENT, Errno::SRCH];
    match child_mounts(held.pid, held.shim_pid) {
        Ok(mounts) => Ok(mounts.filter(|_| held.runs())),
        Err(error) if Errno::from_io_error(&error).is_some_and(|no| ENDED.contains(&no)) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Opens the mount namespace of process `pid`, if that is a child of `parent`: a number may be another process's by now.
fn child_mounts(pid: u32, parent: u32) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let process = openat(CWD, format!("/proc/{pid}"), flags, Mode::empty())?;
    let read = OFlags::RDONLY | OFlags::CLOEXEC;
    let mounts = openat(&process, "ns/mnt", read, Mode::empty())?;
    let mut status = String::new();
    File::from(openat(&process, "status", read, Mode::empty())?).read_to_string(&mut status)?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    let is_child = line.and_then(|line| line.trim().parse().ok()) == Some(parent);
    Ok(is_child.then_some(mounts))
}

/// Makes the view of a container that does not run.
fn idle(
    around: &Surroundings,
    slot: &Slot,
    container: journal_domain::ContainerId,
    mut lower: Vec<PathBuf>,
    purpose: Purpose,
    binds: Vec<Bind>,
    place: PathBuf,
) -> io::Result<(Namespace, Option<Arc<Namespace>>)> {
    let layout = &around.layout;
    let mut shared = locked(&slot.written);
    let mut written = shared.upgrade();
    if written.is_none() && purpose == Purpose::Write {
        layout.make_writable(container)?;
        if lower.is_empty() {
            lower.push(layout.empty());
        }
        let upper = Some((layout.upper(container), layout.work(container)));
        let origin = Origin::Overlay(Overlay { lower, upper, volatile: false });
        let made = Arc::new(Namespace::make(origin, Vec::new(), place.clone())?);
        *shared = Arc::downgrade(&made);
        let root = Namespace::make(Origin::RootOf(made.descriptor()?), binds, place)?;
        return Ok((root, Some(made)));
    }
    drop(shared);
    let origin = match written.take() {
        Some(written) => {
            let root = Namespace::make(Origin::RootOf(written.descriptor()?), binds, place)?;
            return Ok((root, Some(written)));
        }
        None => unwritten(layout, container, lower),
    };
    Ok((Namespace::make(origin, binds, place)?, None))
}

/// Gives what shows a container's files and cannot change them: nothing has to be made for it, and nothing synced.
fn unwritten(
    layout: &crate::layout::Layout,
    container: journal_domain::ContainerId,
    mut lower: Vec<PathBuf>,
) -> Origin {
    let upper = layout.upper(container);
    if upper.exists() {
        lower.insert(0, upper);
    }
    if lower.is_empty() {
        return Origin::Directory(layout.empty());
    }
    // An overlay wants two directories.
    lower.push(layout.empty());
    Origin::Overlay(Overlay { lower, upper: None, volatile: false })
}

/// A mount that copies have in common, while there is one.
pub(crate) type Shared = std::sync::Mutex<Weak<Namespace>>;
