//! Users and groups by the tree's own lists, as `--chown` names them.

use std::os::fd::BorrowedFd;

use backends_images::read_in_root;

use crate::BuildError;

/// Bytes of a list of users that are read. A host of ten thousand users has less than one megabyte.
const LIST_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Finds the numbers of `user[:group]`. Without a group, it is the group of the user's name or number.
pub(crate) fn find_owner(root: BorrowedFd<'_>, text: &str) -> Result<(u32, u32), BuildError> {
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    if user.is_empty() || group.is_empty() {
        let what = format!("invalid chown string format: {text}");
        return Err(BuildError::Step(what));
    }
    let number = |path: &[u8], kind: &str, short: &str, name: &str| {
        if let Ok(number) = name.parse::<u32>() {
            return Ok(number);
        }
        let list = read_in_root(root, path, LIST_BYTES_MAX);
        let of_line = |line: &str| {
            let mut fields = line.split(':');
            let is_it = fields.next() == Some(name);
            is_it.then(|| fields.nth(1)?.parse().ok()).flatten()
        };
        list.lines().find_map(of_line).ok_or_else(|| {
            BuildError::Step(format!(
                "unable to convert uid/gid chown string to host mapping: \
                 can't find {short} for {kind} {name}: no such {kind}: {name}"
            ))
        })
    };
    Ok((number(b"etc/passwd", "user", "uid", user)?, number(b"etc/group", "group", "gid", group)?))
}
