//! `command`, `type`, `hash`, `builtin`, `alias`, `unalias`.

use std::sync::Arc;

use crate::quote;
use crate::shell::{CommandName, Flow, Shell};

/// Words that the grammar keeps.
const KEYWORDS: &[&[u8]] = &[
    b"!", b"case", b"do", b"done", b"elif", b"else", b"esac", b"fi", b"for", b"if", b"in", b"then",
    b"until", b"while", b"{", b"}",
];

/// The same in bash alone.
const BASH_KEYWORDS: &[&[u8]] = &[b"[[", b"]]", b"function", b"select", b"time", b"coproc"];

/// What a name stands for.
enum Meaning {
    Keyword,
    Alias(Box<[u8]>),
    Function,
    Builtin(bool),
    File(Vec<u8>),
}

impl Shell {
    fn meaning(&self, name: &[u8]) -> Option<Meaning> {
        if let Some(text) = self.aliases.get(name) {
            return Some(Meaning::Alias(text.clone()));
        }
        if KEYWORDS.contains(&name) || self.bash && BASH_KEYWORDS.contains(&name) {
            return Some(Meaning::Keyword);
        }
        if self.functions.contains_key(name) {
            return Some(Meaning::Function);
        }
        if let Some(builtin) = super::find(name, self.bash) {
            return Some(Meaning::Builtin(builtin.special));
        }
        self.find_program(name).ok().flatten().map(Meaning::File)
    }
}

/// `command`.
pub(super) fn command(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut rest = &args[1..];
    let (mut brief, mut verbose) = (false, false);
    while let Some([b'-', letters @ ..]) = rest.first().map(Vec::as_slice) {
        if letters.is_empty() || !letters.iter().all(|b| matches!(b, b'v' | b'V' | b'p' | b'-')) {
            break;
        }
        brief |= letters.contains(&b'v');
        verbose |= letters.contains(&b'V');
        let ends = letters == b"-";
        rest = &rest[1..];
        if ends {
            break;
        }
    }
    if brief || verbose {
        let mut status = 0;
        // Dash looks at the first name alone.
        let count = if shell.bash { rest.len() } else { 1 };
        for name in rest.iter().take(count) {
            let found =
                if brief { tell_brief(shell, name)? } else { tell_type(shell, &args[0], name)? };
            if found != 0 {
                status = found;
            }
        }
        return Ok(status);
    }
    let Some(name) = rest.first() else { return Ok(0) };
    match super::find(name, shell.bash) {
        Some(builtin) => {
            let old =
                std::mem::replace(&mut shell.command_name, CommandName::Builtin(builtin.name));
            let result = (builtin.run)(shell, rest);
            shell.command_name = old;
            // What is special otherwise is an ordinary builtin here.
            match result {
                Err(crate::shell::Stop::Error) if builtin.special => Ok(shell.status),
                result => result,
            }
        }
        None => {
            let old = std::mem::take(&mut shell.command_name);
            let result = shell.run_program(rest.to_vec());
            shell.command_name = old;
            result?;
            Ok(shell.status)
        }
    }
}

fn tell_brief(shell: &mut Shell, name: &[u8]) -> Flow<i32> {
    let text = match shell.meaning(name) {
        Some(Meaning::Alias(text)) => {
            let quoted = if shell.bash { quote::single(&text) } else { quote::dash(&text) };
            [b"alias ", name, b"=", &quoted].concat()
        }
        Some(Meaning::File(path)) => {
            if path.starts_with(b"/") || !shell.bash {
                path
            } else {
                [shell.cwd.as_slice(), b"/", &path].concat()
            }
        }
        Some(_) => name.to_vec(),
        None => return Ok(if shell.bash { 1 } else { 127 }),
    };
    shell.output(b"command", &[text.as_slice(), b"\n"].concat())
}

fn tell_type(shell: &mut Shell, command: &[u8], name: &[u8]) -> Flow<i32> {
    let text = match shell.meaning(name) {
        Some(Meaning::Keyword) => b" is a shell keyword".to_vec(),
        Some(Meaning::Alias(text)) if shell.bash => [b" is aliased to `", &*text, b"'"].concat(),
        Some(Meaning::Alias(text)) => [b" is an alias for ", &*text].concat(),
        Some(Meaning::Function) if shell.bash => b" is a function".to_vec(),
        Some(Meaning::Function) => b" is a shell function".to_vec(),
        Some(Meaning::Builtin(true)) if !shell.bash => b" is a special shell builtin".to_vec(),
        Some(Meaning::Builtin(_)) => b" is a shell builtin".to_vec(),
        Some(Meaning::File(path)) => [b" is ", path.as_slice()].concat(),
        None if shell.bash => {
            shell.builtin_error(command, [name, b": not found"].concat());
            return Ok(1);
        }
        None => {
            shell.output(command, &[name, b": not found\n"].concat())?;
            return Ok(127);
        }
    };
    shell.output(command, &[name, &text, b"\n"].concat())
}

