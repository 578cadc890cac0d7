//! Bash's `declare`, `export`, `readonly`, `local` and `let`.

use std::sync::Arc;

use super::variables::split;
use crate::quote;
use crate::shell::{Flow, Shell};
use crate::vars::{Table, Value, Var};
use sandbox_script::is_name;

/// What is switched on, and what off.
#[derive(Default)]
struct Flags {
    on: Vec<u8>,
    off: Vec<u8>,
}

impl Flags {
    fn has(&self, letter: u8) -> bool {
        self.on.contains(&letter)
    }

    fn apply(&self, var: &mut Var) {
        for (letters, value) in [(&self.on, true), (&self.off, false)] {
            for letter in letters {
                match letter {
                    b'x' => var.exported = value,
                    b'r' if value => var.readonly = true,
                    b'i' => var.integer = value,
                    b'l' => var.lower = value,
                    b'u' => var.upper = value,
                    b'n' => var.reference = value,
                    _ => {}
                }
            }
        }
    }
}

/// `export` and `readonly`.
pub(super) fn mark(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let letter = if args[0] == b"export" { b'x' } else { b'r' };
    let mut flags = Flags { on: vec![letter], off: Vec::new() };
    let mut rest = &args[1..];
    let mut list = false;
    while let Some([b'-', letters @ ..]) = rest.first().map(Vec::as_slice) {
        match letters {
            b"-" => {
                rest = &rest[1..];
                break;
            }
            b"n" => flags = Flags { on: Vec::new(), off: vec![b'x'] },
            b"p" => list = true,
            b"f" => return Ok(0),
            letters => flags.on.extend_from_slice(letters),
        }
        rest = &rest[1..];
    }
    if rest.is_empty() || list {
        return list_flagged(shell, &args[0], &[letter]);
    }
    let mut status = 0;
    for arg in rest {
        if !declare_one(shell, &args[0], arg, &flags)? {
            status = 1;
        }
    }
    Ok(status)
}

/// `declare`, `typeset` and, in a function, `local`.
pub(super) fn run(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut flags = Flags::default();
    let mut rest = &args[1..];
    while let Some([sign @ (b'-' | b'+'), letters @ ..]) = rest.first().map(Vec::as_slice) {
        if letters.is_empty() {
            break;
        }
        rest = &rest[1..];
        if letters == b"-" {
            break;
        }
        let to = if *sign == b'-' { &mut flags.on } else { &mut flags.off };
        to.extend_from_slice(letters);
    }
    if flags.has(b'f') || flags.has(b'F') {
        return functions(shell, &args[0], rest);
    }
    if flags.has(b'p') && !rest.is_empty() {
        return print_named(shell, &args[0], rest);
    }
    if rest.is_empty() {
        return list_flagged(shell, &args[0], &flags.on);
    }
    let local = shell.vars.in_function() && !flags.has(b'g');
    let mut status = 0;
    for arg in rest {
        let (name, _) = split(arg);
        let name = name.strip_suffix(b"+").unwrap_or(name);
        let name = name.split(|byte| *byte == b'[').next().unwrap_or(name);
        if local && is_name(name) && shell.vars.make_local(name) {
            let old = shell.vars.var(name).map(|var| (var.exported, var.readonly));
            *shell.vars.entry(name) = Var::default();
            shell.vars.entry(name).exported = old.is_some_and(|(exported, _)| exported);
            shell.vars.entry(name).readonly = old.is_some_and(|(_, readonly)| readonly);
        }
        if !declare_one(shell, &args[0], arg, &flags)? {
            status = 1;
        }
    }
    Ok(status)
}

fn declare_one(shell: &mut Shell, command: &[u8], arg: &[u8], flags: &Flags) -> Flow<bool> {
    let (name, value) = split(arg);
    let (name, append) = match name.strip_suffix(b"+") {
        Some(name) if value.is_some() => (name, true),
        _ => (name, false),
    };
    if let Some(open) = name.iter().position(|byte| *byte == b'[')
        && is_name(&name[..open])
        && name.ends_with(b"]")
    {
        let array = &name[..open];
        make_array(shell, array, flags)?;
        if let Some(value) = value {
            let text = &name[open + 1..name.len() - 1];
            let subscript = sandbox_script::subscript_of(text);
            shell.assign_element(array, &subscript, value.to_vec(), append)?;
        }
        flags.apply(shell.vars.entry(array));
        return Ok(true);
    }
    if !is_name(name) {
        let message = [b"`", arg, b"': not a valid identifier"].concat();
        shell.builtin_error(command, message);
        return Ok(false);
    }
    make_array(shell, name, flags)?;
    // Number and case count for the value that comes now; what may not change is said after it.
    let early = Flags {
        on: flags.on.iter().copied().filter(|letter| *letter != b'r').collect(),
        off: flags.off.clone(),
    };
    if value.is_some() && shell.vars.var(name).is_some_and(|var| var.readonly) {
        shell.complain([name, b": readonly variable"].concat());
        return Ok(false);
    }
    early.apply(shell.vars.entry(name));
    if let Some(value) = value {
        if flags.has(b'n') {
            shell.vars.entry(name).value = Some(Value::Text(value.to_vec()));
        } else {
            shell.assign_special(name, value, append)?;
        }
    }
    flags.apply(shell.vars.entry(name));
    Ok(true)
}

