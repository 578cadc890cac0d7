//! The user that a container's programs run as, by the container's own files.

use std::os::fd::BorrowedFd;

use backends_core::FilesError;
use backends_images::read_in_root;

/// Bytes of a container's list of users that are read. A host of ten thousand users has less than one megabyte.
const LIST_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Finds user and group of `user`, as `docker run --user` takes it; `None` where none is set.
pub(super) fn owner(root: BorrowedFd<'_>, user: &str) -> Result<Option<(u32, u32)>, FilesError> {
    if user.is_empty() {
        return Ok(None);
    }
    let (user, group) = match user.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (user, None),
    };
    let (uid, main_group) = find_user(&list(root, b"etc/passwd"), user)?;
    let gid = match group {
        None | Some("") => main_group,
        Some(group) => find_group(&list(root, b"etc/group"), group)?,
    };
    Ok(Some((uid, gid)))
}

fn find_user(passwd: &str, user: &str) -> Result<(u32, u32), FilesError> {
    let number = user.parse::<u32>().ok();
    for line in passwd.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, ..] = fields[..] else { continue };
        let (Ok(uid), Ok(gid)) = (uid.parse(), gid.parse()) else { continue };
        if name == user || number == Some(uid) {
            return Ok((uid, gid));
        }
    }
    let unknown = || {
        FilesError::Failed(format!(
            "unable to find user {user}: no matching entries in passwd file"
        ))
    };
    number.map(|uid| (uid, 0)).ok_or_else(unknown)
}

fn find_group(groups: &str, group: &str) -> Result<u32, FilesError> {
    for line in groups.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, gid, ..] = fields[..] else { continue };
        if name == group
            && let Ok(gid) = gid.parse()
        {
            return Ok(gid);
        }
    }
    let unknown = |_| {
        FilesError::Failed(format!(
            "unable to find group {group}: no matching entries in group file"
        ))
    };
    group.parse().map_err(unknown)
}

/// Reads a list of the container.
fn list(root: BorrowedFd<'_>, path: &[u8]) -> String {
    read_in_root(root, path, LIST_BYTES_MAX)
}

#[cfg(test)]
mod tests;
