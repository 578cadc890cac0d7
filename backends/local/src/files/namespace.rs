//! Mount namespaces that hold a container's root and nothing else, and are in nobody's way.
//!
//! They are made by a thread that ends at once, and live for as long as their descriptor: whatever becomes of this
//! process, nothing stays mounted. Of the host they keep nothing, and the host sees nothing of them.

use std::{
    ffi::CString,
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    thread,
};

use backends_images::{in_user_namespace, make_directories, open_in_root};
use rustix::{
    fs::{CWD, FileType, Mode, OFlags, fstat, openat},
    io::Errno,
    mount::{
        MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount,
        mount_change, mount_remount, move_mount, open_tree, unmount,
    },
    process::{fchdir, pivot_root},
    thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space},
};

/// A mount namespace.
#[derive(Debug)]
pub(crate) struct Namespace {
    namespace: OwnedFd,
    root: OwnedFd,
}

/// What becomes the root.
#[derive(Debug)]
pub(crate) enum Origin {
    /// The root of another namespace, without what is mounted in it.
    RootOf(OwnedFd),
    /// An overlay.
    Overlay(Overlay),
    /// A directory.
    Directory(PathBuf),
}

/// The directories of an overlay.
#[derive(Debug)]
pub(crate) struct Overlay {
    /// The topmost first.
    pub(crate) lower: Vec<PathBuf>,
    /// Where changes go, and the overlay's own working directory; without them it cannot be written to.
    pub(crate) upper: Option<(PathBuf, PathBuf)>,
    /// Whether its end syncs nothing: whoever wants what was written has that synced.
    pub(crate) volatile: bool,
}

/// A file or directory of the host that is seen in the namespace.
#[derive(Debug, Clone)]
pub(crate) struct Bind {
    pub(crate) source: PathBuf,
    /// The path in `source`, resolved as if that were the root; empty for all of it.
    pub(crate) subpath: String,
    pub(crate) target: String,
    pub(crate) read_only: bool,
    /// Whether the target is made if it is missing.
    pub(crate) makes_target: bool,
}

// === impl Namespace ===

impl Namespace {
    /// Makes a namespace. `place` is an empty directory of the host that the root is put on for a moment. Blocks.
    pub(crate) fn make(origin: Origin, binds: Vec<Bind>, place: PathBuf) -> io::Result<Self> {
        // A thread of its own: the namespace it is in cannot be taken back, and it must never do anything else.
        let maker = thread::Builder::new().name("files".to_owned());
        let made = maker.spawn(move || make(&origin, &binds, &place))?.join();
        made.map_err(|_| io::Error::other("a thread panicked"))?
    }

    /// Gives the root.
    pub(crate) fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    /// Gives the namespace, to make another of it.
    pub(crate) fn descriptor(&self) -> io::Result<OwnedFd> {
        self.namespace.try_clone()
    }
}

fn make(origin: &Origin, binds: &[Bind], place: &Path) -> io::Result<Namespace> {
    let detached = match origin {
        Origin::RootOf(namespace) => Some(root_of(namespace)?),
        Origin::Directory(path) => Some(open_tree(CWD, path, clone_flags())?),
        Origin::Overlay(_) => None,
    };
    leave(UnshareFlags::NEWNS)?;
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    match (origin, detached) {
        (_, Some(detached)) => put(&detached, open_path(place)?)?,
        (Origin::Overlay(overlay), None) => overlay.mount(place)?,
        (Origin::RootOf(_) | Origin::Directory(_), None) => {}
    }
    let root = open_path(place)?;
    for bind in binds {
        bind.mount(&root)?;
    }
    let namespace = own_namespace()?;
    // The new root is stacked over the old one and that is detached, so that nothing of the host is held.
    fchdir(&root)?;
    pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    Ok(Namespace { namespace, root })
}

/// Copies the root mount of a namespace, without what is mounted below it. Nothing of the container is looked at but its `/`.
fn root_of(namespace: &OwnedFd) -> io::Result<OwnedFd> {
    let own = own_namespace()?;
    // Threads that share a root directory cannot change it.
    leave(UnshareFlags::FS)?;
    let mounts = Some(LinkNameSpaceType::Mount);
    move_into_link_name_space(namespace.as_fd(), mounts)?;
    let root = open_tree(CWD, "/", clone_flags());
    move_into_link_name_space(own.as_fd(), mounts)?;
    Ok(root?)
}