fn make_array(shell: &mut Shell, name: &[u8], flags: &Flags) -> Flow {
    let has_array =
        matches!(shell.vars.value(name), Some(Value::Indexed(_) | Value::Associative(_)));
    if has_array {
        return Ok(());
    }
    if flags.has(b'A') {
        shell.set_value(name, Value::Associative(Arc::new(Table::default())))?;
    } else if flags.has(b'a') {
        let old = shell.vars.get(name).map(<[u8]>::to_vec);
        let items = old.into_iter().map(|value| (0, value)).collect();
        shell.set_value(name, Value::Indexed(Arc::new(items)))?;
    }
    Ok(())
}

fn functions(shell: &mut Shell, command: &[u8], names: &[Vec<u8>]) -> Flow<i32> {
    if names.is_empty() {
        let mut all: Vec<_> = shell.functions.keys().cloned().collect();
        all.sort();
        let lines: Vec<u8> =
            all.iter().flat_map(|name| [b"declare -f ", &**name, b"\n"].concat()).collect();
        return shell.output(command, &lines);
    }
    let mut status = 0;
    for name in names {
        if shell.functions.contains_key(name.as_slice()) {
            shell.output(command, &[name, &b"\n"[..]].concat())?;
        } else {
            status = 1;
        }
    }
    Ok(status)
}

fn print_named(shell: &mut Shell, command: &[u8], names: &[Vec<u8>]) -> Flow<i32> {
    let mut status = 0;
    for name in names {
        match shell.declaration(name) {
            Some(mut line) => {
                line.push(b'\n');
                shell.output(command, &line)?;
            }
            None => {
                shell.builtin_error(command, [name, &b": not found"[..]].concat());
                status = 1;
            }
        }
    }
    Ok(status)
}

fn list_flagged(shell: &mut Shell, command: &[u8], letters: &[u8]) -> Flow<i32> {
    let mut out = Vec::new();
    for name in shell.vars.names() {
        let has = shell.attributes(&name);
        if letters.iter().all(|letter| *letter == b'p' || has.contains(letter))
            && let Some(line) = shell.declaration(&name)
        {
            out.extend_from_slice(&line);
            out.push(b'\n');
        }
    }
    shell.output(command, &out)
}

impl Shell {
    /// A variable as `declare -p` shows it.
    pub(crate) fn declaration(&self, name: &[u8]) -> Option<Vec<u8>> {
        let var = self.vars.var(name)?;
        let mut line = b"declare -".to_vec();
        let mut letters = self.attributes(name);
        if letters.is_empty() {
            letters.push(b'-');
        }
        line.extend_from_slice(&letters);
        line.push(b' ');
        line.extend_from_slice(name);
        match &var.value {
            None => {}
            Some(Value::Text(text)) => {
                line.push(b'=');
                line.extend_from_slice(&quote::double(text));
            }
            Some(value @ (Value::Indexed(_) | Value::Associative(_))) => {
                line.extend_from_slice(b"=(");
                let associative = matches!(value, Value::Associative(_));
                let pairs = value.keys().into_iter().zip(value.values());
                for (number, (key, value)) in pairs.enumerate() {
                    if number > 0 && !associative {
                        line.push(b' ');
                    }
                    line.push(b'[');
                    let plain =
                        key.iter().all(|b| b.is_ascii_alphanumeric() || b"_-./:".contains(b));
                    line.extend_from_slice(&if plain { key } else { quote::double(&key) });
                    line.extend_from_slice(b"]=");
                    line.extend_from_slice(&quote::double(&value));
                    if associative {
                        line.push(b' ');
                    }
                }
                line.push(b')');
            }
        }
        Some(line)
    }
}

/// `let`.
pub(super) fn arithmetic(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    if args.len() < 2 {
        return shell.builtin_fail(&args[0], "expression expected", 1);
    }
    let mut value = 0;
    for arg in &args[1..] {
        shell.arith_prefix = "let: ";
        let result = shell.arith_text(arg);
        shell.arith_prefix = "";
        value = result?;
    }
    Ok(i32::from(value == 0))
}
