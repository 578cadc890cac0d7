//! `rm`, `rmdir`: names taken away.

use std::io;

use bstr::{BString, ByteSlice};

use super::copy::agreed;
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::options::{Spec, parse, usage};
use sandbox_world::paths::inside;
use sandbox_world::paths::{base_name, dir_name};

/// Removes files, and folders with all in them.
pub(crate) fn rm(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "rm [-irf] FILE...",
        short: "firRv",
        long: &[("force", 'f'), ("recursive", 'r'), ("verbose", 'v')],
    };
    let options = parse(call, &spec)?;
    let forced = options.last_of("fi") == Some('f');
    if options.operands.is_empty() {
        return if options.has('f') { Ok(0) } else { usage(call, &spec) };
    }
    let mut code = 0;
    for name in &options.operands {
        call.interrupt.check()?;
        if matches!(base_name(name), b"." | b"..") {
            call.complain("can't remove '.' or '..'")?;
            code = 1;
            continue;
        }
        let path = call.path(name);
        let metadata = match call.files().symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound && options.has('f') => continue,
            Err(error) => {
                call.complain_of(format!("can't remove '{name}'").as_bytes(), &error)?;
                code = 1;
                continue;
            }
        };
        if options.has('i') && !forced && !agreed(call, "remove", name)? {
            continue;
        }
        if metadata.is_dir() && !options.has_any("rR") {
            call.complain(format!("'{name}' is a directory"))?;
            code = 1;
            continue;
        }
        code |= u8::from(!remove_tree(call, name)?);
    }
    Ok(code)
}

/// Removes a file or a whole folder; true where all of it went.
pub(super) fn remove_tree(call: &mut Call, name: &BString) -> Result<bool, Stop> {
    call.interrupt.check()?;
    let path = call.path(name);
    let files = call.files();
    let is_dir = files.symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir());
    let mut all_well = true;
    let removed = if is_dir {
        match files.read_dir(&path) {
            Ok(entries) => {
                for entry in entries {
                    all_well &= remove_tree(call, &inside(name, &entry.name))?;
                }
                if all_well { call.files().remove_dir(&path) } else { Ok(()) }
            }
            // One that may not be read may be empty.
            Err(error) => files.remove_dir(&path).map_err(|_| error),
        }
    } else {
        files.remove_file(&path)
    };
    if let Err(error) = removed {
        call.complain_of(format!("can't remove '{name}'").as_bytes(), &error)?;
        all_well = false;
    }
    Ok(all_well)
}

/// Removes empty folders.
pub(crate) fn rmdir(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "rmdir [-p] DIRECTORY...",
        short: "p",
        long: &[("parents", 'p'), ("ignore-fail-on-non-empty", 'e')],
    };
    let options = parse(call, &spec)?;
    if options.operands.is_empty() {
        return usage(call, &spec);
    }
    let mut code = 0;
    for name in &options.operands {
        let mut name = name.as_bstr().to_owned();
        loop {
            if let Err(error) = call.files().remove_dir(&call.path(&name)) {
                if options.has('e') && error.kind() == io::ErrorKind::DirectoryNotEmpty {
                    break;
                }
                call.complain_of(format!("'{name}'").as_bytes(), &error)?;
                code = 1;
                break;
            }
            let parent = dir_name(&name);
            if !options.has('p') || parent == b"." || parent == b"/" {
                break;
            }
            name = parent.into();
        }
    }
    Ok(code)
}
