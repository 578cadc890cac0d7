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

/// Somewhere that names can be looked up.
pub(crate) trait Names {
    /// Why that may fail.
    type Error: From<BuildError>;

    /// Tells whether there is something at a path.
    fn has(&self, path: &str) -> Result<bool, Self::Error>;

    /// Gives the names in a directory that a part of a pattern matches, in order; none where there is no directory.
    fn matching(&self, directory: &str, part: &str) -> Result<Vec<String>, Self::Error>;
}

/// Finds the sources that a path or pattern names, in order, each as a path from the root.
pub(crate) fn find<N: Names>(names: &N, text: &str) -> Result<Vec<String>, N::Error> {
    let parts = clean(text)?;
    let path = parts.join("/");
    if !is_pattern(text) {
        return if names.has(&path)? { Ok(vec![path]) } else { Err(not_found(text).into()) };
    }
    let mut found = vec![String::new()];
    for part in &parts {
        let mut next = Vec::new();
        for above in &found {
            let under = |name| if above.is_empty() { name } else { format!("{above}/{name}") };
            next.extend(names.matching(above, part)?.into_iter().map(under));
            if next.len() > FOUND_MAX {
                let what = format!("the pattern {text} matches more than {FOUND_MAX} files");
                return Err(BuildError::Step(what).into());
            }
        }
        found = next;
    }
    if found.is_empty() {
        return Err(BuildError::step("no source files were specified").into());
    }
    Ok(found)
}

impl Names for BorrowedFd<'_> {
    type Error = BuildError;

    fn has(&self, path: &str) -> Result<bool, BuildError> {
        match open_in_root(self, dot(path).as_bytes(), OFlags::PATH) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(BuildError::files("looking for a source")(errno)),
        }
    }

    fn matching(&self, directory: &str, part: &str) -> Result<Vec<String>, BuildError> {
        let failed = BuildError::files("reading a directory");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let directory = match open_in_root(self, dot(directory).as_bytes(), flags) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(Vec::new()),
            opened => opened.map_err(&failed)?,
        };
        let mut names = Vec::new();
        for entry in Dir::new(directory).map_err(&failed)? {
            let entry = entry.map_err(&failed)?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.extend(matched(part, entry.file_name().to_bytes())?);
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Gives a name that a part of a pattern matches.
///
/// Names that are not UTF-8 cannot be written in a Dockerfile, and are copied with their directories.
pub(super) fn matched(part: &str, name: &[u8]) -> Result<Option<String>, BuildError> {
    let Ok(name) = std::str::from_utf8(name) else { return Ok(None) };
    let taken = matches(part, name).map_err(|error| BuildError::step(error.to_string()))?;
    Ok(taken.then(|| name.to_owned()))
}

/// Writes the root as a path that can be opened.
pub(super) fn dot(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
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
