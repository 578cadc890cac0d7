//! `mkdir`, `mkfifo`, `mktemp`, `touch`, `truncate`: files that come to be.

use std::io;

use bstr::{BStr, BString, ByteSlice};

use crate::system::date::parse_date;
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::files::{OpenOptions, TimesChange};
use sandbox_world::modes::parse_mode;
use sandbox_world::numbers::{UNITS, parse_with};
use sandbox_world::options::{Options, Spec, parse, usage};
use sandbox_world::paths::inside;

/// How often another name is tried where one is taken.
const NAMES_TRIED_MAX: usize = 100;

fn mode_option(call: &mut Call, options: &Options, base: u32) -> Result<Option<u32>, Stop> {
    let Some(text) = options.value('m').map(BStr::to_owned) else { return Ok(None) };
    match parse_mode(&text, base, call.process.umask, false) {
        Some(mode) => Ok(Some(mode)),
        None => call.fail(format!("invalid mode '{text}'")),
    }
}

/// Makes folders.
pub(crate) fn mkdir(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "mkdir [-m MODE] [-p] DIRECTORY...",
        short: "m:pv",
        long: &[("mode=", 'm'), ("parents", 'p'), ("verbose", 'v')],
    };
    let options = parse(call, &spec)?;
    if options.operands.is_empty() {
        return usage(call, &spec);
    }
    let mode = mode_option(call, &options, 0o777)?;
    let mut code = 0;
    for name in &options.operands {
        let made = if options.has('p') {
            make_parents(call, name, true)?
        } else {
            let mode = mode.unwrap_or(0o777 & !call.process.umask);
            create_dir(call, name, mode)?
        };
        if let (true, Some(mode)) = (made, mode) {
            let _ = call.files().set_permissions(&call.path(name), mode);
        }
        code |= u8::from(!made);
    }
    Ok(code)
}

fn create_dir(call: &mut Call, name: &[u8], mode: u32) -> Result<bool, Stop> {
    match call.files().create_dir(&call.path(name), mode) {
        Ok(()) => Ok(true),
        Err(error) => {
            let name = BStr::new(name);
            call.complain_of(format!("can't create directory '{name}'").as_bytes(), &error)?;
            Ok(false)
        }
    }
}

