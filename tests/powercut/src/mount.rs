//! A disk that real programs use, and the moment at which its power goes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use fuser::{BackgroundSession, Config, MountOption, SessionACL};
use rustix::io::Errno;
use rustix::mount::UnmountFlags;

use crate::cut::Cut;
use crate::disk::Disk;
use crate::image::Image;
use crate::serve::Serve;

/// Threads that answer: two, so that a sync of one file does not wait for another's.
const THREADS: usize = 2;

/// How long a disk may be in use after its end: threads that nobody waits for close their files a little later.
const END_LIMIT: Duration = Duration::from_secs(10);

/// Pause between two attempts to unmount it.
const END_PAUSE: Duration = Duration::from_millis(2);

/// What a disk does when it is asked for a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// It syncs.
    No,
    /// It says that it has, and has not: the control that has to lose something.
    Sync,
}

/// What happens at a chosen operation.
pub enum Moment {
    /// The power goes; the seed draws what is left, and whether the operation itself was carried out.
    Cut(Cut, u64),
    /// A function is called before the operation is carried out.
    Call(Box<dyn FnOnce() + Send>),
}

/// A mounted disk. It is unmounted with this value.
#[derive(Debug)]
pub struct Mount {
    state: Shared,
    path: PathBuf,
    session: Option<BackgroundSession>,
}

/// A disk in use.
pub(crate) struct State {
    disk: Disk,
    lie: Lie,
    operations: u64,
    planned: Option<(u64, Moment)>,
    left: Option<Image>,
}

/// What the mount and its threads share.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<State>>);

impl Mount {
    /// Mounts a disk with `image` on it at the folder `path`.
    pub fn new(path: &Path, image: Image, lie: Lie) -> io::Result<Self> {
        let disk = Disk::new(image);
        let state = State { disk, lie, operations: 0, planned: None, left: None };
        let state = Shared(Arc::new(Mutex::new(state)));
        let mut config = Config::default();
        config.mount_options = vec![
            MountOption::FSName("powercut".to_owned()),
            MountOption::DefaultPermissions,
            MountOption::Suid,
            MountOption::Dev,
        ];
        config.acl = SessionACL::All;
        config.n_threads = Some(THREADS);
        let session = fuser::spawn_mount(Serve::new(state.clone()), path, &config)?;
        Ok(Self { state, path: path.to_owned(), session: Some(session) })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many operations have changed or synced something so far.
    pub fn operations(&self) -> u64 {
        self.state.lock().operations
    }

    /// Plans what happens at the operation with this number, counted from the mounting.
    pub fn plan(&self, operation: u64, moment: Moment) {
        self.state.lock().planned = Some((operation, moment));
    }

    /// Cuts the power now.
    pub fn cut(&self, cut: Cut, seed: u64) {
        let mut state = self.state.lock();
        state.cut(cut, &mut fastrand::Rng::with_seed(seed));
    }

    /// Tells whether the power is gone. From then on every call fails.
    pub fn is_cut(&self) -> bool {
        self.state.lock().left.is_some()
    }

    /// Unmounts the disk and gives what is on it, or what the cut has left. Whoever has files open has to end soon.
    pub fn end(mut self) -> io::Result<Image> {
        if let Some(session) = self.session.take() {
            match self.unmount() {
                // The kernel may tell the threads of the end as a broken connection, which is what it is.
                Ok(()) => drop(session.join()),
                // Without the right to unmount it is left to the helper that has mounted it.
                Err(_) => session.umount_and_join()?,
            }
        }
        let mut state = self.state.lock();
        let left = state.left.take();
        Ok(left
            .unwrap_or_else(|| state.disk.after(Cut::Everything, &mut fastrand::Rng::with_seed(0))))
    }
}

impl Mount {
    /// Unmounts it as soon as nobody uses it any more.
    fn unmount(&self) -> rustix::io::Result<()> {
        let mut left = END_LIMIT;
        loop {
            match rustix::mount::unmount(&self.path, UnmountFlags::empty()) {
                Err(Errno::BUSY) if !left.is_zero() => thread::sleep(END_PAUSE),
                result => return result,
            }
            left = left.saturating_sub(END_PAUSE);
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            // What is still open after a failed test must not keep the mount, so it is not waited for.
            let _ = rustix::mount::unmount(&self.path, UnmountFlags::DETACH);
            drop(session);
        }
    }
}

impl Shared {
    /// Looks at the disk, unless its power is gone.
    pub(crate) fn look<T>(
        &self,
        look: impl FnOnce(&Disk) -> rustix::io::Result<T>,
    ) -> rustix::io::Result<T> {
        let state = self.lock();
        if state.left.is_some() { Err(Errno::IO) } else { look(&state.disk) }
    }

    /// Changes the disk, unless its power is gone or goes now.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Disk) -> rustix::io::Result<T>,
    ) -> rustix::io::Result<T> {
        let mut state = self.lock();
        if state.left.is_some() {
            return Err(Errno::IO);
        }
        state.operations += 1;
        let number = state.operations;
        match state.planned.take_if(|(planned, _)| *planned == number) {
            None => change(&mut state.disk),
            Some((_, Moment::Call(call))) => {
                call();
                change(&mut state.disk)
            }
            Some((_, Moment::Cut(cut, seed))) => {
                let mut random = fastrand::Rng::with_seed(seed);
                if random.bool() {
                    // Carried out, and nobody is told any more.
                    drop(change(&mut state.disk));
                }
                state.cut(cut, &mut random);
                Err(Errno::IO)
            }
        }
    }

    /// Syncs a file or a folder, or says so.
    pub(crate) fn sync(&self, ino: crate::Ino) -> rustix::io::Result<()> {
        let lie = self.lock().lie;
        self.change(|disk| match lie {
            Lie::No => disk.sync(ino),
            Lie::Sync => Ok(()),
        })
    }

    // An operation that panicked has answered nobody; the test fails by its own means.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn cut(&mut self, cut: Cut, random: &mut fastrand::Rng) {
        if self.left.is_none() {
            self.left = Some(self.disk.after(cut, random));
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("operations", &self.operations).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cut(cut, seed) => f.debug_tuple("Cut").field(cut).field(seed).finish(),
            Self::Call(_) => f.debug_tuple("Call").finish_non_exhaustive(),
        }
    }
}
