//! `cp`, `mv`, `install`: files in other places.

use std::io;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};

use super::remove::remove_tree;
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::files::{FileKind, Metadata, OpenOptions, OwnerChange, TimesChange};
use sandbox_world::input::CHUNK_BYTES;
use sandbox_world::modes::parse_mode;
use sandbox_world::options::{Options, Spec, parse, usage};
use sandbox_world::paths::{base_name, inside};
use sandbox_world::stream::write_all;

const CP: Spec = Spec {
    usage: "cp [-arPLHpfinlsTu] SOURCE DEST",
    short: "aRrdPLHpfinlsTt:uv",
    long: &[
        ("archive", 'a'),
        ("recursive", 'R'),
        ("force", 'f'),
        ("no-clobber", 'n'),
        ("no-dereference", 'P'),
        ("dereference", 'L'),
        ("link", 'l'),
        ("symbolic-link", 's'),
        ("update", 'u'),
        ("preserve", 'p'),
        ("target-directory=", 't'),
        ("no-target-directory", 'T'),
        ("verbose", 'v'),
    ],
};

const MV: Spec = Spec {
    usage: "mv [-finT] SOURCE DEST",
    short: "finTt:uv",
    long: &[("force", 'f'), ("no-clobber", 'n'), ("target-directory=", 't'), ("verbose", 'v')],
};

const INSTALL: Spec = Spec {
    usage: "install [-cdDsp] [-o USER] [-g GRP] [-m MODE] [-t DIR] [SOURCE]... DEST",
    short: "cdDspm:o:g:t:vT",
    long: &[("mode=", 'm'), ("directory", 'd'), ("target-directory=", 't')],
};

/// How copies are made.
#[derive(Clone, Copy, Default)]
pub(super) struct Copying {
    pub(super) recursive: bool,
    /// Links are followed: those that are named, and those that are found.
    pub(super) follow_named: bool,
    pub(super) follow_found: bool,
    pub(super) preserve: bool,
    force: bool,
    never: bool,
    hard: bool,
    symbolic: bool,
    newer: bool,
}

/// Copies files.
pub(crate) fn cp(call: &mut Call) -> Outcome {
    let options = parse(call, &CP)?;
    let recursive = options.has_any("aRr");
    let links = options.last_of("dPLHa");
    let copying = Copying {
        recursive,
        follow_named: matches!(links, Some('L' | 'H')) || links.is_none() && !recursive,
        follow_found: links == Some('L') || links.is_none() && !recursive,
        preserve: options.has_any("ap"),
        force: options.has('f'),
        never: options.has('n'),
        hard: options.has('l'),
        symbolic: options.has('s'),
        newer: options.has('u'),
    };
    each_target(call, &options, &CP, |call, source, target| {
        if options.has('i') && !agreed(call, "overwrite", target)? {
            return Ok(true);
        }
        if options.has('v') {
            call.line(format!("'{source}' -> '{target}'").as_bytes())?;
        }
        copy(call, source, target, copying, true)
    })
}

/// Gives files other names.
pub(crate) fn mv(call: &mut Call) -> Outcome {
    let options = parse(call, &MV)?;
    each_target(call, &options, &MV, |call, source, target| {
        let there = call.files().symlink_metadata(&call.path(target));
        if there.is_ok() && options.has('n') {
            return Ok(true);
        }
        if options.has('i') && !agreed(call, "overwrite", target)? {
            return Ok(true);
        }
        if options.has('v') {
            call.line(format!("'{source}' -> '{target}'").as_bytes())?;
        }
        let (from, to) = (call.path(source), call.path(target));
        match call.files().rename(&from, &to) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let copying = Copying { recursive: true, preserve: true, ..Copying::default() };
                Ok(copy(call, source, target, copying, true)? && remove_tree(call, source)?)
            }
            Err(error) => {
                call.complain_of(format!("can't rename '{source}'").as_bytes(), &error)?;
                Ok(false)
            }
        }
    })
}

