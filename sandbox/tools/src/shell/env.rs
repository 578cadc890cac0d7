//! `env`, `printenv`: the environment.

use bstr::{BString, ByteSlice};

use super::run::run_to_end;
use sandbox_world::call::{Call, Outcome};
use sandbox_world::options::{Spec, parse};

const SPEC: Spec = Spec {
    usage: "env [-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG ARGS]",
    short: "+i0u:",
    long: &[("ignore-environment", 'i'), ("null", '0'), ("unset=", 'u')],
};

/// Shows the environment, or runs a program in another one.
pub(crate) fn env(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let mut words = options.operands.clone();
    let is_bare = words.first().is_some_and(|word| *word == "-");
    if is_bare {
        words.remove(0);
    }
    let mut env = call.process.env.clone();
    if options.has('i') || is_bare {
        env.clear();
    }
    for name in options.values('u') {
        env.retain(|(key, _)| *key != name);
    }
    let assignments = words.iter().take_while(|word| word.contains(&b'=')).count();
    for word in words.drain(..assignments) {
        let (name, value) = word.split_once_str("=").unwrap_or((&word, b""));
        set(&mut env, name.into(), value.into());
    }
    if words.is_empty() {
        let end = if options.has('0') { b'\0' } else { b'\n' };
        for (name, value) in &env {
            call.write(&[name, &b"="[..], value, &[end]].concat())?;
        }
        return Ok(0);
    }
    call.process.env = env;
    run_to_end(call, words)
}

/// Sets a variable in its place.
fn set(env: &mut Vec<(BString, BString)>, name: BString, value: BString) {
    match env.iter_mut().find(|(key, _)| *key == name) {
        Some((_, old)) => *old = value,
        None => env.push((name, value)),
    }
}

/// Shows all variables, or the values of those that are named.
pub(crate) fn printenv(call: &mut Call) -> Outcome {
    let names = call.operands();
    let env = call.process.env.clone();
    if names.is_empty() {
        for (name, value) in &env {
            call.line(&[name, &b"="[..], value].concat())?;
        }
        return Ok(0);
    }
    let mut code = 0;
    for name in &names {
        match env.iter().find(|(key, _)| key == name) {
            Some((_, value)) => call.line(value)?,
            None => code = 1,
        }
    }
    Ok(code)
}
