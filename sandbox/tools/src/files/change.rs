//! `chmod`, `chown`, `chgrp`: what files let whom do.

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::files::{Metadata, OwnerChange};
use sandbox_world::modes::{mode_letters, parse_mode};
use sandbox_world::options::{Options, Spec, parse, parse_args, usage};
use sandbox_world::paths::inside;

const CHMOD: Spec = Spec {
    usage: "chmod [-Rcvf] MODE[,MODE]... FILE...",
    short: "Rvcf",
    long: &[("recursive", 'R'), ("verbose", 'v'), ("changes", 'c'), ("silent", 'f')],
};

const CHOWN: Spec = Spec {
    usage: "chown [-RhLHPcvf]... USER[:[GRP]] FILE...",
    short: "RhLHPvcf",
    long: &[("recursive", 'R'), ("no-dereference", 'h'), ("verbose", 'v'), ("changes", 'c')],
};

/// Sets permissions.
pub(crate) fn chmod(call: &mut Call) -> Outcome {
    // A mode may look like an option: `chmod -w file`.
    let mut args = call.operands();
    let looks = |arg: &BString| {
        arg.len() > 1 && arg[0] == b'-' && arg[1..].iter().all(|byte| b"rwxXstugo".contains(byte))
    };
    if let Some(at) = args.iter().position(looks) {
        let mode = args.remove(at);
        args.insert(at, [b"a", mode.as_slice()].concat().into());
    }
    let options = parse_args(call, &CHMOD, args)?;
    let Some((text, names)) = options.operands.split_first().filter(|(_, names)| !names.is_empty())
    else {
        return usage(call, &CHMOD);
    };
    if parse_mode(text, 0, call.process.umask, false).is_none() {
        return call.fail(format!("invalid mode '{text}'"));
    }
    let text = text.clone();
    each(call, &options, names, true, |call, name, metadata| {
        // Links among what is found have no permissions of their own.
        if metadata.is_symlink() {
            return Ok(true);
        }
        let umask = call.process.umask;
        let mode =
            parse_mode(&text, metadata.mode, umask, metadata.is_dir()).unwrap_or(metadata.mode);
        let done = call.files().set_permissions(&call.path(name), mode);
        let shown = options.has('v') || options.has('c') && mode != metadata.mode;
        report(call, &options, name, done, shown, || {
            let letters = mode_letters(&Metadata { mode, ..metadata.clone() });
            format!("mode of '{name}' changed to {mode:04o} ({})", &letters[1..])
        })
    })
}

/// Sets owners and groups.
pub(crate) fn chown(call: &mut Call) -> Outcome {
    let options = parse(call, &CHOWN)?;
    let Some((text, names)) = options.operands.split_first().filter(|(_, names)| !names.is_empty())
    else {
        return usage(call, &CHOWN);
    };
    let owner = if call.name() == "chgrp" {
        OwnerChange { uid: None, gid: Some(group(call, text)?) }
    } else {
        owner(call, text)?
    };
    let follow = !options.has('h') && !options.has('R');
    each(call, &options, names, follow, |call, name, metadata| {
        let changes = owner.uid.is_some_and(|uid| uid != metadata.uid)
            || owner.gid.is_some_and(|gid| gid != metadata.gid);
        let follow = !(options.has('h') || options.has('R') && metadata.is_symlink());
        let done = call.files().set_owner(&call.path(name), owner, follow);
        let shown = options.has('v') || options.has('c') && changes;
        let (uid, gid) = (owner.uid.unwrap_or(metadata.uid), owner.gid.unwrap_or(metadata.gid));
        report(call, &options, name, done, shown, || {
            format!("changed ownership of '{name}' to {uid}:{gid}")
        })
    })
}

fn owner(call: &mut Call, text: &BString) -> Result<OwnerChange, Stop> {
    let at = text.find_byte(b':').or_else(|| text.find_byte(b'.'));
    let Some(at) = at.filter(|_| call.user_id(text).is_none()) else {
        return match call.user_id(text) {
            Some(uid) => Ok(OwnerChange { uid: Some(uid), gid: None }),
            None => call.fail(format!("unknown user {text}")),
        };
    };
    let (user, group) = (&text[..at], &text[at + 1..]);
    let uid = if user.is_empty() { None } else { call.user_id(user) };
    let mut gid = if group.is_empty() { None } else { call.group_id(group) };
    if group.is_empty()
        && let Some(uid) = uid
    {
        // The group of the user, where nothing follows the colon.
        let account = call.users().into_iter().find(|account| account.id == uid);
        gid = account.and_then(|account| account.rest.first()?.to_str().ok()?.parse().ok());
    }
    if !user.is_empty() && uid.is_none() || !group.is_empty() && gid.is_none() {
        return call.fail(format!("unknown user/group {text}"));
    }
    Ok(OwnerChange { uid, gid })
}

fn group(call: &mut Call, text: &BString) -> Result<u32, Stop> {
    match call.group_id(text) {
        Some(gid) => Ok(gid),
        None => call.fail(format!("unknown group {text}")),
    }
}

fn report(
    call: &mut Call,
    options: &Options,
    name: &BStr,
    done: std::io::Result<()>,
    shown: bool,
    text: impl FnOnce() -> String,
) -> Result<bool, Stop> {
    match done {
        Ok(()) => {
            if shown {
                call.line(text().as_bytes())?;
            }
            Ok(true)
        }
        Err(error) => {
            if !options.has('f') {
                call.complain_of(name, &error)?;
            }
            Ok(false)
        }
    }
}

/// Does `work` on each file, and on all in the folders among them where that is asked for.
fn each(
    call: &mut Call,
    options: &Options,
    names: &[BString],
    follow: bool,
    mut work: impl FnMut(&mut Call, &BStr, &Metadata) -> Result<bool, Stop>,
) -> Outcome {
    let mut pending: Vec<(BString, bool)> =
        names.iter().rev().map(|name| (name.clone(), follow)).collect();
    let mut code = 0;
    while let Some((name, follow)) = pending.pop() {
        call.interrupt.check()?;
        let path = call.path(&name);
        let files = call.files();
        let found = if follow { files.metadata(&path) } else { files.symlink_metadata(&path) };
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(error) => {
                call.complain_of(&name, &error)?;
                code = 1;
                continue;
            }
        };
        code |= u8::from(!work(call, name.as_ref(), &metadata)?);
        if options.has('R') && metadata.is_dir() {
            match call.files().read_dir(&path) {
                Ok(entries) => pending
                    .extend(entries.iter().rev().map(|entry| (inside(&name, &entry.name), false))),
                Err(error) => {
                    call.complain_of(&name, &error)?;
                    code = 1;
                }
            }
        }
    }
    Ok(code)
}
