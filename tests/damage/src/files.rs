//! The files of a data directory, and copies of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Lists the files below `folder` by their paths from there, in order.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner).with_context(|| inner.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder)?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies a directory. Files that are never changed once they are written become further names of the same.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in files(from)? {
        let target = to.join(&file);
        fs::create_dir_all(target.parent().context("a file has a folder")?)?;
        put(&from.join(&file), &target)?;
    }
    Ok(())
}

/// Puts a file's content, or a further name of it, in place of `to`.
pub(crate) fn put(from: &Path, to: &Path) -> Result<()> {
    remove(to)?;
    if is_final(to) {
        fs::hard_link(from, to)?;
    } else {
        fs::copy(from, to)?;
    }
    Ok(())
}

/// Writes a file anew, under no other name.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    remove(path)?;
    Ok(fs::write(path, bytes)?)
}

/// Removes a file; one that is not there is no error.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        result => Ok(result?),
    }
}

/// Tells whether nobody changes a file of such a name.
fn is_final(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ["sst", "zst", "json"].iter().any(|kind| ending == *kind))
}
