//! Listing and unpacking of archives.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use flate2::bufread::MultiGzDecoder;
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::clock::{strftime, zoned};
use sandbox_world::files::{FileKind, Metadata, OpenOptions, OwnerChange, Time, TimesChange};
use sandbox_world::input::CHUNK_BYTES;
use sandbox_world::modes::mode_letters;
use sandbox_world::options::Options;
use sandbox_world::stream::{Stream, write_all};
use tar::{Archive, Entry, EntryType};

use super::is_named;
use crate::archive::gzip::MAGIC;
use crate::files::make::make_parents;

struct Unpacker<'o> {
    options: &'o Options,
    stripped: usize,
    /// Folders get their modes and times last, for what is put into them changes these.
    folders: Vec<(BString, u32, Time)>,
    told: bool,
    failed: bool,
}

/// Lists the members that are named, or unpacks them.
pub(super) fn extract(
    call: &mut Call,
    options: &Options,
    stream: Arc<dyn Stream>,
    excluded: &[BString],
) -> Outcome {
    let mut input = call.input(stream);
    let packed = match input.fill_buf() {
        Ok(bytes) => bytes.starts_with(&MAGIC),
        Err(error) => return call.fail_of(b"read error", &error),
    };
    let input: Box<dyn Read> = if packed || options.has('z') {
        Box::new(MultiGzDecoder::new(input))
    } else {
        Box::new(input)
    };
    let mut archive = Archive::new(input);
    let stripped = match options.value('\u{2}').map(BStr::to_owned) {
        Some(text) => call.count(text.as_ref())?,
        None => 0,
    };
    let mut unpacker =
        Unpacker { options, stripped, folders: Vec::new(), told: false, failed: false };
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return broken(call, &error),
    };
    let mut seen = vec![false; options.operands.len()];
    for entry in entries {
        call.interrupt.check()?;
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => return broken(call, &error),
        };
        let name = BString::from(entry.path_bytes().into_owned());
        let wanted =
            options.operands.iter().position(|given| is_named(std::slice::from_ref(given), &name));
        if let Some(index) = wanted {
            seen[index] = true;
        }
        if wanted.is_none() && !seen.is_empty() || is_named(excluded, &name) {
            continue;
        }
        unpacker.member(call, &mut entry, name)?;
    }
    unpacker.finish(call)?;
    for (name, _) in options.operands.iter().zip(seen).filter(|(_, seen)| !seen) {
        call.complain(format!("{name}: not found in archive"))?;
        unpacker.failed = true;
    }
    Ok(u8::from(unpacker.failed))
}

fn broken(call: &mut Call, error: &io::Error) -> Outcome {
    if let Some(stop) = Stop::of(error) {
        return Err(stop);
    }
    let short = error.kind() == io::ErrorKind::UnexpectedEof
        || error.to_string().contains("failed to read");
    call.fail(if short { "short read" } else { "invalid tar magic" })
}