/// Makes the folders that a path goes through, and the last one where `whole`; true where all are there.
pub(crate) fn make_parents(call: &mut Call, name: &[u8], whole: bool) -> Result<bool, Stop> {
    let mode = 0o777 & !call.process.umask;
    let mut ends: Vec<usize> = name.find_iter("/").filter(|at| *at > 0).collect();
    if whole && !name.ends_with(b"/") {
        ends.push(name.len());
    }
    for end in ends {
        let part = &name[..end];
        let is_last = end == name.len();
        let there = call.files().metadata(&call.path(part));
        if !is_last && there.is_ok_and(|metadata| !metadata.is_dir()) {
            let part = BStr::new(&name[..=end]);
            let error = rustix::io::Errno::NOTDIR.into();
            call.complain_of(format!("can't create directory '{part}'").as_bytes(), &error)?;
            return Ok(false);
        }
        if call.files().metadata(&call.path(part)).is_ok_and(|metadata| metadata.is_dir()) {
            continue;
        }
        // Those on the way have to take what comes after.
        if !create_dir(call, part, if is_last { mode } else { mode | 0o300 })? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes FIFOs.
pub(crate) fn mkfifo(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "mkfifo [-m MODE] NAME", short: "m:", long: &[("mode=", 'm')] };
    let options = parse(call, &spec)?;
    if options.operands.is_empty() {
        return usage(call, &spec);
    }
    let mode = mode_option(call, &options, 0o666)?;
    let mut code = 0;
    for name in &options.operands {
        let path = call.path(name);
        let made = call.files().make_fifo(&path, 0o666 & !call.process.umask);
        let made = made.and_then(|()| match mode {
            Some(mode) => call.files().set_permissions(&path, mode),
            None => Ok(()),
        });
        if let Err(error) = made {
            call.complain_of(name, &error)?;
            code = 1;
        }
    }
    Ok(code)
}

/// Makes a file or folder with a name that nobody has.
pub(crate) fn mktemp(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "mktemp [-dt] [-p DIR] [TEMPLATE]",
        short: "dqtp:u",
        long: &[("directory", 'd'), ("tmpdir=?", 't'), ("quiet", 'q'), ("dry-run", 'u')],
    };
    let options = parse(call, &spec)?;
    let given = options.operands.first().cloned();
    let mut template = given.clone().unwrap_or_else(|| "tmp.XXXXXX".into());
    if given.is_none() || options.has_any("tp") {
        let from_variable = call.process.variable("TMPDIR").filter(|value| !value.is_empty());
        let folder = match from_variable {
            Some(value) if !options.has('p') || options.has('t') => value.to_owned(),
            _ => options.value('p').unwrap_or(BStr::new("/tmp")).to_owned(),
        };
        template = inside(&folder, &template);
    }
    let failed = |call: &mut Call, error: io::Error| {
        if options.has('q') {
            return Ok(1);
        }
        // As the library leaves the name behind.
        call.complain_of(b"(null)", &error).map(|()| 1)
    };
    let Some(start) = template.strip_suffix(b"XXXXXX").map(<[u8]>::to_vec) else {
        return failed(call, rustix::io::Errno::INVAL.into());
    };
    for _ in 0..NAMES_TRIED_MAX {
        let name = random_name(call, &start)?;
        let path = call.path(&name);
        let made = if options.has('u') {
            match call.files().symlink_metadata(&path) {
                Ok(_) => Err(rustix::io::Errno::EXIST.into()),
                Err(_) => Ok(()),
            }
        } else if options.has('d') {
            call.files().create_dir(&path, 0o700)
        } else {
            let options = OpenOptions { create_new: true, ..OpenOptions::writing(0o600) };
            call.open_with(&name, &options).map(|_| ())
        };
        match made {
            Ok(()) => {
                call.line(&name)?;
                return Ok(0);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return failed(call, error),
        }
    }
    failed(call, rustix::io::Errno::EXIST.into())
}

fn random_name(call: &Call, start: &[u8]) -> Result<BString, Stop> {
    const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut random = [0; 6];
    call.world.random(&mut random)?;
    let letters = random.map(|byte| LETTERS[usize::from(byte) % LETTERS.len()]);
    Ok([start, &letters].concat().into())
}

/// Sets the times of files, made where they are not there.
pub(crate) fn touch(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "touch [-cham] [-d DATE] [-t DATE] [-r FILE] FILE...",
        short: "champd:t:r:f",
        long: &[("no-create", 'c'), ("date=", 'd'), ("reference=", 'r'), ("no-dereference", 'h')],
    };
    let options = parse(call, &spec)?;
    if options.operands.is_empty() {
        return usage(call, &spec);
    }
    let now = call.world.now();
    let (mut accessed, mut modified) = (now, now);
    if let Some(name) = options.value('r').map(BStr::to_owned) {
        match call.files().metadata(&call.path(&name)) {
            Ok(metadata) => (accessed, modified) = (metadata.accessed, metadata.modified),
            Err(error) => return call.fail_of(&name, &error),
        }
    }
    if let Some(text) = options.value('d').or(options.value('t')).map(BStr::to_owned) {
        let zone = call.zone();
        match parse_date(&text, now, &zone) {
            Some(time) => (accessed, modified) = (time, time),
            None => return call.fail(format!("invalid date '{text}'")),
        }
    }
    let (only_a, only_m) = (options.has('a'), options.has('m'));
    let times = TimesChange {
        accessed: (only_a || !only_m).then_some(accessed),
        modified: (only_m || !only_a).then_some(modified),
    };
    let follow = !options.has('h');
    let mut code = 0;
    for name in &options.operands {
        let path = call.path(name);
        let mut done = call.files().set_times(&path, times, follow);
        if done.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            if options.has('c') {
                continue;
            }
            let mode = 0o666 & !call.process.umask;
            let options = OpenOptions { truncate: false, ..OpenOptions::writing(mode) };
            done = call.open_with(name, &options).and_then(|stream| stream.set_times(times));
        }
        if let Err(error) = done {
            call.complain_of(name, &error)?;
            code = 1;
        }
    }
    Ok(code)
}

/// Cuts files, or lengthens them.
pub(crate) fn truncate(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "truncate [-c] -s SIZE FILE...",
        short: "cs:r:",
        long: &[("size=", 's'), ("no-create", 'c')],
    };
    let options = parse(call, &spec)?;
    let Some(text) = options.value('s').map(BStr::to_owned) else { return usage(call, &spec) };
    if options.operands.is_empty() {
        return usage(call, &spec);
    }
    let Some(size) = parse_with(&text, UNITS) else {
        return call.fail(format!("invalid number '{text}'"));
    };
    let mut code = 0;
    for name in &options.operands {
        let mode = 0o666 & !call.process.umask;
        let open =
            OpenOptions { write: true, create: !options.has('c'), mode, ..OpenOptions::default() };
        let stream = match call.open_with(name, &open) {
            Ok(stream) => stream,
            Err(error) if error.kind() == io::ErrorKind::NotFound && options.has('c') => continue,
            Err(error) => {
                call.complain_of(format!("{name}: open").as_bytes(), &error)?;
                code = 1;
                continue;
            }
        };
        let done = stream.set_len(size);
        if let Err(error) = done {
            call.complain_of(format!("{name}: truncate").as_bytes(), &error)?;
            code = 1;
        }
    }
    Ok(code)
}
