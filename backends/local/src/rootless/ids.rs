//! Which users and groups there are in a user namespace.

use std::{fs, io, process::Command};

use rustix::process::{getegid, geteuid};

/// A kind of number, and who maps it.
#[derive(Debug, Clone, Copy)]
struct Kind {
    tool: &'static str,
    given: &'static str,
    map: &'static str,
}

const USERS: Kind = Kind { tool: "newuidmap", given: "/etc/subuid", map: "uid_map" };
const GROUPS: Kind = Kind { tool: "newgidmap", given: "/etc/subgid", map: "gid_map" };

/// Says who may be what in the namespace of `pid`: this user is its root, and there are as many others as this user was given.
/// Gives a warning where that is none.
pub(super) fn map(pid: u32) -> io::Result<Option<String>> {
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    let names = names(&fs::read_to_string("/etc/passwd").unwrap_or_default(), uid);
    let given = |kind: Kind| given(&fs::read_to_string(kind.given).unwrap_or_default(), &names);
    let mapped =
        run(USERS, pid, uid, &given(USERS)).and_then(|()| run(GROUPS, pid, gid, &given(GROUPS)));
    let Err(reason) = mapped else { return Ok(None) };
    alone(pid, uid, gid)?;
    Ok(Some(format!(
        "There is one user and one group in containers ({reason}): images with files of others cannot be unpacked. The package \
         uidmap, and lines for this user in /etc/subuid and /etc/subgid, give it more."
    )))
}

/// Gives what the files of ranges may call a user.
fn names(passwd: &str, uid: u32) -> Vec<String> {
    let number = uid.to_string();
    let accounts = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let own = accounts.filter(|fields| fields.get(2) == Some(&number.as_str()));
    own.filter_map(|fields| Some((*fields.first()?).to_owned())).chain([number.clone()]).collect()
}

/// Reads the ranges that were given to somebody: the first number of each and how many.
fn given(text: &str, names: &[String]) -> Vec<(u32, u32)> {
    let ranges = text.lines().filter_map(|line| {
        let mut fields = line.trim().split(':');
        let (name, first, count) = (fields.next()?, fields.next()?, fields.next()?);
        let is_own = names.iter().any(|own| own == name);
        is_own.then_some((first.parse().ok()?, count.parse().ok()?))
    });
    ranges.collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "only a program that runs as root may map others' numbers"
)]
fn run(kind: Kind, pid: u32, own: u32, given: &[(u32, u32)]) -> Result<(), String> {
    if given.is_empty() {
        return Err(format!("{} has no line for this user", kind.given));
    }
    let mut map = vec![(0, own, 1)];
    let mut next: u32 = 1;
    for (first, count) in given {
        map.push((next, *first, *count));
        next = next.saturating_add(*count);
    }
    let numbers = map.iter().flat_map(|(inside, outside, count)| [*inside, *outside, *count]);
    let mut command = Command::new(kind.tool);
    command.arg(pid.to_string()).args(numbers.map(|number| number.to_string()));
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(format!("{}: {error}", kind.tool)),
    }
}

/// Has this user be root in there, and nobody else be anything.
fn alone(pid: u32, uid: u32, gid: u32) -> io::Result<()> {
    let write = |file: &str, text: String| fs::write(format!("/proc/{pid}/{file}"), text);
    let is_mapped = |kind: Kind| {
        let map = fs::read_to_string(format!("/proc/{pid}/{}", kind.map));
        map.is_ok_and(|map| !map.is_empty())
    };
    if !is_mapped(USERS) {
        write(USERS.map, format!("0 {uid} 1"))?;
    }
    if !is_mapped(GROUPS) {
        // Whoever could leave a group could get at what is closed to it.
        write("setgroups", "deny".to_owned())?;
        write(GROUPS.map, format!("0 {gid} 1"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
