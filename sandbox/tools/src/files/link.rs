//! `ln`, `readlink`, `realpath`: links and what they lead to.

use std::io;
use std::path::{Component, Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, path_bytes};
use sandbox_world::options::{Spec, parse, usage};
use sandbox_world::paths::base_name;
use sandbox_world::paths::inside;

/// Links that are followed one after the other, as the kernel does.
const LINKS_MAX: usize = 40;

/// Makes links.
pub(crate) fn ln(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "ln [-sfnbtv] [-S SUF] TARGET... LINK|DIR",
        short: "sfnbS:vTt:r",
        long: &[
            ("symbolic", 's'),
            ("force", 'f'),
            ("no-dereference", 'n'),
            ("verbose", 'v'),
            ("target-directory=", 't'),
        ],
    };
    let options = parse(call, &spec)?;
    let mut targets = options.operands.clone();
    if targets.is_empty() {
        return usage(call, &spec);
    }
    let last = match (options.value('t'), targets.len()) {
        (Some(folder), _) => folder.to_owned(),
        (None, 1) => base_name(&targets[0]).into(),
        (None, _) => targets.pop().unwrap_or_default(),
    };
    let path = call.path(&last);
    let found = if options.has('n') {
        call.files().symlink_metadata(&path)
    } else {
        call.files().metadata(&path)
    };
    let is_dir = !options.has('T') && found.is_ok_and(|metadata| metadata.is_dir());
    if targets.len() > 1 && !is_dir {
        return usage(call, &spec);
    }
    let suffix = options.value('S').unwrap_or(BStr::new("~")).to_owned();
    let mut code = 0;
    for target in &targets {
        let link = if is_dir { inside(&last, base_name(target)) } else { last.clone() };
        if options.has('v') {
            call.line(format!("'{link}' -> '{target}'").as_bytes())?;
        }
        let place = call.path(&link);
        let files = call.files();
        if options.has('T') && files.metadata(&place).is_ok_and(|there| there.is_dir()) {
            call.complain(format!("'{link}' is a directory"))?;
            code = 1;
            continue;
        }
        if !options.has('s') && files.symlink_metadata(&call.path(target)).is_err() {
            let error = rustix::io::Errno::NOENT.into();
            call.complain_of(target, &error)?;
            code = 1;
            continue;
        }
        if options.has('b') {
            let _ = files.rename(&place, &call.path(&[&link[..], &suffix].concat()));
        } else if options.has('f') {
            let _ = files.remove_file(&place);
        }
        let done = if options.has('s') {
            files.symlink(&target.to_path_lossy(), &place)
        } else {
            files.hard_link(&call.path(target), &place)
        };
        if let Err(error) = done {
            call.complain_of(&link, &error)?;
            code = 1;
        }
    }
    Ok(code)
}

/// Shows what a link holds, or where a path leads to.
pub(crate) fn readlink(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "readlink [-fnv] FILE",
        short: "fnvsqem",
        long: &[("canonicalize", 'f'), ("no-newline", 'n')],
    };
    let options = parse(call, &spec)?;
    let [name] = &options.operands[..] else { return usage(call, &spec) };
    let path = call.path(name);
    let found = if options.has_any("fem") {
        real_path(call, &path).map(|path| path_bytes(&path).to_owned())
    } else {
        call.files().read_link(&path)
    };
    match found {
        Ok(mut text) => {
            if !options.has('n') {
                text.push(b'\n');
            }
            call.write(&text)?;
            Ok(0)
        }
        Err(error) if options.has('v') && error.kind() == io::ErrorKind::InvalidInput => {
            call.fail(format!("{name}: cannot read link: not a symlink"))
        }
        Err(error) if options.has('v') => call.fail_of(name, &error),
        Err(_) => Ok(1),
    }
}

/// Shows where paths lead to.
pub(crate) fn realpath(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "realpath FILE...", short: "es", long: &[] };
    let options = parse(call, &spec)?;
    if options.operands.is_empty() {
        return usage(call, &spec);
    }
    let mut code = 0;
    for name in &options.operands {
        match real_path(call, &call.path(name)) {
            Ok(path) => call.line(&path_bytes(&path).to_owned())?,
            Err(error) => {
                call.complain_of(name, &error)?;
                code = 1;
            }
        }
    }
    Ok(code)
}

/// A path without links and dots. What the last link leads to need not be there.
pub(crate) fn real_path(call: &Call, path: &Path) -> io::Result<PathBuf> {
    let mut real = PathBuf::from("/");
    let mut left: Vec<PathBuf> = parts(path);
    let mut links = 0;
    while let Some(part) = left.pop() {
        if part.as_os_str() == ".." {
            real.pop();
            continue;
        }
        let next = real.join(&part);
        let metadata = match call.files().symlink_metadata(&next) {
            Ok(metadata) => metadata,
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && links > 0 && left.is_empty() =>
            {
                return Ok(next);
            }
            Err(error) => return Err(error),
        };
        if !metadata.is_symlink() {
            real = next;
            continue;
        }
        links += 1;
        if links > LINKS_MAX {
            return Err(rustix::io::Errno::LOOP.into());
        }
        let target: BString = call.files().read_link(&next)?;
        let target = target.to_path_lossy().into_owned();
        if target.is_absolute() {
            real = PathBuf::from("/");
        }
        left.extend(parts(&target));
    }
    Ok(real)
}

/// The parts of a path, the first at the end.
fn parts(path: &Path) -> Vec<PathBuf> {
    let named = |part: Component<'_>| match part {
        Component::Normal(name) => Some(PathBuf::from(name)),
        Component::ParentDir => Some(PathBuf::from("..")),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    };
    path.components().rev().filter_map(named).collect()
}
