//! `export`, `readonly`, `unset`, `local`.

use std::sync::Arc;

use crate::quote;
use crate::shell::{Flow, Shell};
use crate::vars::Value;
use sandbox_script::is_name;

/// `export` and `readonly`.
pub(super) fn mark(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    if shell.bash {
        return super::declare::mark(shell, args);
    }
    let export = args[0] == b"export";
    let rest = match args.get(1).map(Vec::as_slice) {
        Some(b"-p") => &args[2..],
        Some(b"--") => &args[2..],
        _ => &args[1..],
    };
    if rest.is_empty() {
        return list_marked(shell, &args[0], export);
    }
    for arg in rest {
        let (name, value) = split(arg);
        if !is_name(name) {
            return shell.builtin_fail(&args[0], [name, b": bad variable name"].concat(), 1);
        }
        if let Some(value) = value {
            shell.assign(name, value)?;
        }
        let var = shell.vars.entry(name);
        if export {
            var.exported = true;
        } else {
            var.readonly = true;
        }
    }
    Ok(0)
}

fn list_marked(shell: &mut Shell, command: &[u8], export: bool) -> Flow<i32> {
    let mut out = Vec::new();
    for name in shell.vars.names() {
        let Some(var) = shell.vars.var(&name) else { continue };
        if if export { var.exported } else { var.readonly } {
            out.extend_from_slice(command);
            out.push(b' ');
            out.extend_from_slice(&name);
            if let Some(value) = var.value.as_ref().and_then(Value::scalar) {
                out.push(b'=');
                out.extend_from_slice(&quote::dash(value));
            }
            out.push(b'\n');
        }
    }
    shell.output(command, &out)
}

/// Name and value of `name=value`.
pub(super) fn split(arg: &[u8]) -> (&[u8], Option<&[u8]>) {
    match arg.iter().position(|byte| *byte == b'=') {
        Some(at) => (&arg[..at], Some(&arg[at + 1..])),
        None => (arg, None),
    }
}

/// `unset`.
pub(super) fn unset(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let (mut functions, mut variables) = (false, false);
    let mut rest = &args[1..];
    while let Some(option) = rest.first() {
        match option.as_slice() {
            b"-f" => functions = true,
            b"-v" => variables = true,
            b"-n" if shell.bash => variables = true,
            b"--" => {
                rest = &rest[1..];
                break;
            }
            _ => break,
        }
        rest = &rest[1..];
    }
    let mut status = 0;
    for name in rest {
        if functions {
            Arc::make_mut(&mut shell.functions).remove(name.as_slice());
            continue;
        }
        if shell.bash && name.ends_with(b"]") && unset_element(shell, name)? {
            continue;
        }
        let known = shell.vars.var(name).is_some();
        if shell.vars.unset(name).is_err() {
            if shell.bash {
                let message = [name, &b": cannot unset: readonly variable"[..]].concat();
                shell.builtin_error(&args[0], message);
                status = 1;
                continue;
            }
            return shell.builtin_fail(&args[0], [name, &b": is read only"[..]].concat(), 1);
        }
        if shell.bash && !known && !variables {
            Arc::make_mut(&mut shell.functions).remove(name.as_slice());
        }
    }
    Ok(status)
}

fn unset_element(shell: &mut Shell, name: &[u8]) -> Flow<bool> {
    let Some(open) = name.iter().position(|byte| *byte == b'[') else { return Ok(false) };
    let (array, index) = (&name[..open], &name[open + 1..name.len() - 1]);
    match shell.vars.value(array).cloned() {
        Some(Value::Associative(mut table)) => {
            let word = sandbox_script::word_of(index, true);
            let key = shell.expand_text(&word)?;
            Arc::make_mut(&mut table).remove(&key);
            shell.set_value(array, Value::Associative(table))?;
        }
        Some(Value::Indexed(mut items)) => {
            if matches!(index, b"@" | b"*") {
                let _ = shell.vars.unset(array);
                return Ok(true);
            }
            let index = shell.arith_text(index)?;
            let last = items.keys().next_back().copied().unwrap_or(-1);
            let index = if index < 0 { last + 1 + index } else { index };
            Arc::make_mut(&mut items).remove(&index);
            shell.set_value(array, Value::Indexed(items))?;
        }
        Some(Value::Text(_)) | None => {}
    }
    Ok(true)
}

/// `local`.
pub(super) fn local(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    if !shell.vars.in_function() {
        if shell.bash {
            shell.builtin_error(&args[0], "can only be used in a function");
            return Ok(1);
        }
        return shell.builtin_fail(&args[0], "not in a function", 1);
    }
    if shell.bash {
        return super::declare::run(shell, args);
    }
    for arg in &args[1..] {
        let (name, value) = split(arg);
        if name == b"-" {
            continue;
        }
        if !is_name(name) {
            return shell.builtin_fail(&args[0], [name, b": bad variable name"].concat(), 1);
        }
        shell.vars.make_local(name);
        if let Some(value) = value {
            shell.assign(name, value)?;
        }
    }
    Ok(0)
}
