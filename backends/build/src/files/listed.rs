//! Files of an archive that is not unpacked: found, looked at, taken out of its list.

use backends_images::{Listed, ListedKind};

use super::find::{Names, matched};
use crate::BuildError;

/// Why a list does not tell what is asked.
#[derive(Debug)]
pub(crate) enum Unsure {
    /// The files have to be asked: what a link leads to is the system's to say.
    Link,
    /// It failed.
    Failed(BuildError),
}

impl From<BuildError> for Unsure {
    fn from(error: BuildError) -> Self {
        Self::Failed(error)
    }
}

/// Looks a path up; `None` where there is nothing.
pub(crate) fn look<'l>(root: &'l Listed, path: &str) -> Result<Option<&'l Listed>, Unsure> {
    let mut file = root;
    for part in parts(path)? {
        let inner = match &file.kind {
            ListedKind::Directory(files) => files.get(part.as_bytes()),
            ListedKind::File { .. } => None,
            ListedKind::Symlink(_) => return Err(Unsure::Link),
        };
        let Some(inner) = inner else { return Ok(None) };
        file = inner;
    }
    // A link at the end is followed, too.
    if matches!(file.kind, ListedKind::Symlink(_)) { Err(Unsure::Link) } else { Ok(Some(file)) }
}

/// Takes a file or a tree out of the list.
pub(crate) fn remove(root: &mut Listed, path: &str) -> Result<(), Unsure> {
    let parts = parts(path)?;
    let Some((last, above)) = parts.split_last() else { return Ok(()) };
    let mut directory = root;
    for part in above {
        let inner = match &mut directory.kind {
            ListedKind::Directory(files) => files.get_mut(part.as_bytes()),
            ListedKind::File { .. } => None,
            ListedKind::Symlink(_) => return Err(Unsure::Link),
        };
        let Some(inner) = inner else { return Ok(()) };
        directory = inner;
    }
    match &mut directory.kind {
        ListedKind::Directory(files) => drop(files.remove(last.as_bytes())),
        ListedKind::File { .. } => {}
        ListedKind::Symlink(_) => return Err(Unsure::Link),
    }
    Ok(())
}

impl Names for Listed {
    type Error = Unsure;

    fn has(&self, path: &str) -> Result<bool, Unsure> {
        Ok(look(self, path)?.is_some())
    }

    fn matching(&self, directory: &str, part: &str) -> Result<Vec<String>, Unsure> {
        let mut names = Vec::new();
        if let Some(Self { kind: ListedKind::Directory(files), .. }) = look(self, directory)? {
            for name in files.keys() {
                names.extend(matched(part, name)?);
            }
        }
        Ok(names)
    }
}

/// Divides a path. What is above a directory depends on what that is.
fn parts(path: &str) -> Result<Vec<&str>, Unsure> {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.map(|part| if part == ".." { Err(Unsure::Link) } else { Ok(part) }).collect()
}
