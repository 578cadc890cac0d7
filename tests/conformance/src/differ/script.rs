//! Scripts: calls as text, with names for what answers gave.
//!
//! A step is a line `METHOD path`, then a body of JSON or `@busybox` or `@images` where there is one, then a line
//! `> name = /pointer` for each value of the answer to keep. Steps are apart by an empty line, `#` begins a comment.
//! `$name` stands for a kept value, `$start` and `$now` for the time.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// Method and path, as they are written.
    pub(super) call: String,
    /// What is sent.
    pub(super) body: Body,
    /// What is kept of the answer: names and pointers.
    pub(super) kept: Vec<(String, String)>,
}

/// What is sent with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing.
    None,
    /// This text, as JSON whether it is or not.
    Json(String),
    /// The archive of a root file system.
    Busybox,
    /// The archive of the test images.
    Images,
}

impl Step {
    /// True where the path begins with a version.
    pub(super) fn names_a_version(&self) -> bool {
        let path = self.call.split(' ').nth(1).unwrap_or_default();
        path.strip_prefix("/v").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// The steps of a script.
pub(super) fn parse(text: &str) -> Result<Vec<Step>> {
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
                steps.push(Step { call: line.to_owned(), body: Body::None, kept: Vec::new() });
                open = true;
                continue;
            }
        };
        if let Some(kept) = line.strip_prefix("> ") {
            let (name, pointer) =
                kept.split_once(" = ").with_context(|| format!("no value to keep: {line}"))?;
            step.kept.push((name.to_owned(), pointer.to_owned()));
        } else {
            step.body = match (&step.body, line) {
                (Body::None, "@busybox") => Body::Busybox,
                (Body::None, "@images") => Body::Images,
                (Body::None, json) => Body::Json(json.to_owned()),
                (Body::Json(before), more) => Body::Json(format!("{before}\n{more}")),
                (Body::Busybox | Body::Images, _) => bail!("two bodies in one call: {line}"),
            };
        }
    }
    Ok(steps)
}

/// A text with the values of its names.
pub(super) fn substituted(text: &str, values: &BTreeMap<String, String>) -> String {
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
