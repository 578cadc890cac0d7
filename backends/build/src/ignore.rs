//! `.dockerignore`: which files of a context are not there (moby, `pkg/fileutils`).
//!
//! A pattern is for a whole path from the root of the context; what is below a path that it matches is matched too. `**` is
//! any number of folders, `!` takes back what an earlier line said, and the last line that matches counts.

use crate::pattern::{self, BadPattern};

/// The name of the file.
pub(crate) const NAME: &str = ".dockerignore";

/// Lines of the file. Each is compared with each path of the context.
const LINES_MAX: usize = 10_000;

/// Why the file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// A line is no pattern.
    #[error("error reading .dockerignore: syntax error in pattern {0:?}")]
    Pattern(String),
    /// There are too many.
    #[error("the .dockerignore has more than {LINES_MAX} lines")]
    TooMany,
}

/// The lines of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    /// Whether it takes back what an earlier line said.
    keeps: bool,
    parts: Vec<String>,
}

impl Ignore {
    /// Reads the file.
    pub fn parse(text: &str) -> Result<Self, IgnoreError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = Vec::new();
        for line in text.lines() {
            if line.starts_with('#') {
                continue;
            }
            let line = line.trim();
            let (keeps, path) = match line.strip_prefix('!') {
                Some(path) => (true, path.trim()),
                None => (false, line),
            };
            let parts = clean(path);
            if parts.is_empty() {
                continue;
            }
            if lines.len() >= LINES_MAX {
                return Err(IgnoreError::TooMany);
            }
            let plain = parts.iter().filter(|part| *part != "**");
            for part in plain {
                pattern::matches(part, "")
                    .map_err(|BadPattern| IgnoreError::Pattern(line.to_owned()))?;
            }
            lines.push(Line { keeps, parts });
        }
        Ok(Self { lines })
    }

    /// Tells whether no file is left out.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Tells whether a path, from the root of the context and without a slash before it, is left out.
    pub fn excludes(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let mut excluded = false;
        for line in &self.lines {
            // What changes nothing needs not be compared.
            if line.keeps == excluded && line.takes(&parts) {
                excluded = !line.keeps;
            }
        }
        excluded
    }

    /// Tells whether a line may bring back something below a folder that is left out.
    pub fn may_keep_below(&self) -> bool {
        self.lines.iter().any(|line| line.keeps)
    }
}

impl Line {
    /// Tells whether the line is for a path, or for a folder above it.
    fn takes(&self, path: &[&str]) -> bool {
        let is_any = |part: &String| part == "**";
        let one = |part: &String, name: &&str| is_match(part, name);
        (1..=path.len()).any(|len| pattern::matches_all(&self.parts, &path[..len], is_any, one))
    }
}

fn is_match(part: &str, name: &str) -> bool {
    pattern::matches(part, name).unwrap_or_default()
}

/// Divides a path, and takes out what leads nowhere.
fn clean(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part.to_owned()),
        }
    }
    parts
}

#[cfg(test)]
mod tests;
