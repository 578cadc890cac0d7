//! Files, functions, front pages and crates stay small enough to be read.

use crate::finding::Finding;
use crate::source::{Role, Source};
use crate::tree::{Package, Tree};

/// Lines of a file, tests apart: what can be read in one sitting.
const FILE_LINES_MAX: usize = 500;

/// Lines of a file that nine of ten files of the project stay under.
const FILE_LINES_P90_MAX: usize = 350;

/// Lines of a function: what fits a screen.
const FUNCTION_LINES_MAX: usize = 70;

/// Lines of a `lib.rs`, which is a table of contents.
const FRONT_PAGE_LINES_MAX: usize = 80;

/// Lines of a crate, tests apart: above this it does more than one thing.
const CRATE_LINES_MAX: usize = 12_000;

/// Finds what is too long.
pub fn lengths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut file_lines = Vec::new();
    for source in tree.sources().filter(|source| source.role == Role::Product) {
        let lines = source.product_lines().count();
        file_lines.push(lines);
        if lines > FILE_LINES_MAX {
            findings.push(too_long(&source.path, "file", lines, FILE_LINES_MAX));
        }
        if source.local == "src/lib.rs" && lines >= FRONT_PAGE_LINES_MAX {
            findings.push(too_long(&source.path, "front page", lines, FRONT_PAGE_LINES_MAX));
        }
        findings.extend(long_functions(source));
    }
    findings.extend(tree.packages.iter().filter_map(long_crate));
    file_lines.sort_unstable();
    let p90 = file_lines.get(file_lines.len() * 9 / 10).copied().unwrap_or_default();
    if p90 > FILE_LINES_P90_MAX {
        findings.push(too_long("the project", "file at p90", p90, FILE_LINES_P90_MAX));
    }
    findings
}

fn long_crate(package: &Package) -> Option<Finding> {
    let lines: usize = package.sources.iter().map(|source| source.product_lines().count()).sum();
    (lines > CRATE_LINES_MAX).then(|| too_long(&package.folder, "crate", lines, CRATE_LINES_MAX))
}

fn too_long(place: &str, what: &str, lines: usize, limit: usize) -> Finding {
    Finding::of(place, format!("a {what} of {lines} lines; the limit is {limit}"))
}

fn long_functions(source: &Source) -> impl Iterator<Item = Finding> {
    source.functions().filter(|function| function.lines > FUNCTION_LINES_MAX).map(|function| {
        let (name, lines) = (&function.name, function.lines);
        let what = format!("{name} has {lines} lines; the limit is {FUNCTION_LINES_MAX}");
        Finding::at(&source.path, function.line, what)
    })
}

#[cfg(test)]
mod tests;
