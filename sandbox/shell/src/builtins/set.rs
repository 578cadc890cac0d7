//! `set` and bash's `shopt`.

use std::sync::Arc;

use crate::quote;
use crate::shell::{Flow, Shell};
use crate::vars::Value;

/// Runs `set`.
pub(super) fn run(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    if args.len() == 1 {
        return list_variables(shell, &args[0]);
    }
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        let on = match arg.first() {
            Some(b'-') => true,
            Some(b'+') => false,
            _ => break,
        };
        at += 1;
        match arg.as_slice() {
            b"--" => {
                shell.params = Arc::new(args[at..].to_vec());
                shell.getopts_at = 0;
                return Ok(0);
            }
            b"-" => {
                shell.options.set_letter(b'x', false);
                shell.options.set_letter(b'v', false);
                if at < args.len() {
                    shell.params = Arc::new(args[at..].to_vec());
                }
                return Ok(0);
            }
            _ => {}
        }
        for letter in &arg[1..] {
            if *letter == b'o' {
                let Some(name) = args.get(at) else { return list_options(shell, &args[0], on) };
                at += 1;
                let text = String::from_utf8_lossy(name).into_owned();
                if !shell.options.set_name(&text, on) {
                    if shell.bash {
                        let message = [name, &b": invalid option name"[..]].concat();
                        return shell.builtin_fail(&args[0], message, 2);
                    }
                    let sign = if on { '-' } else { '+' };
                    return shell.builtin_fail(
                        &args[0],
                        format!("Illegal option {sign}o {text}"),
                        2,
                    );
                }
            } else if !shell.options.set_letter(*letter, on) {
                let sign = if on { '-' } else { '+' };
                let letter = char::from(*letter);
                if shell.bash {
                    shell.builtin_error(&args[0], format!("{sign}{letter}: invalid option"));
                    let usage = b"set: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]\n";
                    let _ = shell.write(2, usage);
                    return Ok(2);
                }
                return shell.builtin_fail(&args[0], format!("Illegal option {sign}{letter}"), 2);
            }
        }
        shell.vars.export_all = shell.options.allexport;
    }
    if at < args.len() {
        shell.params = Arc::new(args[at..].to_vec());
        shell.getopts_at = 0;
    }
    Ok(0)
}

fn list_variables(shell: &mut Shell, command: &[u8]) -> Flow<i32> {
    let mut out = Vec::new();
    for name in shell.vars.names() {
        let value = shell.vars.var(&name).and_then(|var| var.value.clone());
        match value {
            Some(Value::Text(text)) => {
                out.extend_from_slice(&name);
                out.push(b'=');
                let quoted = if !shell.bash {
                    quote::dash(&text)
                } else if text.is_empty() {
                    Vec::new()
                } else {
                    quote::needed(&text)
                };
                out.extend_from_slice(&quoted);
                out.push(b'\n');
            }
            Some(_) => {
                let line = shell.declaration(&name).unwrap_or_default();
                let start = line.windows(name.len()).position(|part| part == &*name).unwrap_or(0);
                out.extend_from_slice(&line[start..]);
                out.push(b'\n');
            }
            None => {}
        }
    }
    shell.output(command, &out)
}

fn list_options(shell: &mut Shell, command: &[u8], readable: bool) -> Flow<i32> {
    let mut out = String::new();
    if readable && !shell.bash {
        out.push_str("Current option settings\n");
    }
    for (name, on) in shell.options.all() {
        if readable {
            let state = if on { "on" } else { "off" };
            if shell.bash {
                out.push_str(&format!("{name:<15}\t{state}\n"));
            } else {
                out.push_str(&format!("{name:<16}{state}\n"));
            }
        } else {
            out.push_str(&format!("set {}o {name}\n", if on { '-' } else { '+' }));
        }
    }
    shell.output(command, out.as_bytes())
}

/// Runs `shopt`: what changes nothing here is taken too.
pub(super) fn shopt(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut set = None;
    let mut quiet = false;
    let mut of_set = false;
    let mut rest = &args[1..];
    while let Some([b'-', letters @ ..]) = rest.first().map(Vec::as_slice) {
        for letter in letters {
            match letter {
                b's' => set = Some(true),
                b'u' => set = Some(false),
                b'q' => quiet = true,
                b'o' => of_set = true,
                _ => {}
            }
        }
        rest = &rest[1..];
    }
    let mut status = 0;
    for name in rest {
        let text = String::from_utf8_lossy(name).into_owned();
        let known = if of_set {
            shell.options.is_on(&text)
        } else {
            shell.options.shopt(&text).map(|option| *option)
        };
        match (set, known) {
            (Some(on), Some(_)) => {
                if of_set {
                    shell.options.set_name(&text, on);
                } else if let Some(option) = shell.options.shopt(&text) {
                    *option = on;
                }
            }
            (None, Some(on)) => {
                if !quiet {
                    let state = if on { "on" } else { "off" };
                    let line = format!("{text:<15}\t{state}\n");
                    shell.output(&args[0], line.as_bytes())?;
                }
                if !on {
                    status = 1;
                }
            }
            (_, None) if is_other_switch(&text) => {}
            (_, None) => {
                let message = [name, &b": invalid shell option name"[..]].concat();
                shell.builtin_error(&args[0], message);
                status = 1;
            }
        }
    }
    Ok(status)
}

/// Switches of bash's that have no meaning here.
fn is_other_switch(name: &str) -> bool {
    matches!(
        name,
        "autocd"
            | "cdable_vars"
            | "cdspell"
            | "checkhash"
            | "checkjobs"
            | "checkwinsize"
            | "cmdhist"
            | "compat44"
            | "direxpand"
            | "dirspell"
            | "execfail"
            | "extdebug"
            | "extquote"
            | "force_fignore"
            | "globasciiranges"
            | "globskipdots"
            | "gnu_errfmt"
            | "histappend"
            | "histreedit"
            | "histverify"
            | "hostcomplete"
            | "huponexit"
            | "interactive_comments"
            | "lithist"
            | "localvar_inherit"
            | "localvar_unset"
            | "login_shell"
            | "mailwarn"
            | "no_empty_cmd_completion"
            | "noexpand_translation"
            | "patsub_replacement"
            | "progcomp"
            | "promptvars"
            | "restricted_shell"
            | "shift_verbose"
            | "sourcepath"
            | "varredir_close"
            | "xpg_echo"
    )
}
