//! Making of archives.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use bstr::{BString, ByteSlice};
use flate2::Compression;
use flate2::write::GzEncoder;
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::files::{FileKind, Metadata};
use sandbox_world::interrupt::{Interrupt, Interrupted};
use sandbox_world::options::Options;
use sandbox_world::owners::{Account, name_of};
use sandbox_world::paths::inside;
use sandbox_world::stream::{Stream, write_all};
use tar::{Builder, EntryType, Header};

use super::is_named;
use crate::archive::gzip::is_named_so;

/// A stream as the standard library writes.
struct Writer {
    stream: Arc<dyn Stream>,
    interrupt: Arc<Interrupt>,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match write_all(&*self.stream, bytes, &self.interrupt) {
            Ok(()) => Ok(bytes.len()),
            // It would be tried again by that name.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                Err(io::Error::other(Interrupted))
            }
            Err(error) => Err(error),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Packer<'o> {
    options: &'o Options,
    excluded: &'o [BString],
    archive: Builder<Box<dyn Write>>,
    /// The archive itself is left out of it.
    own: Option<Metadata>,
    links: HashMap<(u64, u64), BString>,
    users: Vec<Account>,
    groups: Vec<Account>,
    stripped: bool,
    failed: bool,
}

/// Packs the files that are named.
pub(super) fn create(
    call: &mut Call,
    options: &Options,
    stream: Arc<dyn Stream>,
    excluded: &[BString],
) -> Outcome {
    if options.operands.is_empty() {
        return call.fail("empty archive");
    }
    let own = stream.metadata().ok().filter(Metadata::is_file);
    let packs =
        options.has('z') || options.has('a') && options.value('f').is_some_and(|n| is_named_so(n));
    let writer = Writer { stream, interrupt: call.interrupt.clone() };
    let buffered = io::BufWriter::with_capacity(sandbox_world::input::CHUNK_BYTES, writer);
    let output: Box<dyn Write> = if packs {
        Box::new(GzEncoder::new(buffered, Compression::default()))
    } else {
        Box::new(buffered)
    };
    let (users, groups) = (call.users(), call.groups());
    let mut packer = Packer {
        options,
        excluded,
        archive: Builder::new(output),
        own,
        links: HashMap::new(),
        users,
        groups,
        stripped: false,
        failed: false,
    };
    for name in &options.operands {
        packer.add(call, name)?;
    }
    let failed = packer.failed;
    let finished = packer.archive.into_inner().and_then(|mut output| output.flush());
    if let Err(error) = finished {
        return call.fail_of(b"write error", &error);
    }
    if failed {
        call.complain("error exit delayed from previous errors")?;
    }
    Ok(u8::from(failed))
}

impl Packer<'_> {
    fn add(&mut self, call: &mut Call, name: &BString) -> Result<(), Stop> {
        call.interrupt.check()?;
        let path = call.path(name);
        let files = call.files();
        let found = if self.options.has('h') {
            files.metadata(&path)
        } else {
            files.symlink_metadata(&path)
        };
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(error) => {
                self.failed = true;
                return call.complain_of(name, &error);
            }
        };
        let is_own = self.own.as_ref().is_some_and(|own| own.is_same_file(&metadata));
        if is_own || metadata.kind == FileKind::Socket || is_named(self.excluded, name) {
            return Ok(());
        }
        let mut member = self.member_name(call, name)?;
        if metadata.is_dir() && !member.ends_with(b"/") {
            member.push(b'/');
        }
        if self.options.has('v') {
            let line = [member.as_slice(), b"\n"].concat();
            let to_stdout = self.options.value('f').is_some_and(|name| name != "-");
            if to_stdout { call.write(&line)? } else { call.write_error(&line)? }
        }
        if !member.is_empty()
            && let Err(error) = self.append(call, name, &member, &metadata)
        {
            if let Some(stop) = Stop::of(&error) {
                return Err(stop);
            }
            self.failed = true;
            call.complain_of(name, &error)?;
        }
        if metadata.is_dir() && !self.options.has('\u{3}') {
            match call.files().read_dir(&path) {
                Ok(entries) => {
                    for entry in entries {
                        self.add(call, &inside(name, &entry.name))?;
                    }
                }
                Err(error) => {
                    self.failed = true;
                    call.complain_of(name, &error)?;
                }
            }
        }
        Ok(())
    }

    /// A name without what would lead out of a folder.
    fn member_name(&mut self, call: &mut Call, name: &BString) -> Result<BString, Stop> {
        let up = name.rfind("../").map_or(0, |at| at + 3);
        let rest = name[up..].trim_start_with(|c| c == '/');
        let prefix = &name[..name.len() - rest.len()];
        if !prefix.is_empty() && !self.stripped {
            self.stripped = true;
            call.complain(format!("removing leading '{}' from member names", prefix.as_bstr()))?;
        }
        Ok(rest.into())
    }

    fn append(
        &mut self,
        call: &Call,
        name: &BString,
        member: &BString,
        metadata: &Metadata,
    ) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_mode(metadata.mode);
        header.set_uid(metadata.uid.into());
        header.set_gid(metadata.gid.into());
        header.set_mtime(u64::try_from(metadata.modified.seconds).unwrap_or(0));
        header.set_size(0);
        if !self.options.has('\u{4}') {
            for (accounts, id, is_user) in
                [(&self.users, metadata.uid, true), (&self.groups, metadata.gid, false)]
            {
                let Some(name) = name_of(accounts, id).and_then(|name| name.to_str().ok()) else {
                    continue;
                };
                // A name that is too long is left out; the number stands.
                let _ =
                    if is_user { header.set_username(name) } else { header.set_groupname(name) };
            }
        }
        let place = member.to_path_lossy().into_owned();
        if metadata.links > 1 && !metadata.is_dir() {
            let key = (metadata.device, metadata.inode);
            if let Some(first) = self.links.get(&key) {
                header.set_entry_type(EntryType::Link);
                let first = first.to_path_lossy().into_owned();
                return self.archive.append_link(&mut header, place, first);
            }
            self.links.insert(key, member.clone());
        }
        match metadata.kind {
            FileKind::File => {
                header.set_size(metadata.size_bytes);
                let input = io::Read::take(call.reader(call.open(name)?), metadata.size_bytes);
                self.archive.append_data(&mut header, place, input)
            }
            FileKind::Symlink => {
                header.set_entry_type(EntryType::Symlink);
                let target = call.files().read_link(&call.path(name))?;
                self.archive.append_link(&mut header, place, target.to_path_lossy())
            }
            FileKind::Directory => {
                header.set_entry_type(EntryType::Directory);
                self.archive.append_data(&mut header, place, io::empty())
            }
            FileKind::Fifo | FileKind::CharDevice | FileKind::BlockDevice | FileKind::Socket => {
                header.set_entry_type(if metadata.kind == FileKind::CharDevice {
                    EntryType::Char
                } else if metadata.kind == FileKind::BlockDevice {
                    EntryType::Block
                } else {
                    EntryType::Fifo
                });
                header
                    .set_device_major(u32::try_from(metadata.special >> 8 & 0xfff).unwrap_or(0))?;
                header.set_device_minor(u32::try_from(metadata.special & 0xff).unwrap_or(0))?;
                self.archive.append_data(&mut header, place, io::empty())
            }
        }
    }
}
