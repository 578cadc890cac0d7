//! Files and folders that are there after a power cut once the call has returned.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct FileError {
    /// What was to be done.
    pub action: &'static str,
    /// With which file.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// Says with which file an operation failed.
pub(crate) trait At<T> {
    /// Adds what was to be done with which file.
    fn at(self, action: &'static str, path: &Path) -> Result<T, FileError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, FileError> {
        self.map_err(|source| FileError { action, path: path.to_owned(), source })
    }
}

/// Makes the names in `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), FileError> {
    File::open(folder).and_then(|folder| folder.sync_all()).at("sync", folder)
}

/// Creates `folder` and those above it, durably.
///
/// The name of one that is there is synced as well: whoever made it may have been killed before it did so.
pub(crate) fn create_folder(folder: &Path) -> Result<(), FileError> {
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    if !folder.is_dir() {
        above.filter(|above| !above.is_dir()).map_or(Ok(()), create_folder)?;
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => result.at("create", folder)?,
        }
    }
    above.map_or(Ok(()), sync_folder)
}

/// Puts `bytes` under `path`: after a crash there is the old file or the new one, whole.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let draft = draft_of(path);
    let mut file = File::create(&draft).at("create", &draft)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).at("write", &draft)?;
    put_in_place(&draft, path)
}

/// Renames a synced `draft` to `path`, durably.
pub(crate) fn put_in_place(draft: &Path, path: &Path) -> Result<(), FileError> {
    fs::rename(draft, path).at("rename", draft)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Copies the first `limit_bytes` of a file, synced.
pub(crate) fn copy_file(from: &Path, to: &Path, limit_bytes: u64) -> Result<(), FileError> {
    let mut source = File::open(from).at("open", from)?.take(limit_bytes);
    let mut target = File::create(to).at("create", to)?;
    io::copy(&mut source, &mut target).and_then(|_| target.sync_all()).at("copy to", to)
}

/// Removes a folder with all it holds; one that is not there is no error.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.at("remove", folder),
    }
}

/// Lists the names in `folder` in order; none where it is not there.
pub(crate) fn names_in(folder: &Path) -> Result<Vec<String>, FileError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.at("list", folder)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        // A name that is no text is none of ours.
        names.extend(entry.at("list", folder)?.file_name().into_string().ok());
    }
    names.sort_unstable();
    Ok(names)
}

/// Names the file under which `path` is written before it is put in place.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    let mut draft = path.as_os_str().to_owned();
    draft.push(DRAFT_SUFFIX);
    draft.into()
}

/// Ends the names of files that were not put in place.
pub(crate) const DRAFT_SUFFIX: &str = ".tmp";
