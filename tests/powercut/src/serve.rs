//! The kernel's calls, translated for the disk.
//!
//! The kernel may keep what it was told for as long as it likes: nobody but it changes a mounted disk.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use fuser::{
    BsdFileFlags, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use rustix::fs::{FallocateFlags, OFlags};
use rustix::io::Errno;

use crate::disk::{Disk, Exchange};
use crate::image::{Body, Ino, Node};
use crate::mount::Shared;

/// How long the kernel may believe what it was told.
const FOR_EVER: Duration = Duration::from_secs(24 * 3600);

/// The block of which sizes are told.
const BLOCK_BYTES: u32 = 4096;

/// Blocks of the disk: 64 GiB, more than any test looks for.
const BLOCKS: u64 = 1 << 24;

/// The bits of a mode that tell the type.
const TYPE_BITS: u32 = 0o170_000;

/// The calls of one mount.
#[derive(Debug)]
pub(crate) struct Serve {
    disk: Shared,
    /// Folders that are being read, as they were when they were opened: names come and go meanwhile.
    listings: Mutex<HashMap<u64, Listing>>,
    handles: AtomicU64,
}

type Listing = Vec<(Ino, FileType, OsString)>;

impl Serve {
    /// Serves a disk.
    pub(crate) fn new(disk: Shared) -> Self {
        Self { disk, listings: Mutex::default(), handles: AtomicU64::new(1) }
    }

    fn make(
        &self,
        request: &Request,
        (parent, name): (INodeNo, &OsStr),
        body: Body,
        mode: u32,
        rdev: u32,
    ) -> Result<FileAttr, Errno> {
        let (uid, gid) = (request.uid(), request.gid());
        let node = Node { uid, gid, rdev, ..Node::new(body, mode) };
        self.disk.change(|disk| {
            let ino = disk.make(Ino(parent.0), name, node)?;
            attributes(disk, ino)
        })
    }

    fn unlink_name(&self, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        done(self.disk.change(|disk| disk.unlink(Ino(parent.0), name)), reply);
    }
}

