//! Users and groups, looked up in the files of the image.
//!
//! The rules are those of Docker: a name wins over a number, a number needs no entry, groups of the user come from the
//! group file unless a group was given.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

mod files;

pub(crate) use files::open_inside;

/// The largest user or group number Docker accepts.
const ID_MAX: u32 = i32::MAX as u32;

/// Bytes read of a passwd or group file; Docker's images have a few kilobytes, a directory service's export some
/// hundred.
const FILE_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Who a program runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Supplementary groups, the main one among them.
    pub(crate) groups: Vec<u32>,
    /// The home directory.
    pub(crate) home: String,
}

/// There is no such user or group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IdentityError {
    /// The user is not in the file and not a number.
    #[error("unable to find user {user}: no matching entries in passwd file")]
    NoUser {
        /// The user.
        user: String,
    },
    /// The group is not in the file and not a number.
    #[error("unable to find group {group}: no matching entries in group file")]
    NoGroup {
        /// The group.
        group: String,
    },
    /// The number is too large.
    #[error("uids and gids must be in range 0-2147483647")]
    Range,
}

/// Resolves `user` (`name`, `uid`, `name:group` and so on) and `additional` groups.
pub(crate) fn resolve(
    user: &str,
    additional: &[String],
    passwd: Option<impl Read>,
    group: Option<impl Read>,
) -> Result<Identity, IdentityError> {
    let (user, main_group) = match user.split_once(':') {
        Some((user, group)) => (user, Some(group).filter(|group| !group.is_empty())),
        None => (user, None),
    };
    let user = if user.is_empty() { "0" } else { user };
    let account = Account::find(user, passwd)?;
    let mut wanted: Vec<&str> = additional.iter().map(String::as_str).collect();
    wanted.extend(main_group);
    let found = Groups::find(&wanted, &account.name, group);

    let gid = match main_group {
        Some(name) => found.number(name)?,
        None => account.gid,
    };
    let mut groups = BTreeSet::new();
    if main_group.is_none() {
        groups.extend(found.of_user.iter().copied());
    }
    for name in additional {
        groups.insert(found.number(name)?);
    }
    groups.remove(&gid);
    let groups = [gid].into_iter().chain(groups).collect();
    Ok(Identity { uid: account.uid, gid, groups, home: account.home })
}

struct Account {
    name: String,
    uid: u32,
    gid: u32,
    home: String,
}

impl Account {
    fn find(user: &str, passwd: Option<impl Read>) -> Result<Self, IdentityError> {
        for line in lines(passwd) {
            let fields: Vec<&str> = line.split(':').collect();
            if let [name, _, uid, gid, _, home, ..] = fields[..]
                && (name == user || uid == user)
                && let (Ok(uid), Ok(gid)) = (uid.parse(), gid.parse())
            {
                check_range(uid)?;
                check_range(gid)?;
                return Ok(Self { name: name.to_owned(), uid, gid, home: home.to_owned() });
            }
        }
        match number(user)? {
            Some(uid) => Ok(Self { name: String::new(), uid, gid: 0, home: "/".to_owned() }),
            None => Err(IdentityError::NoUser { user: user.to_owned() }),
        }
    }
}

/// What one pass over the group file found.
struct Groups {
    named: Vec<(String, u32)>,
    of_user: Vec<u32>,
}

impl Groups {
    fn find(wanted: &[&str], user: &str, group: Option<impl Read>) -> Self {
        let mut found = Self { named: Vec::new(), of_user: Vec::new() };
        for line in lines(group) {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, gid_text, members, ..] = fields[..] else { continue };
            let Ok(gid) = gid_text.parse::<u32>() else { continue };
            if gid > ID_MAX {
                continue;
            }
            for wanted in wanted.iter().filter(|wanted| **wanted == name || **wanted == gid_text) {
                found.named.push(((*wanted).to_owned(), gid));
            }
            if !user.is_empty() && members.split(',').any(|member| member.trim() == user) {
                found.of_user.push(gid);
            }
        }
        found
    }

    fn number(&self, name: &str) -> Result<u32, IdentityError> {
        if let Some((_, gid)) = self.named.iter().find(|(known, _)| known == name) {
            return Ok(*gid);
        }
        number(name)?.ok_or_else(|| IdentityError::NoGroup { group: name.to_owned() })
    }
}

fn number(text: &str) -> Result<Option<u32>, IdentityError> {
    match text.parse::<i64>() {
        Ok(number) if (0..=i64::from(ID_MAX)).contains(&number) => Ok(Some(number as u32)),
        Ok(_) => Err(IdentityError::Range),
        Err(_) => Ok(None),
    }
}

fn check_range(id: u32) -> Result<(), IdentityError> {
    if id > ID_MAX { Err(IdentityError::Range) } else { Ok(()) }
}

fn lines(file: Option<impl Read>) -> impl Iterator<Item = String> {
    file.into_iter().flat_map(|file| {
        BufReader::new(file.take(FILE_MAX_BYTES))
            .split(b'\n')
            .map_while(Result::ok)
            .map(|line| String::from_utf8_lossy(&line).trim().to_owned())
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
    })
}

#[cfg(test)]
mod tests;
