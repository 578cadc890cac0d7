//! What is wrong with an instruction before anything is done.

use backends_images::list;

use super::{Instruction, ParseError};

/// The instructions and the flags that each knows.
const KNOWN: &[(&str, &[&str])] = &[
    ("add", &["chmod", "chown"]),
    ("arg", &[]),
    ("cmd", &[]),
    ("copy", &["chmod", "chown", "from"]),
    ("entrypoint", &[]),
    ("env", &[]),
    ("expose", &[]),
    ("from", &["platform"]),
    ("healthcheck", &["interval", "retries", "start-interval", "start-period", "timeout"]),
    ("label", &[]),
    ("maintainer", &[]),
    ("onbuild", &[]),
    ("run", &["mount", "network", "security"]),
    ("shell", &[]),
    ("stopsignal", &[]),
    ("user", &[]),
    ("volume", &[]),
    ("workdir", &[]),
];

/// Flags that only the other builder has.
const BUILDKIT: &[(&str, &str)] = &[("run", "mount"), ("run", "network"), ("run", "security")];

/// Checks one instruction.
pub(super) fn instruction(it: &Instruction, name: &str) -> Result<(), ParseError> {
    let wrong = |what: String| Err(ParseError::Line { line: it.line, what });
    let shown = it.command.to_uppercase();
    let Some((command, flags)) = KNOWN.iter().find(|(known, _)| *known == it.command) else {
        return wrong(format!("unknown instruction: {shown}"));
    };
    words(it, name)?;
    for (at, (flag, value)) in it.flags.iter().enumerate() {
        if !flags.contains(&flag.as_str()) {
            return wrong(format!("Unknown flag: {flag}"));
        }
        if BUILDKIT.contains(&(command, flag)) {
            return wrong(format!(
                "the --{flag} option requires BuildKit, which this server does not have"
            ));
        }
        if value.is_none() {
            return wrong(format!("Missing a value on flag: {flag}"));
        }
        if it.flags[..at].iter().any(|(before, _)| before == flag) {
            return wrong(format!("Duplicate flag specified: {flag}"));
        }
    }
    let count = it.rest.split_whitespace().count();
    let needs = match *command {
        "from" => return from(it),
        "add" | "copy" if list(&it.rest).is_ok_and(|list| list.is_none()) && count < 2 => {
            if count == 1 {
                return wrong(format!(
                    "{shown} requires at least two arguments, but only one was provided. \
                     Destination could not be determined"
                ));
            }
            "at least two arguments"
        }
        "maintainer" | "stopsignal" | "user" | "workdir" if count == 0 => "exactly one argument",
        "healthcheck" | "onbuild" | "volume" | "expose" | "env" | "label" | "shell" | "arg"
            if count == 0 =>
        {
            "at least one argument"
        }
        _ => return more(it),
    };
    wrong(format!("{shown} requires {needs}"))
}

/// Checks what cannot even be divided into words.
fn words(it: &Instruction, name: &str) -> Result<(), ParseError> {
    let wrong = |what: &str| Err(ParseError::Text { name: name.to_owned(), what: what.to_owned() });
    match it.command.as_str() {
        "add" | "cmd" | "copy" | "entrypoint" | "run" | "shell" | "volume"
            if list(&it.rest).is_err() =>
        {
            return wrong("when using JSON array syntax, arrays must be comprised of strings only");
        }
        "env" | "label" => {
            let first = it.rest.split_whitespace().next().unwrap_or_default();
            let is_pair = first.contains('=') || quoted_pair(&it.rest);
            if !it.rest.is_empty() && !is_pair && it.rest.split_whitespace().count() < 2 {
                let shown = it.command.to_uppercase();
                return wrong(&format!("{shown} must have two arguments"));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Tells whether the first word is a pair whose name has blanks.
fn quoted_pair(text: &str) -> bool {
    text.starts_with('"') && text.contains("\"=")
}

fn more(it: &Instruction) -> Result<(), ParseError> {
    let wrong = |what: String| Err(ParseError::Line { line: it.line, what });
    match it.command.as_str() {
        "onbuild" => {
            let inner = it.rest.split_whitespace().next().unwrap_or_default().to_uppercase();
            match inner.as_str() {
                "ONBUILD" => wrong("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".into()),
                "MAINTAINER" | "FROM" => {
                    wrong(format!("{inner} isn't allowed as an ONBUILD trigger"))
                }
                _ => Ok(()),
            }
        }
        "shell" if list(&it.rest).is_ok_and(|list| list.is_none()) => {
            wrong("SHELL requires the arguments to be in JSON form".to_owned())
        }
        "volume" => {
            let paths = list(&it.rest).ok().flatten().unwrap_or_default();
            if paths.iter().any(|path| path.trim().is_empty()) {
                return wrong("VOLUME specified can not be an empty string".to_owned());
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn from(it: &Instruction) -> Result<(), ParseError> {
    let wrong = |what: String| Err(ParseError::Line { line: it.line, what });
    let words: Vec<&str> = it.rest.split_whitespace().collect();
    match words[..] {
        [_] => Ok(()),
        [_, word, name] if word.eq_ignore_ascii_case("as") => {
            let lower = name.to_lowercase();
            let begins = lower.starts_with(|c: char| c.is_ascii_lowercase());
            let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
            if begins && lower.chars().all(good) {
                return Ok(());
            }
            wrong(format!(
                "invalid name for build stage: {name:?}, name can't start with a number or \
                 contain symbols"
            ))
        }
        _ => wrong("FROM requires either one or three arguments".to_owned()),
    }
}

/// Checks that instructions stand in stages; only arguments may come before.
pub(super) fn stages(instructions: &[Instruction]) -> Result<(), ParseError> {
    let first = instructions.iter().find(|it| it.command != "arg");
    match first {
        Some(it) if it.command == "from" => Ok(()),
        Some(_) | None => Err(ParseError::NoStage),
    }
}
