//! The text speaks of the software alone: not of who writes it, nor of the machine where it is written.

use crate::finding::Finding;
use crate::tree::Tree;

/// A word of prose, the words on the same line that show a technical meaning, and what is wrong with it else.
struct Word {
    stem: &'static str,
    technical: &'static [&'static str],
    why: &'static str,
}

/// Words that slip in from outside of the software.
const WORDS: &[Word] = &[
    Word {
        stem: "session",
        technical: &[
            "setsid",
            "terminal",
            "tty",
            "leader",
            "keyring",
            "process",
            "/session",
            "buildkit",
            "tls",
            "login",
            "// === impl",
        ],
        why: "a session is a process's, a TLS peer's or BuildKit's; the project has no other",
    },
    Word {
        stem: "agent",
        technical: &["user agent", "user-agent", "in-container", "inside the container"],
        why: "say user agent, supervisor, or who it is",
    },
    Word { stem: "subagent", technical: &[], why: "speak of the software alone" },
    Word { stem: "chatbot", technical: &[], why: "speak of the software alone" },
];

/// Top folders that exist on the machine of one developer only.
const PRIVATE_FOLDERS: &[&str] = &["work", "Users", "workspaces"];

/// Finds words and paths that do not belong, and notes for later without an issue.
pub fn words(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in &tree.texts {
        if path == "LICENSE" || path.ends_with(".lock") {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            findings.extend(private_path(path, index + 1, line));
            if let Some(prose) = prose_of(path, line) {
                findings.extend(check_prose(path, index + 1, prose));
            }
        }
    }
    findings
}

fn private_path(path: &str, number: usize, line: &str) -> Option<Finding> {
    let folder = PRIVATE_FOLDERS.iter().find(|folder| {
        let wanted = format!("/{folder}/");
        line.match_indices(&wanted).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || "._-/}*".contains(c))
        })
    })?;
    Some(Finding::at(path, number, format!("a path under /{folder} is on one machine only")))
}

/// The part of a line that is written for people, or none where it is code.
fn prose_of<'l>(path: &str, line: &'l str) -> Option<&'l str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.').map_or(name, |(_, ending)| ending) {
        "md" => Some(line),
        "rs" => line.find("//").map(|at| &line[at..]),
        "toml" | "sh" | "Makefile" | "run" => line.find('#').map(|at| &line[at..]),
        _ => None,
    }
}

fn check_prose(path: &str, number: usize, prose: &str) -> Vec<Finding> {
    let lower = prose.to_lowercase();
    let mut findings: Vec<Finding> = WORDS
        .iter()
        .filter(|word| !word.technical.iter().any(|sign| lower.contains(sign)))
        .filter(|word| {
            lower
                .split(|c: char| !c.is_alphanumeric())
                .any(|part| part == word.stem || part.strip_suffix('s') == Some(word.stem))
        })
        .map(|word| Finding::at(path, number, format!("\"{}\": {}", word.stem, word.why)))
        .collect();
    for mark in ["TODO", "FIXME", "XXX"] {
        if prose.split(|c: char| !c.is_alphanumeric()).any(|part| part == mark)
            && !prose.contains("TODO(#")
        {
            findings.push(Finding::at(path, number, format!("{mark} without an issue: TODO(#n)")));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
