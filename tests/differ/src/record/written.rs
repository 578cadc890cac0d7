//! Calls as a script.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::Value;

use super::BODIES;
use super::proxy::Call;

/// What stands for the folder that the commands were run in.
const FOLDER: &str = "/project";

/// Digits of an id.
const ID_DIGITS: usize = 64;

/// Paths whose answers last as long as something else does.
const LASTING: &[&str] = &["/wait", "/events", "/logs", "/attach", "/stats"];

/// Writes calls as a script, with the bodies that are files of their own.
pub(super) fn written(
    name: &str,
    commands: &str,
    folder: &str,
    calls: Vec<Call>,
) -> (String, Vec<(String, Bytes)>) {
    let mut text =
        format!("# Recorded by `conformance record` of what clients send for {name}.sh:\n");
    for line in commands.lines() {
        let _ = writeln!(text, "#   {line}");
    }
    let (mut ids, mut bodies): (Vec<(String, String)>, _) = (Vec::new(), Vec::new());
    for (number, call) in calls.iter().enumerate() {
        let named = |words: &str| {
            ids.iter()
                .fold(words.replace(folder, FOLDER), |words, (id, name)| words.replace(id, name))
        };
        let _ = write!(text, "\n{} {}\n", call.method, named(without_version(&call.path)));
        if !call.body.is_empty() {
            match std::str::from_utf8(&call.body).map(str::trim_end) {
                Ok(json) if json.starts_with(['{', '[']) => {
                    let _ = writeln!(text, "{}", named(json));
                }
                Ok(_) | Err(_) => {
                    let file = format!("{name}-{}", bodies.len());
                    let _ = writeln!(text, "@file {BODIES}/{file}");
                    bodies.push((file, call.body.clone()));
                }
            }
        }
        if call.upgrade {
            text.push_str("@upgrade\n");
        }
        let is_crossed = |other: &Call| call.ended.is_none_or(|ended| other.begun < ended);
        let path = call.path.split('?').next().unwrap_or_default();
        let is_lasting = LASTING.iter().any(|end| path.ends_with(end));
        if is_lasting && calls[number + 1..].iter().any(is_crossed) {
            text.push_str(if call.ended.is_some() { "@open\n" } else { "@cut\n" });
        } else if call.ended.is_none() {
            text.push_str("@cut\n");
        }
        if let Some(id) = made(call).filter(|id| ids.iter().all(|(known, _)| known != id)) {
            let name = format!("made{}", ids.len());
            let _ = writeln!(text, "> {name} = /Id");
            ids.push((id, format!("${name}")));
        }
    }
    (text, bodies)
}

/// The id of what a call made.
fn made(call: &Call) -> Option<String> {
    let answer: Value =
        serde_json::from_slice(&call.answer).ok().filter(|_| call.method == "POST")?;
    let id = answer["Id"].as_str()?;
    let is_id = id.len() == ID_DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| id.to_owned())
}

/// A path without the version that the client has agreed on.
fn without_version(path: &str) -> &str {
    let rest =
        path.strip_prefix("/v").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    rest.and_then(|rest| rest.find('/').map(|at| &rest[at..])).unwrap_or(path)
}

#[cfg(test)]
mod tests;
