//! Instructions that change a configuration: `docker import --change`, `docker commit --change`.
//!
//! The instructions are those of a Dockerfile that only set something, read as Docker's builder reads them.

use crate::config::RunConfig;

mod health;
mod pairs;
mod ports;
mod signal;
mod words;

use words::{expand, expand_and_split};

/// The shell of instructions in shell form.
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// Tells why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The instruction is none, or does more than to set something.
    #[error("{0} is not a valid change command")]
    Command(String),
    /// The instruction's arguments are wrong.
    #[error("{0}")]
    Arguments(String),
}

/// Makes the changes in order. `config` is left as it was after an error.
pub fn apply_changes<S: AsRef<str>>(
    config: &mut RunConfig,
    changes: &[S],
) -> Result<(), ChangeError> {
    let text: Vec<_> = changes.iter().map(AsRef::as_ref).collect();
    let mut changed = Changed { config: config.clone(), cmd_set: false };
    for line in logical_lines(&text.join("\n")) {
        changed.apply(&line)?;
    }
    *config = changed.config;
    Ok(())
}

/// A configuration that is being changed.
struct Changed {
    config: RunConfig,
    /// The arguments were set by one of these changes, so that a new program does not take them away.
    cmd_set: bool,
}

impl Changed {
    fn apply(&mut self, line: &str) -> Result<(), ChangeError> {
        let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let (command, rest) = (command.to_lowercase(), rest.trim());
        if !COMMANDS.contains(&command.as_str()) {
            return Err(ChangeError::Command(command));
        }
        if rest.is_empty() {
            let needs = match command.as_str() {
                "stopsignal" | "user" | "workdir" => "exactly one argument",
                _ => "at least one argument",
            };
            return wrong(format!("{} requires {needs}", command.to_uppercase()));
        }
        let env = self.config.env.clone();
        match command.as_str() {
            "cmd" => {
                self.config.cmd = Some(list_or_shell(rest)?);
                self.cmd_set = true;
            }
            "entrypoint" => {
                self.config.entrypoint = Some(list_or_shell(rest)?);
                if !self.cmd_set {
                    self.config.cmd = None;
                }
            }
            "env" => {
                for (name, value) in pairs::parse("ENV", rest, &env)? {
                    set_variable(&mut self.config.env, &name, &value);
                }
            }
            "label" => self.config.labels.extend(pairs::parse("LABEL", rest, &env)?),
            "expose" => {
                for word in expand_and_split(rest, &env)? {
                    let ports = ports::parse(&word)?;
                    self.config.exposed_ports.extend(ports.map(|port| (port, Default::default())));
                }
            }
            "volume" => {
                for path in list_or_words(rest)? {
                    let path = expand(path.trim(), &env)?;
                    if path.is_empty() {
                        return wrong("VOLUME specified can not be an empty string".to_owned());
                    }
                    self.config.volumes.insert(path, Default::default());
                }
            }
            "healthcheck" => self.config.healthcheck = Some(health::parse(rest)?),
            "onbuild" => self.config.on_build.push(trigger(rest)?),
            "stopsignal" => self.config.stop_signal = signal::check(&expand(rest, &env)?)?,
            "user" => self.config.user = expand(rest, &env)?,
            "workdir" => {
                let path = expand(rest, &env)?;
                self.config.working_dir = join(&self.config.working_dir, &path);
            }
            _ => return Err(ChangeError::Command(command)),
        }
        Ok(())
    }
}

/// The instructions that only set something.
const COMMANDS: [&str; 11] = [
    "cmd",
    "entrypoint",
    "env",
    "expose",
    "healthcheck",
    "label",
    "onbuild",
    "stopsignal",
    "user",
    "volume",
    "workdir",
];

fn wrong<T>(what: String) -> Result<T, ChangeError> {
    Err(ChangeError::Arguments(what))
}

/// Divides a text into instructions: comments and empty lines go, a backslash at the end of a line joins the next.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = String::new();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(part) => open.push_str(part),
            None => {
                open.push_str(line);
                lines.push(std::mem::take(&mut open));
            }
        }
    }
    lines.push(open);
    lines.retain(|line| !line.is_empty());
    lines
}

/// Reads a list in JSON; `None` when it is none.
fn list(text: &str) -> Result<Option<Vec<String>>, ChangeError> {
    let Ok(serde_json::Value::Array(values)) = serde_json::from_str(text) else { return Ok(None) };
    let texts = values.into_iter().map(|value| value.as_str().map(str::to_owned));
    match texts.collect() {
        Some(list) => Ok(Some(list)),
        None => wrong(
            "When using JSON array syntax, arrays must be comprised of strings only.".to_owned(),
        ),
    }
}

/// Reads a command: a list in JSON is one as it is, anything else is for the shell.
fn list_or_shell(text: &str) -> Result<Vec<String>, ChangeError> {
    let in_shell = || SHELL.iter().copied().chain([text]).map(str::to_owned).collect();
    Ok(list(text)?.unwrap_or_else(in_shell))
}

fn list_or_words(text: &str) -> Result<Vec<String>, ChangeError> {
    let words = || text.split_whitespace().map(str::to_owned).collect();
    Ok(list(text)?.unwrap_or_else(words))
}

/// Reads an instruction for images that are built on this one.
fn trigger(text: &str) -> Result<String, ChangeError> {
    let command = text.split_whitespace().next().unwrap_or_default().to_uppercase();
    match command.as_str() {
        "ONBUILD" => wrong("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned()),
        "MAINTAINER" | "FROM" => wrong(format!("{command} isn't allowed as an ONBUILD trigger")),
        _ => Ok(text.to_owned()),
    }
}

fn set_variable(env: &mut Vec<String>, name: &str, value: &str) {
    let variable = format!("{name}={value}");
    let same = |old: &&mut String| old.split_once('=').map_or(&***old, |(old, _)| old) == name;
    match env.iter_mut().find(same) {
        Some(old) => *old = variable,
        None => env.push(variable),
    }
}

/// Joins a path to a directory as text, without `.`, `..` and empty parts.
fn join(directory: &str, path: &str) -> String {
    let base = if path.starts_with('/') { "" } else { directory };
    let mut parts = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests;