/// Copies programs to their places, or makes those.
pub(crate) fn install(call: &mut Call) -> Outcome {
    let options = parse(call, &INSTALL)?;
    let mode = match options.value('m').map(BStr::to_owned) {
        None => 0o755,
        Some(text) => match parse_mode(&text, 0, 0, false) {
            Some(mode) => mode,
            None => return call.fail(format!("invalid mode '{text}'")),
        },
    };
    let owner = OwnerChange {
        uid: options.value('o').and_then(|name| call.user_id(name)),
        gid: options.value('g').and_then(|name| call.group_id(name)),
    };
    let finish = |call: &mut Call, target: &BString| {
        let path = call.path(target);
        let files = call.files();
        let mut done = files.set_permissions(&path, mode);
        if owner != OwnerChange::default() {
            done = done.and_then(|()| files.set_owner(&path, owner, true));
        }
        match done {
            Ok(()) => Ok(true),
            Err(error) => call.complain_of(target, &error).map(|()| false),
        }
    };
    if options.has('d') {
        let mut code = 0;
        for name in &options.operands {
            let made = super::make::make_parents(call, name, true)?;
            code |= u8::from(!(made && finish(call, name)?));
        }
        return Ok(code);
    }
    if options.has('D')
        && let Some(target) = options.operands.last()
    {
        super::make::make_parents(call, target, false)?;
    }
    let copying = Copying {
        follow_named: true,
        follow_found: true,
        force: true,
        preserve: options.has('p'),
        ..Copying::default()
    };
    each_target(call, &options, &INSTALL, |call, source, target| {
        Ok(copy(call, source, target, copying, true)? && finish(call, target)?)
    })
}

/// Does `work` on each source and the name it gets: the last operand, or a name in the folder that it is.
fn each_target(
    call: &mut Call,
    options: &Options,
    spec: &Spec,
    mut work: impl FnMut(&mut Call, &BString, &BString) -> Result<bool, Stop>,
) -> Outcome {
    let mut sources = options.operands.clone();
    let folder = options.value('t').map(BStr::to_owned);
    let last = match folder {
        Some(folder) => folder,
        None if sources.len() > 1 => sources.pop().unwrap_or_default(),
        None => return usage(call, spec),
    };
    let is_dir = call.files().metadata(&call.path(&last)).is_ok_and(|found| found.is_dir());
    let mut code = 0;
    for source in &sources {
        call.interrupt.check()?;
        let joins = (is_dir || sources.len() > 1) && !options.has('T');
        let target = if joins { inside(&last, base_name(source)) } else { last.clone() };
        let from = call.files().symlink_metadata(&call.path(source));
        if is_dir && options.has('T') && !from.is_ok_and(|from| from.is_dir()) {
            call.complain(format!("'{target}' is a directory"))?;
            code = 1;
            continue;
        }
        code |= u8::from(!work(call, source, &target)?);
    }
    Ok(code)
}

/// Asks whether to go on, where the file is there.
pub(super) fn agreed(call: &mut Call, what: &str, target: &BString) -> Result<bool, Stop> {
    if call.files().symlink_metadata(&call.path(target)).is_err() {
        return Ok(true);
    }
    let question = format!("{}: {what} '{target}'? ", call.name());
    call.write_error(question.as_bytes())?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while call.process.stdin.read(&mut byte, &call.interrupt)? == 1 && byte[0] != b'\n' {
        answer.push(byte[0]);
    }
    Ok(answer.first().is_some_and(|first| first.eq_ignore_ascii_case(&b'y')))
}

/// Copies one file, or a tree where that is asked for; true where all went well.
pub(super) fn copy(
    call: &mut Call,
    source: &BString,
    target: &BString,
    copying: Copying,
    is_named: bool,
) -> Result<bool, Stop> {
    call.interrupt.check()?;
    let (from, to) = (call.path(source), call.path(target));
    let follow = if is_named { copying.follow_named } else { copying.follow_found };
    let files = call.files();
    let found = if follow { files.metadata(&from) } else { files.symlink_metadata(&from) };
    let metadata = match found {
        Ok(metadata) => metadata,
        Err(error) => {
            call.complain_of(format!("can't stat '{source}'").as_bytes(), &error)?;
            return Ok(false);
        }
    };
    let there = call.files().symlink_metadata(&to).ok();
    let reached = call.files().metadata(&to).ok();
    if reached.as_ref().is_some_and(|reached| reached.is_same_file(&metadata)) && !copying.hard {
        call.complain(format!("'{source}' and '{target}' are the same file"))?;
        return Ok(false);
    }
    if metadata.is_dir() {
        return copy_dir(call, (source, target), copying, &metadata, there.as_ref());
    }
    if there.is_some() && copying.never {
        return Ok(true);
    }
    let is_newer = |there: &Metadata| there.modified >= metadata.modified;
    if copying.newer && reached.as_ref().is_some_and(is_newer) {
        return Ok(true);
    }
    let done = copy_one(call, (&from, &to), copying, &metadata, (source, there.is_some()));
    if let Err(error) = done {
        call.complain_of(format!("can't create '{target}'").as_bytes(), &error)?;
        return Ok(false);
    }
    keep(call, &to, target, copying, &metadata)
}

