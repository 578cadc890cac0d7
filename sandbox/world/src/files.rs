//! The file system that tools see.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bstr::BString;

use crate::interrupt::Interrupt;
use crate::stream::Stream;

/// A tree of files.
///
/// - Paths are absolute; links in them are followed inside the tree and nowhere else.
/// - Errors carry the raw OS error, for tools print its text.
/// - Modes are taken as they are: whoever calls has applied its umask.
pub trait FileSystem: Send + Sync {
    /// Opens a file; a FIFO waits for its other end.
    fn open(
        &self,
        path: &Path,
        options: &OpenOptions,
        interrupt: &Interrupt,
    ) -> io::Result<Arc<dyn Stream>>;

    /// What `stat` says.
    fn metadata(&self, path: &Path) -> io::Result<Metadata>;

    /// What `lstat` says.
    fn symlink_metadata(&self, path: &Path) -> io::Result<Metadata>;

    /// The entries of a directory but `.` and `..`, in the order the directory has them.
    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>>;

    /// Makes a directory.
    fn create_dir(&self, path: &Path, mode: u32) -> io::Result<()>;

    /// Removes whatever is no directory.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty directory.
    fn remove_dir(&self, path: &Path) -> io::Result<()>;

    /// Gives a file another name, which is replaced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file one name more; links are not followed.
    fn hard_link(&self, original: &Path, link: &Path) -> io::Result<()>;

    /// Makes a symbolic link that holds `target`.
    fn symlink(&self, target: &Path, link: &Path) -> io::Result<()>;

    /// What a symbolic link holds.
    fn read_link(&self, path: &Path) -> io::Result<BString>;

    /// Sets permissions, through links.
    fn set_permissions(&self, path: &Path, mode: u32) -> io::Result<()>;

    /// Sets owner and group, of a link itself where `follow` is false.
    fn set_owner(&self, path: &Path, owner: OwnerChange, follow: bool) -> io::Result<()>;

    /// Sets the times, of a link itself where `follow` is false.
    fn set_times(&self, path: &Path, times: TimesChange, follow: bool) -> io::Result<()>;

    /// Makes a FIFO.
    fn make_fifo(&self, path: &Path, mode: u32) -> io::Result<()>;

    /// What `access` says: whether the process may do what `mode` asks (4 read, 2 write, 1 execute, 0 be there).
    fn access(&self, path: &Path, mode: u32) -> io::Result<()>;

    /// What `statvfs` says of the file system that holds `path`.
    fn space(&self, path: &Path) -> io::Result<Space>;
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// Each write goes to the end.
    pub append: bool,
    /// It is made where it is not there.
    pub create: bool,
    /// It has to be made.
    pub create_new: bool,
    /// It is emptied.
    pub truncate: bool,
    /// A symbolic link as the last part is refused.
    pub no_follow: bool,
    /// The permissions it is made with.
    pub mode: u32,
}

impl OpenOptions {
    /// For reading what is there.
    pub fn reading() -> Self {
        Self { read: true, ..Self::default() }
    }

    /// For writing from the start, made with `mode` where it is not there.
    pub fn writing(mode: u32) -> Self {
        Self { write: true, create: true, truncate: true, mode, ..Self::default() }
    }

    /// For writing at the end, made with `mode` where it is not there.
    pub fn appending(mode: u32) -> Self {
        Self { write: true, create: true, append: true, mode, ..Self::default() }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A named or nameless pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character device, terminals among them.
    CharDevice,
    /// A block device.
    BlockDevice,
}

/// A point in time since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Seconds.
    pub seconds: i64,
    /// Nanoseconds beyond them.
    pub nanoseconds: u32,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// The permissions with the bits for set-user-id, set-group-id and sticky: 0o7777 at most.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Bytes.
    pub size_bytes: u64,
    /// Names.
    pub links: u64,
    /// The file system it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// For devices: which.
    pub special: u64,
    /// Blocks of 512 bytes it takes.
    pub blocks: u64,
    /// The size of a block that suits it.
    pub block_size_bytes: u64,
    /// When it was last read.
    pub accessed: Time,
    /// When its content changed.
    pub modified: Time,
    /// When anything about it changed.
    pub changed: Time,
}

impl Metadata {
    /// Of something that is on no disk.
    pub fn of_kind(kind: FileKind, mode: u32) -> Self {
        Self {
            kind,
            mode,
            uid: 0,
            gid: 0,
            size_bytes: 0,
            links: 1,
            device: 0,
            inode: 0,
            special: 0,
            blocks: 0,
            block_size_bytes: 4096,
            accessed: Time::default(),
            modified: Time::default(),
            changed: Time::default(),
        }
    }

    /// True for a directory.
    pub fn is_dir(&self) -> bool {
        self.kind == FileKind::Directory
    }

    /// True for a regular file.
    pub fn is_file(&self) -> bool {
        self.kind == FileKind::File
    }

    /// True for a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.kind == FileKind::Symlink
    }

    /// True where both are one file.
    pub fn is_same_file(&self, other: &Self) -> bool {
        self.device == other.device && self.inode == other.inode
    }
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// Its name.
    pub name: BString,
    /// What it is, where the directory says so.
    pub kind: Option<FileKind>,
}

/// A change of owner, group or both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnerChange {
    /// The new owner.
    pub uid: Option<u32>,
    /// The new group.
    pub gid: Option<u32>,
}

/// A change of one time or both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimesChange {
    /// When it was last read.
    pub accessed: Option<Time>,
    /// When its content changed.
    pub modified: Option<Time>,
}

/// The room of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// The size of the blocks below.
    pub block_size_bytes: u64,
    /// All blocks.
    pub blocks: u64,
    /// Blocks that nobody uses.
    pub free: u64,
    /// Blocks that an ordinary user may use.
    pub available: u64,
    /// All inodes.
    pub inodes: u64,
    /// Inodes that nobody uses.
    pub free_inodes: u64,
}
