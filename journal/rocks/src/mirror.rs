//! A second folder with the same database, for mending and for looking without touching the first.
//!
//! Sorted files are never changed once written, so they are linked; logs and the manifest are copied.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::durable::{
    At, FileError, copy_file, create_folder, names_in, remove_folder, replace_file,
};
use crate::wal::{self, Damage};

/// How sorted files get into the second folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// As further names of the same files, on the same volume.
    Hard,
    /// By reference, from anywhere.
    Symbolic,
}

/// Makes `target` a copy of the database in `folder`, without what follows `damage` in its logs or its manifest.
pub(crate) fn mirror(
    folder: &Path,
    target: &Path,
    damage: Option<&Damage>,
    link: Link,
) -> Result<(), FileError> {
    remove_folder(target)?;
    create_folder(target)?;
    let damaged =
        damage.and_then(|damage| Some((damage.path.file_name()?.to_str()?, damage.whole_bytes)));
    let cut = damaged.and_then(|(name, whole_bytes)| Some((wal::log_number(name)?, whole_bytes)));
    let manifest = current_manifest(folder)?;
    for name in names_in(folder)? {
        let (from, to) = (folder.join(&name), target.join(&name));
        if name.ends_with(".sst") {
            match link {
                Link::Hard => fs::hard_link(&from, &to).at("link", &from)?,
                Link::Symbolic => symlink(&whole_path(&from)?, &to).at("link", &from)?,
            }
        } else if let Some(number) = wal::log_number(&name) {
            // A log after the damaged one does not continue what is left of it.
            let limit_bytes = match cut {
                Some((damaged, _)) if number > damaged => continue,
                Some((damaged, whole_bytes)) if number == damaged => whole_bytes,
                Some(_) | None => u64::MAX,
            };
            copy_file(&from, &to, limit_bytes)?;
        } else if manifest.as_deref() == Some(&name) {
            let limit_bytes = match damaged {
                Some((damaged, whole_bytes)) if damaged == name => whole_bytes,
                Some(_) | None => u64::MAX,
            };
            copy_file(&from, &to, limit_bytes)?;
        }
    }
    match manifest {
        Some(name) => replace_file(&target.join("CURRENT"), format!("{name}\n").as_bytes()),
        None => Ok(()),
    }
}

/// A link is read from the folder that it is in, so that what it leads to may not be told from the current one.
fn whole_path(path: &Path) -> Result<PathBuf, FileError> {
    std::path::absolute(path).at("find", path)
}

/// Finds the manifest that counts: the one that `CURRENT` names, or the newest where it names none.
pub(crate) fn current_manifest(folder: &Path) -> Result<Option<String>, FileError> {
    let manifests: Vec<String> =
        names_in(folder)?.into_iter().filter(|name| name.starts_with("MANIFEST-")).collect();
    let current = fs::read_to_string(folder.join("CURRENT")).unwrap_or_default();
    let named =
        current.strip_suffix('\n').filter(|name| manifests.iter().any(|other| other == name));
    Ok(named.map(str::to_owned).or_else(|| manifests.into_iter().next_back()))
}

/// Returns the path of the manifest that counts.
pub(crate) fn manifest_path(folder: &Path) -> Result<Option<PathBuf>, FileError> {
    Ok(current_manifest(folder)?.map(|name| folder.join(name)))
}