fn copy_one(
    call: &Call,
    (from, to): (&PathBuf, &PathBuf),
    copying: Copying,
    metadata: &Metadata,
    (source, exists): (&BString, bool),
) -> io::Result<()> {
    let files = call.files();
    if copying.hard || copying.symbolic || !metadata.is_file() && copying.recursive {
        if exists && (copying.force || !metadata.is_file()) {
            files.remove_file(to)?;
        }
        if copying.hard {
            return files.hard_link(from, to);
        }
        if copying.symbolic {
            return files.symlink(source.to_path_lossy().as_ref(), to);
        }
    }
    if metadata.is_symlink() {
        if exists && !copying.recursive {
            files.remove_file(to)?;
        }
        return files.symlink(&files.read_link(from)?.to_path_lossy(), to);
    }
    if metadata.kind == FileKind::Fifo && copying.recursive {
        return files.make_fifo(to, metadata.mode & !call.process.umask);
    }
    let input = files.open(from, &OpenOptions::reading(), &call.interrupt)?;
    let mode = metadata.mode & 0o777 & if copying.preserve { 0o777 } else { !call.process.umask };
    let mut opened = files.open(to, &OpenOptions::writing(mode), &call.interrupt);
    if opened.is_err() && copying.force && exists {
        files.remove_file(to)?;
        opened = files.open(to, &OpenOptions::writing(mode), &call.interrupt);
    }
    let output = opened?;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = input.read(&mut chunk, &call.interrupt)?;
        if count == 0 {
            return Ok(());
        }
        write_all(&*output, &chunk[..count], &call.interrupt)?;
    }
}

fn copy_dir(
    call: &mut Call,
    (source, target): (&BString, &BString),
    copying: Copying,
    metadata: &Metadata,
    there: Option<&Metadata>,
) -> Result<bool, Stop> {
    if !copying.recursive {
        call.complain(format!("omitting directory '{source}'"))?;
        return Ok(false);
    }
    let (from, to) = (call.path(source), call.path(target));
    if to.starts_with(&from) && to != from {
        call.complain(format!("recursion detected, omitting directory '{source}'"))?;
        return Ok(false);
    }
    if there.is_none() {
        // Writable until all is in it.
        let mode = (metadata.mode & !call.process.umask) | 0o700;
        if let Err(error) = call.files().create_dir(&to, mode) {
            call.complain_of(format!("can't create directory '{target}'").as_bytes(), &error)?;
            return Ok(false);
        }
    }
    let entries = match call.files().read_dir(&from) {
        Ok(entries) => entries,
        Err(error) => {
            call.complain_of(format!("can't open '{source}'").as_bytes(), &error)?;
            return Ok(false);
        }
    };
    let mut all_well = true;
    for entry in entries {
        let (source, target) = (inside(source, &entry.name), inside(target, &entry.name));
        all_well &= copy(call, &source, &target, copying, false)?;
    }
    if there.is_none() && !copying.preserve {
        let mode = metadata.mode & !call.process.umask;
        let _ = call.files().set_permissions(&to, mode);
    }
    Ok(keep(call, &to, target, copying, metadata)? && all_well)
}

/// Gives a copy the owner, mode and times of its original.
fn keep(
    call: &mut Call,
    to: &Path,
    target: &BString,
    copying: Copying,
    metadata: &Metadata,
) -> Result<bool, Stop> {
    if !copying.preserve || copying.hard || copying.symbolic {
        return Ok(true);
    }
    let files = call.files();
    let times =
        TimesChange { accessed: Some(metadata.accessed), modified: Some(metadata.modified) };
    let timed = if metadata.is_symlink() { Ok(()) } else { files.set_times(to, times, false) };
    let owner = OwnerChange { uid: Some(metadata.uid), gid: Some(metadata.gid) };
    let owned = files.set_owner(to, owner, false);
    // Without the right to give a file away, a set-user-id bit would be somebody else's.
    let mode = if owned.is_ok() { metadata.mode } else { metadata.mode & 0o1777 };
    let permitted = if metadata.is_symlink() { Ok(()) } else { files.set_permissions(to, mode) };
    for (what, done) in [("times", timed), ("permissions", permitted)] {
        if let Err(error) = done {
            call.complain_of(format!("can't preserve {what} of '{target}'").as_bytes(), &error)?;
        }
    }
    Ok(true)
}
