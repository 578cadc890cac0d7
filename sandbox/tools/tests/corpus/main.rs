//! Compares the tools with busybox on the same input: what they print, how they end, and the files they leave.
//!
//! The cases are those of `tests/cases`, a file a tool (`case.rs` says how they are written). Each is run twice in the same
//! folder, by the tools here and by the real program. What Debian's busybox is built without is compared with
//! coreutils, where a case says so.

#![expect(clippy::unwrap_used, reason = "a suite: what fails there fails the trial")]

mod case;
mod oracle;
mod ours;
mod tree;

use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};

use case::Case;

fn main() {
    let arguments = Arguments::from_args();
    let folder = Path::new("tests/cases");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut trials = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let tool = file.file_stem().unwrap().to_string_lossy().into_owned();
        for case in case::parse(&text) {
            let name = format!("{tool}: {}", case.name);
            trials.push(Trial::test(name, move || check(&case)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// What a case came to: a text that shows all of it.
fn outcome(case: &Case, folder: &Path, run: impl Fn(&Case, usize) -> Ran) -> String {
    tree::make(case, folder);
    let mut text = String::new();
    for index in 0..case.runs.len() {
        let ran = run(case, index);
        text.push_str(&format!("$ {}\n", case.runs[index].join(" ")));
        text.push_str(&format!("{}", ran.stdout.escape_ascii()).replace("\\n", "\\n\n"));
        text.push_str(&format!("\n[{}] {}\n", ran.code, shown_errors(case, &ran.stderr)));
    }
    if case.files_matter {
        text.push_str(&tree::shown(folder));
    }
    text
}

/// What one program did.
pub(crate) struct Ran {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) code: i32,
}

/// Texts of usage are the program's own; that there is one is all that is compared.
fn shown_errors(case: &Case, stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    if case.any_errors {
        return if text.is_empty() { String::new() } else { "(errors)".to_owned() };
    }
    let mut shown = String::new();
    for line in text.lines() {
        if line.starts_with("BusyBox v") || line.starts_with("Usage:") {
            shown.push_str("(usage)");
            break;
        }
        shown.push_str(line);
        shown.push('\n');
    }
    shown
}

fn check(case: &Case) -> Result<(), Failed> {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path().join("here");
    let ours = outcome(case, &folder, |case, index| ours::run(case, index, &folder));
    let theirs = outcome(case, &folder, |case, index| oracle::run(case, index, &folder));
    if ours == theirs {
        return Ok(());
    }
    Err(format!("{}\n--- ours\n{ours}\n--- theirs\n{theirs}", case.text).into())
}
