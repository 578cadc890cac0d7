//! `cd`, `pwd`, bash's directory stack, `umask`.

use crate::shell::{Flow, Shell};

/// `cd`.
pub(super) fn cd(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut physical = false;
    let mut rest = &args[1..];
    while let Some(option) = rest.first() {
        match option.as_slice() {
            b"-L" => physical = false,
            b"-P" => physical = true,
            b"-e" if shell.bash => {}
            b"--" => {
                rest = &rest[1..];
                break;
            }
            _ => break,
        }
        rest = &rest[1..];
    }
    if shell.bash && rest.len() > 1 {
        return shell.builtin_fail(&args[0], "too many arguments", 1);
    }
    let mut print = false;
    let target = match rest.first().map(Vec::as_slice) {
        None => match shell.vars.get(b"HOME") {
            Some(home) => home.to_vec(),
            None if shell.bash => return shell.builtin_fail(&args[0], "HOME not set", 1),
            None => return Ok(0),
        },
        Some(b"-") => {
            print = true;
            match shell.vars.get(b"OLDPWD") {
                Some(old) => old.to_vec(),
                None if shell.bash => return shell.builtin_fail(&args[0], "OLDPWD not set", 1),
                None => shell.cwd.clone(),
            }
        }
        Some(target) => target.to_vec(),
    };
    let target = if target.is_empty() { b".".to_vec() } else { target };
    if let Some(found) = along_cdpath(shell, &target) {
        enter(shell, &args[0], &found, &target, physical)?;
        return print_cwd(shell, &args[0]);
    }
    enter(shell, &args[0], &target, &target, physical)?;
    if print { print_cwd(shell, &args[0]) } else { Ok(0) }
}

fn print_cwd(shell: &mut Shell, name: &[u8]) -> Flow<i32> {
    let line = [shell.cwd.as_slice(), b"\n"].concat();
    shell.output(name, &line)
}

fn along_cdpath(shell: &Shell, target: &[u8]) -> Option<Vec<u8>> {
    let dotted = target == b"."
        || target == b".."
        || target.starts_with(b"./")
        || target.starts_with(b"../");
    if target.starts_with(b"/") || dotted {
        return None;
    }
    let path = shell.vars.get(b"CDPATH")?;
    path.split(|byte| *byte == b':').filter(|folder| !folder.is_empty()).find_map(|folder| {
        let candidate = [folder, b"/", target].concat();
        let meta = shell.world.files().metadata(&shell.path(&candidate));
        meta.is_ok_and(|meta| meta.is_dir()).then_some(candidate)
    })
}

/// Goes to a directory; `shown` is what errors call it.
fn enter(shell: &mut Shell, name: &[u8], target: &[u8], shown: &[u8], physical: bool) -> Flow {
    let whole = if target.starts_with(b"/") {
        target.to_vec()
    } else {
        [shell.cwd.as_slice(), b"/", target].concat()
    };
    let path = if physical { resolve(shell, &whole) } else { normal(&whole) };
    let meta = shell.world.files().metadata(&shell.path(&whole));
    let allowed = shell.world.files().access(&shell.path(&whole), 1);
    let error = match (&meta, allowed) {
        (Ok(meta), Ok(())) if meta.is_dir() => None,
        (Ok(meta), _) if !meta.is_dir() => Some("Not a directory".to_owned()),
        (Ok(_), Err(error)) => Some(crate::errors::text(&error)),
        (Ok(_), Ok(())) => None,
        (Err(error), _) => Some(crate::errors::text(error)),
    };
    if let Some(text) = error {
        let message = if shell.bash {
            [shown, b": ", text.as_bytes()].concat()
        } else {
            [b"can't cd to ", shown].concat()
        };
        return shell.builtin_fail(name, message, 1);
    }
    let old = std::mem::replace(&mut shell.cwd, path);
    shell.assign(b"OLDPWD", &old)?;
    let cwd = shell.cwd.clone();
    shell.assign(b"PWD", &cwd)?;
    if shell.bash {
        shell.vars.entry(b"OLDPWD").exported = true;
    }
    Ok(())
}

/// A path without `.`, `..` and doubled slashes, by its text alone.
pub(super) fn normal(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    [b"/", parts.join(&b'/').as_slice()].concat()
}

/// A path with its links followed.
fn resolve(shell: &Shell, path: &[u8]) -> Vec<u8> {
    let mut left: Vec<Vec<u8>> =
        path.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec).collect();
    let mut done = Vec::new();
    let mut links = 0;
    while let Some(part) = left.pop() {
        match part.as_slice() {
            b"" | b"." => continue,
            b".." => {
                let end = done.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                done.truncate(end);
                continue;
            }
            _ => {}
        }
        let next = [done.as_slice(), b"/", &part].concat();
        match shell.world.files().read_link(&shell.path(&next)) {
            Ok(target) if links < 40 => {
                links += 1;
                if target.starts_with(b"/") {
                    done.clear();
                }
                left.extend(target.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec));
            }
            _ => done = next,
        }
    }
    if done.is_empty() { b"/".to_vec() } else { done }
}