impl Unpacker<'_> {
    fn member(
        &mut self,
        call: &mut Call,
        entry: &mut Entry<'_, Box<dyn Read>>,
        name: BString,
    ) -> Result<(), Stop> {
        if self.options.has('t') {
            return self.list(call, entry, &name);
        }
        let Some(name) = self.safe_name(call, name)? else { return Ok(()) };
        if self.options.has('v') {
            call.line(&name)?;
        }
        let done = if self.options.has('O') {
            copy(entry, |bytes| call.write(bytes).map_err(stopped))
        } else {
            self.unpack(call, entry, &name)
        };
        if let Err(error) = done {
            if let Some(stop) = Stop::of(&error) {
                return Err(stop);
            }
            self.failed = true;
            call.complain_of(format!("can't create '{name}'").as_bytes(), &error)?;
        }
        Ok(())
    }

    /// The name without leading parts that are not wanted; none where nothing is left or it leads out.
    fn safe_name(&mut self, call: &mut Call, name: BString) -> Result<Option<BString>, Stop> {
        let rest = name.trim_start_with(|c| c == '/');
        if rest.len() < name.len() && !self.told {
            self.told = true;
            call.complain("removing leading '/' from member names")?;
        }
        if rest.split_str("/").any(|part| part == b"..") {
            call.complain(format!("name with '..' skipped: '{}'", rest.as_bstr()))?;
            return Ok(None);
        }
        let mut rest = rest;
        for _ in 0..self.stripped {
            match rest.find_byte(b'/') {
                Some(at) => rest = &rest[at + 1..],
                None => return Ok(None),
            }
        }
        Ok((!rest.is_empty()).then(|| rest.into()))
    }

    fn list(
        &mut self,
        call: &mut Call,
        entry: &Entry<'_, Box<dyn Read>>,
        name: &BString,
    ) -> Result<(), Stop> {
        if !self.options.has('v') {
            return call.line(name);
        }
        let header = entry.header();
        let kind = kind_of(header.entry_type());
        let letters = mode_letters(&Metadata::of_kind(kind, header.mode().unwrap_or(0) & 0o7777));
        let owner = |name: Option<&[u8]>, id: u64| match name {
            Some(name) if !name.is_empty() && !self.options.has('\u{4}') => {
                name.to_str_lossy().into_owned()
            }
            _ => id.to_string(),
        };
        let user = owner(header.username_bytes(), header.uid().unwrap_or(0));
        let group = owner(header.groupname_bytes(), header.gid().unwrap_or(0));
        let seconds = i64::try_from(header.mtime().unwrap_or(0)).unwrap_or(0);
        let time = zoned(Time { seconds, nanoseconds: 0 }, &call.zone());
        let mut line = format!("{letters} {user}/{group} {:9} ", entry.size()).into_bytes();
        line.extend_from_slice(&strftime(b"%Y-%m-%d %H:%M:%S ", &time));
        line.extend_from_slice(name);
        if let Some(target) = entry.link_name_bytes() {
            line.extend_from_slice(b" -> ");
            line.extend_from_slice(&target);
        }
        call.line(&line)
    }

    fn unpack(
        &mut self,
        call: &mut Call,
        entry: &mut Entry<'_, Box<dyn Read>>,
        name: &BString,
    ) -> io::Result<()> {
        let header = entry.header();
        let kind = header.entry_type();
        let mode = header.mode()? & 0o7777;
        let owner = OwnerChange {
            uid: u32::try_from(header.uid()?).ok(),
            gid: u32::try_from(header.gid()?).ok(),
        };
        let seconds = i64::try_from(header.mtime()?).unwrap_or(0);
        let time = Time { seconds, nanoseconds: 0 };
        let is_root = call.world.identity().uid == 0;
        let exact = (is_root || self.options.has('p')) && !self.options.has('\u{5}');
        let mode = if exact { mode } else { mode & 0o777 & !call.process.umask };
        let path = call.path(name);
        make_parents(call, name, false).map_err(stopped)?;
        let there = call.files().symlink_metadata(&path).ok();
        if there.is_some() && self.options.has('k') {
            return Ok(());
        }
        if kind == EntryType::Directory {
            if !there.is_some_and(|there| there.is_dir()) {
                call.files().create_dir(&path, mode | 0o700)?;
            }
            if is_root && !self.options.has('o') {
                call.files().set_owner(&path, owner, false)?;
            }
            self.folders.push((name.clone(), mode, time));
            return Ok(());
        }
        if there.is_some_and(|there| !there.is_dir()) {
            call.files().remove_file(&path)?;
        }
        let target = entry.link_name_bytes().map(|target| BString::from(target.into_owned()));
        match (kind, target) {
            (EntryType::Symlink, Some(target)) => {
                call.files().symlink(&target.to_path_lossy(), &path)?;
            }
            (EntryType::Link, Some(target)) => {
                let Some(target) = self.safe_name(call, target).map_err(stopped)? else {
                    return Ok(());
                };
                return call.files().hard_link(&call.path(&target), &path);
            }
            (EntryType::Fifo, _) => call.files().make_fifo(&path, mode)?,
            (EntryType::Char | EntryType::Block, _) => return Err(rustix::io::Errno::PERM.into()),
            _ => {
                let how = OpenOptions { create_new: true, ..OpenOptions::writing(0o600) };
                let output = call.open_with(name, &how)?;
                copy(entry, |bytes| write_all(&*output, bytes, &call.interrupt))?;
            }
        }
        let files = call.files();
        if is_root && !self.options.has('o') {
            files.set_owner(&path, owner, false)?;
        }
        if kind != EntryType::Symlink {
            files.set_permissions(&path, mode)?;
        }
        if !self.options.has('m') {
            let times = TimesChange { accessed: Some(time), modified: Some(time) };
            files.set_times(&path, times, false)?;
        }
        Ok(())
    }

    fn finish(&mut self, call: &mut Call) -> Result<(), Stop> {
        for (name, mode, time) in self.folders.drain(..).rev() {
            let path = call.path(&name);
            let _ = call.files().set_permissions(&path, mode);
            if !self.options.has('m') {
                let times = TimesChange { accessed: Some(time), modified: Some(time) };
                let _ = call.files().set_times(&path, times, false);
            }
        }
        Ok(())
    }
}

fn copy(
    entry: &mut Entry<'_, Box<dyn Read>>,
    mut put: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = entry.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        put(&chunk[..count])?;
    }
}

fn kind_of(kind: EntryType) -> FileKind {
    const KINDS: [(EntryType, FileKind); 5] = [
        (EntryType::Directory, FileKind::Directory),
        (EntryType::Symlink, FileKind::Symlink),
        (EntryType::Char, FileKind::CharDevice),
        (EntryType::Block, FileKind::BlockDevice),
        (EntryType::Fifo, FileKind::Fifo),
    ];
    let known = KINDS.iter().find(|(known, _)| *known == kind);
    known.map_or(FileKind::File, |(_, kind)| *kind)
}

/// A stop as an error, to be a stop again further out.
fn stopped(stop: Stop) -> io::Error {
    match stop {
        Stop::BrokenPipe => rustix::io::Errno::PIPE.into(),
        Stop::Interrupted => rustix::io::Errno::INTR.into(),
        Stop::Exit(_) => rustix::io::Errno::IO.into(),
    }
}
