//! Folders with everything in them: listed, counted, copied, linked.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context as _, bail};

/// Bytes of the names of a directory's attributes: the most that Linux gives.
const NAMES_BYTES: usize = 64 << 10;

/// Bytes of an attribute's value: the most that Linux takes.
const VALUE_BYTES: usize = 64 << 10;

/// Makes the names in a directory durable.
pub(crate) fn sync(directory: &Path) -> anyhow::Result<()> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.with_context(|| format!("syncing {}", directory.display()))
}

/// Lists the files below `directory`, by their names in it.
pub(crate) fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
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
pub(crate) fn bytes(directory: &Path) -> u64 {
    let names = files(directory).unwrap_or_default();
    let sizes = names.iter().filter_map(|name| fs::metadata(directory.join(name)).ok());
    sizes.map(|metadata| metadata.len()).sum()
}

/// Copies every file below `from` to the same name below `to`.
pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    for name in files(from)? {
        copy_file(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

/// Copies a file, durably, and makes the folders that it goes into.
pub(crate) fn copy_file(from: &Path, to: &Path) -> anyhow::Result<u64> {
    let copied = || {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        let bytes = fs::copy(from, to)?;
        File::open(to)?.sync_all()?;
        io::Result::Ok(bytes)
    };
    copied().with_context(|| format!("copying {} to {}", from.display(), to.display()))
}

/// Copies a file that only its owner may read.
pub(crate) fn copy_secret(from: &Path, to: &Path) -> anyhow::Result<()> {
    copy_file(from, to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o600))
        .with_context(|| format!("closing {} to others", to.display()))
}

/// Gives every file below `from` a further name below `to`, with the directories around them as they are.
///
/// What is removed meanwhile is left out. It works on one volume only.
pub(crate) fn link(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mut left = vec![PathBuf::new()];
    let mut made = Vec::new();
    while let Some(inner) = left.pop() {
        let entries = match fs::read_dir(from.join(&inner)) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries.with_context(|| format!("listing {}", inner.display()))?,
        };
        made.push((to.join(&inner), copy_directory(&from.join(&inner), &to.join(&inner))?));
        for entry in entries {
            let entry = entry?;
            let name = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                left.push(name);
                continue;
            }
            match fs::hard_link(from.join(&name), to.join(&name)) {
                Ok(()) => {}
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
    // What is put into a directory changes its time, so that comes last.
    for (directory, modified) in made {
        let times = fs::FileTimes::new().set_modified(modified);
        File::open(&directory)
            .and_then(|directory| directory.set_times(times))
            .with_context(|| format!("giving {} its time", directory.display()))?;
    }
    Ok(())
}

/// Makes a directory with another's owner, mode and attributes; gives the time of its last change.
fn copy_directory(from: &Path, to: &Path) -> anyhow::Result<SystemTime> {
    let shown = from.display();
    let metadata = fs::symlink_metadata(from).with_context(|| format!("looking at {shown}"))?;
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    std::os::unix::fs::chown(to, Some(metadata.uid()), Some(metadata.gid()))?;
    fs::set_permissions(to, metadata.permissions())?;
    let mut names = vec![0; NAMES_BYTES];
    let length = rustix::fs::listxattr(from, &mut names[..])?;
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; VALUE_BYTES];
        let length = rustix::fs::getxattr(from, name, &mut value[..])?;
        rustix::fs::setxattr(to, name, &value[..length], rustix::fs::XattrFlags::empty())
            .with_context(|| format!("giving {} the attributes of {shown}", to.display()))?;
    }
    Ok(metadata.modified()?)
}