/// `pwd`.
pub(super) fn pwd(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let physical = args.iter().skip(1).any(|arg| arg == b"-P");
    let cwd = if physical { resolve(shell, &shell.cwd) } else { shell.cwd.clone() };
    shell.output(&args[0], &[cwd.as_slice(), b"\n"].concat())
}

/// `pushd`, `popd` and `dirs`.
pub(super) fn stack(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    match (args[0].as_slice(), args.get(1)) {
        (b"pushd", Some(target)) => {
            let old = shell.cwd.clone();
            enter(shell, &args[0], target, target, false)?;
            shell.directories.push(old);
        }
        (b"pushd", None) => {
            let Some(top) = shell.directories.pop() else {
                return shell.builtin_fail(&args[0], "no other directory", 1);
            };
            let old = shell.cwd.clone();
            enter(shell, &args[0], &top, &top, false)?;
            shell.directories.push(old);
        }
        (b"popd", _) => {
            let Some(top) = shell.directories.pop() else {
                return shell.builtin_fail(&args[0], "directory stack empty", 1);
            };
            enter(shell, &args[0], &top, &top, false)?;
        }
        (_, Some(option)) if option == b"-c" => {
            shell.directories.clear();
            return Ok(0);
        }
        _ => {}
    }
    let home = shell.vars.get(b"HOME").unwrap_or_default().to_vec();
    let mut all = vec![shell.cwd.clone()];
    all.extend(shell.directories.iter().rev().cloned());
    let shown: Vec<Vec<u8>> = all
        .into_iter()
        .map(|path| match path.strip_prefix(home.as_slice()) {
            Some(rest) if !home.is_empty() && (rest.is_empty() || rest[0] == b'/') => {
                [b"~", rest].concat()
            }
            _ => path,
        })
        .collect();
    shell.output(&args[0], &[shown.join(&b' ').as_slice(), b"\n"].concat())
}

/// `umask`.
pub(super) fn umask(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut symbolic = false;
    let mut rest = &args[1..];
    while let Some(b"-S") = rest.first().map(Vec::as_slice) {
        symbolic = true;
        rest = &rest[1..];
    }
    let Some(mode) = rest.first() else {
        let text = if symbolic {
            let part = |shift: u32| {
                let bits = !shell.umask >> shift;
                let letters = [(4, 'r'), (2, 'w'), (1, 'x')];
                letters
                    .iter()
                    .filter(|(bit, _)| bits & bit != 0)
                    .map(|(_, l)| *l)
                    .collect::<String>()
            };
            format!("u={},g={},o={}\n", part(6), part(3), part(0))
        } else {
            format!("{:04o}\n", shell.umask)
        };
        return shell.output(&args[0], text.as_bytes());
    };
    if mode[0].is_ascii_digit() {
        let octal = mode.iter().all(|byte| matches!(byte, b'0'..=b'7'));
        if !octal || mode.len() > 5 {
            let message = if shell.bash {
                [mode, &b": octal number out of range"[..]].concat()
            } else {
                [&b"Illegal number: "[..], mode].concat()
            };
            return shell.builtin_fail(&args[0], message, 1);
        }
        shell.umask = mode.iter().fold(0, |n, digit| n * 8 + u32::from(digit - b'0')) & 0o777;
        return Ok(0);
    }
    match symbolic_mask(mode, shell.umask) {
        Some(mask) => {
            shell.umask = mask;
            Ok(0)
        }
        None => {
            let message = if shell.bash {
                [b"`", &mode[..1], b"': invalid symbolic mode operator"].concat()
            } else {
                [&b"Illegal mode: "[..], mode].concat()
            };
            shell.builtin_fail(&args[0], message, 1)
        }
    }
}

/// `u=rwx,g+w`: what is named is allowed.
fn symbolic_mask(text: &[u8], mask: u32) -> Option<u32> {
    let mut allowed = !mask & 0o777;
    for clause in text.split(|byte| *byte == b',') {
        let op_at = clause.iter().position(|byte| matches!(byte, b'=' | b'+' | b'-'))?;
        let mut who = 0;
        for letter in &clause[..op_at] {
            who |= match letter {
                b'u' => 0o700,
                b'g' => 0o070,
                b'o' => 0o007,
                b'a' => 0o777,
                _ => return None,
            };
        }
        if who == 0 {
            who = 0o777;
        }
        let mut bits = 0;
        for letter in &clause[op_at + 1..] {
            bits |= match letter {
                b'r' => 0o444,
                b'w' => 0o222,
                b'x' => 0o111,
                _ => return None,
            };
        }
        match clause[op_at] {
            b'=' => allowed = allowed & !who | bits & who,
            b'+' => allowed |= bits & who,
            _ => allowed &= !(bits & who),
        }
    }
    Some(!allowed & 0o777)
}
