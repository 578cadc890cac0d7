//! A directory in the making: whole under its name, or not there.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// Bytes of the names of a directory's attributes: the most that Linux gives.
const NAMES_BYTES: usize = 64 << 10;

/// Bytes of an attribute's value: the most that Linux takes.
const VALUE_BYTES: usize = 64 << 10;

/// A directory in the making, beside the place that it will have.
pub(super) struct Draft {
    path: PathBuf,
    target: PathBuf,
}

// === impl Draft ===

impl Draft {
    /// Begins one for `target`, which has to be empty or missing; what an earlier try left is removed.
    pub(super) fn begin(target: &Path) -> anyhow::Result<Self> {
        let shown = target.display();
        match fs::read_dir(target) {
            Ok(mut entries) if entries.next().is_some() => bail!("{shown} is not empty"),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("looking into {shown}"));
            }
            Ok(_) | Err(_) => {}
        }
        let target = std::path::absolute(target)?;
        let Some(name) = target.file_name() else { bail!("{shown} has no name") };
        let mut partial = name.to_owned();
        partial.push(".partial");
        let path = target.with_file_name(partial);
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("removing {}", path.display()))?;
        }
        fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(&path, private)?;
        Ok(Self { path, target })
    }

    /// Gives the place where it is made.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, durably.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        sync(&self.path)?;
        let shown = self.target.display();
        // An empty directory gives way to the whole one.
        fs::rename(&self.path, &self.target).with_context(|| format!("naming {shown}"))?;
        self.target.parent().map_or(Ok(()), sync)
    }

    /// Removes it again.
    pub(super) fn abandon(self) {
        // Whoever gave up has a reason of its own to tell.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Makes the names in a directory durable.
pub(super) fn sync(directory: &Path) -> anyhow::Result<()> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.with_context(|| format!("syncing {}", directory.display()))
}

/// Lists the files below `directory`, by their names in it.
pub(super) fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut left = vec![PathBuf::new()];
    while let Some(inner) = left.pop() {
        for entry in fs::read_dir(directory.join(&inner))? {
            let entry = entry?;
            let name = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() { left.push(name) } else { found.push(name) }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Counts the bytes of the files below `directory`; what comes and goes meanwhile counts as it is met.
pub(super) fn bytes(directory: &Path) -> u64 {
    let names = files(directory).unwrap_or_default();
    let sizes = names.iter().filter_map(|name| fs::metadata(directory.join(name)).ok());
    sizes.map(|metadata| metadata.len()).sum()
}

/// Gives every file below `from` a further name below `to`, with the directories around them as they are.
///
/// What is removed meanwhile is left out. It works on one volume only.
pub(super) fn link(from: &Path, to: &Path) -> anyhow::Result<u64> {
    let mut linked = 0;
    let mut left = vec![PathBuf::new()];
    while let Some(inner) = left.pop() {
        copy_directory(&from.join(&inner), &to.join(&inner))?;
        for entry in fs::read_dir(from.join(&inner))? {
            let entry = entry?;
            let name = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                left.push(name);
                continue;
            }
            match fs::hard_link(from.join(&name), to.join(&name)) {
                Ok(()) => linked += 1,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) if error.kind() == ErrorKind::CrossesDevices => bail!(
                    "{} and {} are on different volumes, and images are linked, not copied: choose a place beside the \
                     data directory, or leave them out with --without-images",
                    from.display(),
                    to.display()
                ),
                Err(error) => {
                    return Err(error).with_context(|| format!("linking {}", name.display()));
                }
            }
        }
    }
    Ok(linked)
}

/// Makes a directory with another's owner, mode, times and attributes.
fn copy_directory(from: &Path, to: &Path) -> anyhow::Result<()> {
    let metadata = fs::symlink_metadata(from)?;
    fs::create_dir_all(to)?;
    std::os::unix::fs::chown(to, Some(metadata.uid()), Some(metadata.gid()))?;
    fs::set_permissions(to, metadata.permissions())?;
    let mut names = vec![0; NAMES_BYTES];
    let length = rustix::fs::listxattr(from, &mut names[..])?;
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; VALUE_BYTES];
        let length = rustix::fs::getxattr(from, name, &mut value[..])?;
        rustix::fs::setxattr(to, name, &value[..length], rustix::fs::XattrFlags::empty())?;
    }
    Ok(())
}
