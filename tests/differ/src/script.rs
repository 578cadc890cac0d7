//! Scripts: calls as text, with names for what answers gave.
//!
//! A step is a line `METHOD path`, then a body of JSON or `@busybox`, `@images` or `@file name` where there is one, then a line
//! `> name = /pointer` for each value of the answer to keep. Steps are apart by an empty line, `#` begins a comment.
//! `$name` stands for a kept value, `$start` and `$now` for the time.
//!
//! `@upgrade` asks for the connection itself. `@open` goes on once the answer has begun and reads the rest at the end of the
//! script; `@cut` does the same and hangs up then, as a client of events does.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Method and path, as they are written.
    pub(crate) call: String,
    /// What is sent.
    pub(crate) body: Body,
    /// Whether the connection itself is asked for.
    pub(crate) upgrade: bool,
    /// When the answer is read.
    pub(crate) ending: Ending,
    /// What is kept of the answer: names and pointers.
    pub(crate) kept: Vec<(String, String)>,
}

/// When an answer is read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Before the next call.
    AtOnce,
    /// At the end of the script.
    Open,
    /// Never.
    Cut,
}

/// What is sent with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing.
    None,
    /// This text, as JSON whether it is or not.
    Json(String),
    /// The archive of a root file system.
    Busybox,
    /// The archive of the test images.
    Images,
    /// A file beside the scripts.
    File(String),
}

impl Step {
    fn new(call: &str) -> Self {
        let (call, kept) = (call.to_owned(), Vec::new());
        Self { call, body: Body::None, upgrade: false, ending: Ending::AtOnce, kept }
    }

    /// Takes a line of the body.
    fn add(&mut self, line: &str) -> Result<()> {
        self.body = match (&self.body, line) {
            (Body::None, "@busybox") => Body::Busybox,
            (Body::None, "@images") => Body::Images,
            (Body::None, line) => match line.strip_prefix("@file ") {
                Some(name) => Body::File(name.to_owned()),
                None => Body::Json(line.to_owned()),
            },
            (Body::Json(before), more) => Body::Json(format!("{before}\n{more}")),
            (Body::Busybox | Body::Images | Body::File(_), _) => {
                bail!("two bodies in one call: {line}")
            }
        };
        Ok(())
    }

    /// True where the path begins with a version.
    pub(crate) fn names_a_version(&self) -> bool {
        let path = self.call.split(' ').nth(1).unwrap_or_default();
        path.strip_prefix("/v").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// The steps of a script.
pub(crate) fn parse(text: &str) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut open = false;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if line.is_empty() {
            open = false;
            continue;
        }
        let step = match steps.last_mut().filter(|_| open) {
            Some(step) => step,
            None => {
                steps.push(Step::new(line));
                open = true;
                continue;
            }
        };
        if let Some(kept) = line.strip_prefix("> ") {
            let (name, pointer) =
                kept.split_once(" = ").with_context(|| format!("no value to keep: {line}"))?;
            step.kept.push((name.to_owned(), pointer.to_owned()));
            continue;
        }
        match line {
            "@upgrade" => step.upgrade = true,
            "@open" => step.ending = Ending::Open,
            "@cut" => step.ending = Ending::Cut,
            line => step.add(line)?,
        }
    }
    Ok(steps)
}

/// A text with the values of its names.
pub(crate) fn substituted(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut parts = text.split('$');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        match values.get(name) {
            Some(value) => whole.push_str(value),
            // Not a name of the script's: text of a command, for a shell to read.
            None => {
                whole.push('$');
                whole.push_str(name);
            }
        }
        whole.push_str(rest);
    }
    whole
}
