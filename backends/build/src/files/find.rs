//! Sources of `COPY` and `ADD`: a path, or a pattern of paths.

use std::os::fd::BorrowedFd;

use backends_images::open_in_root;
use rustix::{
    fs::{Dir, OFlags},
    io::Errno,
};

use crate::{
    BuildError,
    pattern::{is_pattern, matches},
};

/// Paths that one pattern may match.
const FOUND_MAX: usize = 100_000;

/// Finds the sources that a path or pattern names, in order, each as a path from the root.
pub(crate) fn find(root: BorrowedFd<'_>, text: &str) -> Result<Vec<String>, BuildError> {
    let parts = clean(text)?;
    let path = parts.join("/");
    if !is_pattern(text) {
        return match open_in_root(root, dot(&path).as_bytes(), OFlags::PATH) {
            Ok(_) => Ok(vec![path]),
            Err(Errno::NOENT | Errno::NOTDIR) => Err(not_found(text)),
            Err(errno) => Err(BuildError::files("looking for a source")(errno)),
        };
    }
    let mut found = vec![String::new()];
    for part in &parts {
        let mut next = Vec::new();
        for above in &found {
            next.extend(matching(root, above, part)?);
            if next.len() > FOUND_MAX {
                let what = format!("the pattern {text} matches more than {FOUND_MAX} files");
                return Err(BuildError::Step(what));
            }
        }
        found = next;
    }
    if found.is_empty() {
        return Err(BuildError::step("no source files were specified"));
    }
    Ok(found)
}

/// Writes the root as a path that can be opened.
pub(super) fn dot(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

/// Gives the paths in the directory `above` that a part of a pattern matches.
fn matching(root: BorrowedFd<'_>, above: &str, part: &str) -> Result<Vec<String>, BuildError> {
    let directory =
        match open_in_root(root, dot(above).as_bytes(), OFlags::RDONLY | OFlags::DIRECTORY) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(Vec::new()),
            opened => opened.map_err(BuildError::files("reading a directory"))?,
        };
    let mut names = Vec::new();
    for entry in Dir::new(directory).map_err(BuildError::files("reading a directory"))? {
        let entry = entry.map_err(BuildError::files("reading a directory"))?;
        // Names that are not UTF-8 cannot be written in a Dockerfile, and are copied with their directories.
        let Ok(name) = entry.file_name().to_str() else { continue };
        let taken = matches(part, name).map_err(|error| BuildError::step(error.to_string()))?;
        if taken && !matches!(name, "." | "..") {
            names.push(if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") });
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Divides a path; one that leads out of the tree is refused.
fn clean(text: &str) -> Result<Vec<&str>, BuildError> {
    let mut parts = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.is_empty() && !text.starts_with('/') => {
                let what = format!("forbidden path outside the build context: {text} ()");
                return Err(BuildError::Step(what));
            }
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Ok(parts)
}

fn not_found(text: &str) -> BuildError {
    let shown = text.trim_start_matches("./");
    BuildError::Step(format!(
        "file not found in build context or excluded by .dockerignore: stat {shown}: file does not exist"
    ))
}
