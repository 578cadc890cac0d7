//! Instructions that change a configuration: `docker import --change`, `docker commit --change`.
//!
//! The instructions are those of a Dockerfile that only set something, read as Docker's builder reads them.

use crate::config::RunConfig;

mod health;
mod pairs;
mod ports;
mod signal;
mod told;
mod words;

pub use words::Words;

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
    let mut changing = Changing::of(config.clone());
    for line in logical_lines(&text.join("\n")) {
        let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
        let (command, env) = (command.to_lowercase(), changing.config.env.clone());
        if command == SHELL_COMMAND {
            return Err(ChangeError::Command(command));
        }
        changing.apply(&command, rest.trim(), Words { env: &env, escape: '\\' })?;
    }
    *config = changing.config;
    Ok(())
}

/// A configuration that is being changed.
#[derive(Debug, Clone, Default)]
pub struct Changing {
    /// The configuration.
    pub config: RunConfig,
    /// The arguments were set by one of these changes, so that a new program does not take them away.
    cmd_set: bool,
}

impl Changing {
    /// Begins with a configuration.
    pub const fn of(config: RunConfig) -> Self {
        Self { config, cmd_set: false }
    }

    /// Does an instruction, its name in lower case, and gives it in the words in which a builder notes it in the history.
    pub fn apply(
        &mut self,
        command: &str,
        rest: &str,
        words: Words<'_>,
    ) -> Result<String, ChangeError> {
        if !COMMANDS.contains(&command) {
            return Err(ChangeError::Command(command.to_owned()));
        }
        let shown = command.to_uppercase();
        if rest.is_empty() {
            return wrong(format!("{shown} requires {}", arguments_of(command)));
        }
        let told = match command {
            "cmd" => {
                let cmd = list_or_shell(rest, self.config.shell.as_deref())?;
                self.cmd_set = true;
                told::list(self.config.cmd.insert(cmd))
            }
            "entrypoint" => {
                if !self.cmd_set {
                    self.config.cmd = None;
                }
                let program = list_or_shell(rest, self.config.shell.as_deref())?;
                told::list(self.config.entrypoint.insert(program))
            }
            "env" => {
                let pairs = pairs::parse("ENV", rest, words)?;
                for (name, value) in &pairs {
                    set_variable(&mut self.config.env, name, value);
                }
                told::pairs(&pairs)
            }
            "label" => {
                let pairs = pairs::parse("LABEL", rest, words)?;
                self.config.labels.extend(pairs.iter().cloned());
                told::pairs(&pairs)
            }
            "expose" => self.expose(rest, words)?,
            "volume" => self.volume(rest, words)?,
            "healthcheck" => told::health(self.config.healthcheck.insert(health::parse(rest)?)),
            "onbuild" => {
                self.config.on_build.push(trigger(rest)?);
                rest.to_owned()
            }
            SHELL_COMMAND => {
                let Some(shell) = list(rest)?.filter(|shell| !shell.is_empty()) else {
                    return wrong("SHELL requires the arguments to be in JSON form".to_owned());
                };
                format!("[{}]", self.config.shell.insert(shell).join(" "))
            }
            "stopsignal" => {
                self.config.stop_signal = signal::check(&words.expand(rest)?)?;
                self.config.stop_signal.clone()
            }
            "user" => {
                self.config.user = words.expand(rest)?;
                self.config.user.clone()
            }
            _ => {
                let path = words.expand(rest)?;
                self.config.working_dir = join_path(&self.config.working_dir, &path);
                self.config.working_dir.clone()
            }
        };
        Ok(format!("{shown} {told}"))
    }

    fn expose(&mut self, rest: &str, words: Words<'_>) -> Result<String, ChangeError> {
        let asked = words.expand_and_split(rest)?;
        for word in &asked {
            let ports = ports::parse(word)?;
            self.config.exposed_ports.extend(ports.map(|port| (port, Default::default())));
        }
        Ok(asked.join(" "))
    }

    fn volume(&mut self, rest: &str, words: Words<'_>) -> Result<String, ChangeError> {
        let mut paths = Vec::new();
        for path in list_or_words(rest)? {
            let path = words.expand(path.trim())?;
            if path.is_empty() {
                return wrong("VOLUME specified can not be an empty string".to_owned());
            }
            self.config.volumes.insert(path.clone(), Default::default());
            paths.push(path);
        }
        Ok(format!("[{}]", paths.join(" ")))
    }
}

/// Says how many arguments an instruction wants.
fn arguments_of(command: &str) -> &'static str {
    match command {
        "stopsignal" | "user" | "workdir" => "exactly one argument",
        _ => "at least one argument",
    }
}

/// Sets what only a builder needs: it is no change that a client can ask for.
const SHELL_COMMAND: &str = "shell";

/// The instructions that only set something.
const COMMANDS: [&str; 12] = [
    "cmd",
    "entrypoint",
    "env",
    "expose",
    "healthcheck",
    "label",
    "onbuild",
    SHELL_COMMAND,
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

/// Reads a list of texts in JSON; `None` when it is no list.
pub fn list(text: &str) -> Result<Option<Vec<String>>, ChangeError> {
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
fn list_or_shell(text: &str, shell: Option<&[String]>) -> Result<Vec<String>, ChangeError> {
    let own = || SHELL.iter().map(|word| (*word).to_owned()).collect();
    let in_shell = || [shell.map_or_else(own, <[String]>::to_vec), vec![text.to_owned()]].concat();
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
pub fn join_path(directory: &str, path: &str) -> String {
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