/// `type`.
pub(super) fn type_of(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut rest = &args[1..];
    let mut kind = 0;
    if shell.bash {
        while let Some([b'-', letters @ ..]) = rest.first().map(Vec::as_slice) {
            kind =
                letters.iter().copied().find(|b| matches!(b, b't' | b'p' | b'P')).unwrap_or(kind);
            rest = &rest[1..];
        }
    }
    let mut status = 0;
    for name in rest {
        let found = if kind == 0 {
            tell_type(shell, &args[0], name)?
        } else {
            tell_kind(shell, &args[0], name, kind)?
        };
        if found != 0 {
            status = found;
        }
    }
    Ok(status)
}

fn tell_kind(shell: &mut Shell, command: &[u8], name: &[u8], kind: u8) -> Flow<i32> {
    let meaning = if kind == b'P' {
        shell.find_program(name).ok().flatten().map(Meaning::File)
    } else {
        shell.meaning(name)
    };
    let text: Vec<u8> = match (kind, meaning) {
        (_, None) => return Ok(1),
        (b't', Some(meaning)) => match meaning {
            Meaning::Keyword => b"keyword".to_vec(),
            Meaning::Alias(_) => b"alias".to_vec(),
            Meaning::Function => b"function".to_vec(),
            Meaning::Builtin(_) => b"builtin".to_vec(),
            Meaning::File(_) => b"file".to_vec(),
        },
        (_, Some(Meaning::File(path))) => path,
        _ => return Ok(0),
    };
    shell.output(command, &[text.as_slice(), b"\n"].concat())
}

/// `builtin`.
pub(super) fn builtin(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let Some(name) = args.get(1) else { return Ok(0) };
    match super::find(name, true) {
        Some(builtin) => (builtin.run)(shell, &args[1..]),
        None => {
            shell.builtin_error(&args[0], [name, &b": not a shell builtin"[..]].concat());
            Ok(1)
        }
    }
}

/// `enable`: which builtins there are; none can be switched off.
pub(super) fn enable(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let (letters, names) = shell.letters(args, b"naps")?;
    let switches_off = letters.contains(&b'n');
    if names.is_empty() {
        // Of those that are switched off there is none to tell.
        let listed = super::names().filter(|_| !switches_off);
        let lines = listed.flat_map(|name| [b"enable ", name, b"\n"].concat());
        return shell.output(&args[0], &lines.collect::<Vec<u8>>());
    }
    let mut status = 0;
    for name in names {
        let why = match super::find(name, true) {
            Some(_) if switches_off => &b": cannot be switched off"[..],
            Some(_) => continue,
            None => b": not a shell builtin",
        };
        shell.builtin_error(&args[0], [name, why].concat());
        status = 1;
    }
    Ok(status)
}

/// `hash`: programs are found anew each time, so it only says whether they are there.
pub(super) fn hash(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut status = 0;
    for name in args.iter().skip(1).filter(|arg| !arg.starts_with(b"-")) {
        let known = super::find(name, shell.bash).is_some()
            || shell.functions.contains_key(name.as_slice())
            || matches!(shell.find_program(name), Ok(Some(_)));
        if !known {
            shell.builtin_error(&args[0], [name, &b": not found"[..]].concat());
            status = 1;
        }
    }
    Ok(status)
}

/// `alias`.
pub(super) fn alias(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let rest: Vec<&Vec<u8>> = args[1..].iter().filter(|arg| *arg != b"-p").collect();
    if rest.is_empty() {
        let mut all: Vec<_> = shell.aliases.iter().map(|(n, t)| (n.clone(), t.clone())).collect();
        all.sort();
        let mut out = Vec::new();
        for (name, text) in all {
            out.extend_from_slice(&alias_line(shell, &name, &text));
        }
        return shell.output(&args[0], &out);
    }
    let mut status = 0;
    for arg in rest {
        match arg.iter().position(|byte| *byte == b'=') {
            Some(at) if at > 0 => {
                Arc::make_mut(&mut shell.aliases).insert(arg[..at].into(), arg[at + 1..].into());
            }
            _ => match shell.aliases.get(arg.as_slice()).cloned() {
                Some(text) => {
                    let line = alias_line(shell, arg, &text);
                    shell.output(&args[0], &line)?;
                }
                None => {
                    shell.builtin_error(&args[0], [arg, &b": not found"[..]].concat());
                    status = 1;
                }
            },
        }
    }
    Ok(status)
}

fn alias_line(shell: &Shell, name: &[u8], text: &[u8]) -> Vec<u8> {
    if shell.bash {
        [b"alias ", name, b"=", &quote::single(text), b"\n"].concat()
    } else {
        [name, b"=", &quote::dash(text), b"\n"].concat()
    }
}

/// `unalias`.
pub(super) fn unalias(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut status = 0;
    for name in &args[1..] {
        if name == b"-a" {
            shell.aliases = Arc::default();
        } else if Arc::make_mut(&mut shell.aliases).remove(name.as_slice()).is_none() {
            shell.builtin_error(&args[0], [name, &b": not found"[..]].concat());
            status = 1;
        }
    }
    Ok(status)
}