impl Filesystem for Serve {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        entry(self.disk.look(|disk| attributes(disk, disk.find(Ino(parent.0), name)?)), reply);
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        attr(self.disk.look(|disk| attributes(disk, Ino(ino.0))), reply);
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let ino = Ino(ino.0);
        let resized = size.map_or(Ok(()), |size| self.disk.change(|disk| disk.resize(ino, size)));
        let set = resized.and_then(|()| {
            self.disk.change(|disk| {
                disk.set(ino, |node| {
                    node.mode =
                        mode.map_or(node.mode, |mode| node.mode & TYPE_BITS | mode & !TYPE_BITS);
                    node.uid = uid.unwrap_or(node.uid);
                    node.gid = gid.unwrap_or(node.gid);
                    if let Some(TimeOrNow::SpecificTime(time)) = mtime {
                        node.modified = time;
                    }
                })?;
                attributes(disk, ino)
            })
        });
        attr(set, reply);
    }

    fn readlink(&self, _: &Request, ino: INodeNo, reply: ReplyData) {
        let target = self.disk.look(|disk| match &disk.node(Ino(ino.0))?.body {
            Body::Link(target) => Ok(target.as_os_str().as_bytes().to_owned()),
            Body::File(_) | Body::Folder(_) | Body::Special => Err(Errno::INVAL),
        });
        data(target, reply);
    }

    fn mknod(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        rdev: u32,
        reply: ReplyEntry,
    ) {
        let is_file = kind(mode) == FileType::RegularFile;
        let body = if is_file { Body::File(Vec::new()) } else { Body::Special };
        entry(self.make(request, (parent, name), body, mode & !umask, rdev), reply);
    }

    fn mkdir(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        reply: ReplyEntry,
    ) {
        let mode = mode & !umask & !TYPE_BITS | 0o040_000;
        let body = Body::Folder(std::collections::BTreeMap::new());
        entry(self.make(request, (parent, name), body, mode, 0), reply);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.unlink_name(parent, name, reply);
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.unlink_name(parent, name, reply);
    }

    fn symlink(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        target: &Path,
        reply: ReplyEntry,
    ) {
        let body = Body::Link(target.to_owned());
        entry(self.make(request, (parent, name), body, 0o120_777, 0), reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let exchange = match flags {
            RenameFlags::RENAME_NOREPLACE => Exchange::Refuse,
            RenameFlags::RENAME_EXCHANGE => Exchange::Swap,
            other if other.is_empty() => Exchange::Replace,
            _ => return reply.error(fuser::Errno::EINVAL),
        };
        let (from, to) = ((Ino(parent.0), name), (Ino(newparent.0), newname));
        done(self.disk.change(|disk| disk.rename(from, to, exchange)), reply);
    }

    fn link(
        &self,
        _: &Request,
        ino: INodeNo,
        newparent: INodeNo,
        newname: &OsStr,
        reply: ReplyEntry,
    ) {
        let ino = Ino(ino.0);
        let linked = self.disk.change(|disk| {
            disk.link(ino, Ino(newparent.0), newname)?;
            attributes(disk, ino)
        });
        entry(linked, reply);
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let read = self.disk.look(|disk| {
            let bytes = disk.node(Ino(ino.0))?.bytes();
            let begin = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let end = bytes.len().min(begin + size as usize);
            Ok(bytes[begin..end].to_owned())
        });
        data(read, reply);
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        flags: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let ino = Ino(ino.0);
        let is_synced = OFlags::from_bits_retain(flags.0.cast_unsigned()).contains(OFlags::DSYNC);
        let written = self.disk.change(|disk| disk.write(ino, offset, data));
        let synced = written.and_then(|()| if is_synced { self.disk.sync(ino) } else { Ok(()) });
        match synced {
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(error) => reply.error(told(error)),
        }
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        done(self.disk.sync(Ino(ino.0)), reply);
    }

    fn fsyncdir(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        done(self.disk.sync(Ino(ino.0)), reply);
    }

    fn opendir(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.disk.look(|disk| listing(disk, Ino(ino.0))) {
            Ok(listing) => {
                let handle = self.handles.fetch_add(1, Ordering::Relaxed);
                let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
                listings.insert(handle, listing);
                reply.opened(FileHandle(handle), FopenFlags::empty());
            }
            Err(error) => reply.error(told(error)),
        }
    }

    fn readdir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(listing) = listings.get(&handle.0) else {
            return reply.error(fuser::Errno::EBADF);
        };
        for (next, (ino, kind, name)) in (1..).zip(listing).skip(offset as usize) {
            if reply.add(INodeNo(ino.0), next, *kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn releasedir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.listings.lock().unwrap_or_else(PoisonError::into_inner).remove(&handle.0);
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        reply.statfs(BLOCKS, BLOCKS, BLOCKS, BLOCKS, BLOCKS, BLOCK_BYTES, 255, BLOCK_BYTES);
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let mode = mode & !umask & !TYPE_BITS | 0o100_000;
        match self.make(request, (parent, name), Body::File(Vec::new()), mode, 0) {
            Ok(attr) => {
                let (generation, handle) = (Generation(0), FileHandle(0));
                reply.created(&FOR_EVER, &attr, generation, handle, FopenFlags::empty());
            }
            Err(error) => reply.error(told(error)),
        }
    }

    fn fallocate(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        let flags = FallocateFlags::from_bits_retain(mode.cast_unsigned());
        if flags == FallocateFlags::KEEP_SIZE {
            // There is always room.
            return reply.ok();
        }
        if !flags.is_empty() {
            return reply.error(fuser::Errno::EOPNOTSUPP);
        }
        let ino = Ino(ino.0);
        let grown = self.disk.change(|disk| {
            let is_longer = disk.node(ino)?.bytes().len() as u64 >= offset + length;
            if is_longer { Ok(()) } else { disk.resize(ino, offset + length) }
        });
        done(grown, reply);
    }
}

fn listing(disk: &Disk, ino: Ino) -> Result<Listing, Errno> {
    let Body::Folder(names) = &disk.node(ino)?.body else { return Err(Errno::NOTDIR) };
    let dots = [".", ".."].map(|dot| (ino, FileType::Directory, OsString::from(dot)));
    let mut listing = Vec::from(dots);
    for (name, ino) in names {
        listing.push((*ino, kind(disk.node(*ino)?.mode), name.clone()));
    }
    Ok(listing)
}

fn attributes(disk: &Disk, ino: Ino) -> Result<FileAttr, Errno> {
    let node = disk.node(ino)?;
    let size = match &node.body {
        Body::File(bytes) => bytes.len(),
        Body::Link(target) => target.as_os_str().len(),
        Body::Folder(_) | Body::Special => 0,
    } as u64;
    let time = node.modified;
    Ok(FileAttr {
        ino: INodeNo(ino.0),
        size,
        blocks: size.div_ceil(512),
        atime: time,
        mtime: time,
        ctime: time,
        crtime: time,
        kind: kind(node.mode),
        perm: (node.mode & 0o7777) as u16,
        nlink: node.links.max(1),
        uid: node.uid,
        gid: node.gid,
        rdev: node.rdev,
        blksize: BLOCK_BYTES,
        flags: 0,
    })
}

fn kind(mode: u32) -> FileType {
    match mode & TYPE_BITS {
        0o040_000 => FileType::Directory,
        0o120_000 => FileType::Symlink,
        0o140_000 => FileType::Socket,
        0o010_000 => FileType::NamedPipe,
        0o020_000 => FileType::CharDevice,
        0o060_000 => FileType::BlockDevice,
        _ => FileType::RegularFile,
    }
}

fn told(error: Errno) -> fuser::Errno {
    fuser::Errno::from_i32(error.raw_os_error())
}

fn done(result: Result<(), Errno>, reply: ReplyEmpty) {
    match result {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(told(error)),
    }
}

fn data(result: Result<Vec<u8>, Errno>, reply: ReplyData) {
    match result {
        Ok(bytes) => reply.data(&bytes),
        Err(error) => reply.error(told(error)),
    }
}

fn attr(result: Result<FileAttr, Errno>, reply: ReplyAttr) {
    match result {
        Ok(found) => reply.attr(&FOR_EVER, &found),
        Err(error) => reply.error(told(error)),
    }
}

fn entry(result: Result<FileAttr, Errno>, reply: ReplyEntry) {
    match result {
        Ok(found) => reply.entry(&FOR_EVER, &found, Generation(0)),
        Err(error) => reply.error(told(error)),
    }
}