#[expect(unsafe_code, reason = "what a thread shares with others is not its own to change")]
fn leave(shared: UnshareFlags) -> io::Result<()> {
    // SAFETY: neither flag concerns descriptors; nobody else relies on this thread's root or mounts, for it is new and
    // ends with the function that calls this.
    Ok(unsafe { rustix::thread::unshare_unsafe(shared) }?)
}

fn own_namespace() -> io::Result<OwnedFd> {
    Ok(File::open("/proc/thread-self/ns/mnt")?.into())
}

const fn clone_flags() -> OpenTreeFlags {
    OpenTreeFlags::OPEN_TREE_CLONE.union(OpenTreeFlags::OPEN_TREE_CLOEXEC)
}

fn open_path(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(CWD, path, flags, Mode::empty())?)
}

fn put(mount: &OwnedFd, target: OwnedFd) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(move_mount(mount, "", target, "", flags)?)
}

// === impl Bind ===

impl Bind {
    /// Mounts it. What is not there, on the host or in a container that never ran, is left out.
    fn mount(&self, root: &OwnedFd) -> io::Result<()> {
        let source = match self.open() {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(()),
            source => source?,
        };
        let is_directory = FileType::from_raw_mode(fstat(&source)?.st_mode).is_dir();
        if self.makes_target && is_directory {
            match make_directories(root, &self.target, None) {
                // A root that cannot be written to has what it has.
                Err(Errno::ROFS) => {}
                made => drop(made?),
            }
        }
        let Ok(target) = open_in_root(root, self.target.as_bytes(), OFlags::PATH) else {
            return Ok(());
        };
        if FileType::from_raw_mode(fstat(&target)?.st_mode).is_dir() != is_directory {
            return Ok(());
        }
        put(&source, target)?;
        if self.read_only {
            // The kernel's own view of the descriptor, for the mount may be anywhere.
            let place = format!("/proc/thread-self/fd/{}", source.as_raw_fd());
            mount_remount(place, MountFlags::BIND | MountFlags::RDONLY, c"")?;
        }
        Ok(())
    }

    fn open(&self) -> rustix::io::Result<OwnedFd> {
        if self.subpath.is_empty() {
            return open_tree(CWD, &self.source, clone_flags());
        }
        let source = openat(CWD, &self.source, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let inner = open_in_root(&source, self.subpath.as_bytes(), OFlags::PATH)?;
        open_tree(&inner, "", clone_flags() | OpenTreeFlags::AT_EMPTY_PATH)
    }
}

// === impl Overlay ===

impl Overlay {
    /// Mounts it. Every directory goes by its descriptor: the kernel takes one page of options, whatever paths are like.
    fn mount(&self, place: &Path) -> io::Result<()> {
        let lower =
            self.lower.iter().map(|path| open_path(path)).collect::<io::Result<Vec<_>>>()?;
        let names: Vec<String> = lower.iter().map(name).collect();
        // The features that would make the container's own layer unreadable to others are off, as in its runs.
        // Where the notes are users' attributes, redirects are off by themselves, and refused whatever they are set to.
        let notes = if in_user_namespace() { "userxattr" } else { "redirect_dir=off" };
        let mut options = format!("index=off,metacopy=off,{notes},lowerdir={}", names.join(":"));
        let upper = self.upper.as_ref();
        let upper =
            upper.map(|(upper, work)| Ok::<_, io::Error>((open_path(upper)?, open_path(work)?)));
        let upper = upper.transpose()?;
        if let Some((upper, work)) = &upper {
            options.push_str(&format!(",upperdir={},workdir={}", name(upper), name(work)));
        }
        if self.volatile {
            options.push_str(",volatile");
        }
        let options = CString::new(options)?;
        let flags = MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC;
        Ok(mount("overlay", place, "overlay", flags, options.as_c_str())?)
    }
}

/// A short name of a directory that is open, good as long as it is.
fn name(directory: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", directory.as_raw_fd())
}
