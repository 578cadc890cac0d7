//! No block of code stands twice.

use std::collections::HashMap;

use crate::finding::Finding;
use crate::source::Source;
use crate::tree::Tree;

/// Lines in a row that may be alike in two places; more is one piece of code written twice.
const REPEAT_LINES_MAX: usize = 12;

/// A line that counts: its number in the file and its text without the indentation.
type Line<'t> = (usize, &'t str);

/// Finds blocks of more than [`REPEAT_LINES_MAX`] lines that stand in two places.
///
/// Comments, imports, attributes and lines without a letter do not count. Only the start of a repeated block is
/// named.
pub fn repeats(tree: &Tree) -> Vec<Finding> {
    let window = REPEAT_LINES_MAX + 1;
    let files: Vec<(&Source, Vec<Line<'_>>)> =
        tree.sources().map(|source| (source, counted(source))).collect();
    let mut first_seen: HashMap<Vec<&str>, (usize, usize)> = HashMap::new();
    let mut findings = Vec::new();
    for (file, (source, lines)) in files.iter().enumerate() {
        let mut last: Option<(usize, usize, usize)> = None;
        for start in 0..(lines.len() + 1).saturating_sub(window) {
            let block: Vec<&str> = lines[start..start + window].iter().map(|line| line.1).collect();
            let Some(&(other, at)) = first_seen.get(&block) else {
                first_seen.insert(block, (file, start));
                continue;
            };
            if other == file && at + window > start {
                continue;
            }
            let goes_on = last == Some((start.wrapping_sub(1), other, at.wrapping_sub(1)));
            last = Some((start, other, at));
            if !goes_on {
                let (original, original_lines) = &files[other];
                let original_line = original_lines[at].0;
                findings.push(Finding::at(
                    &source.path,
                    lines[start].0,
                    format!(
                        "more than {REPEAT_LINES_MAX} lines as at {}:{original_line}",
                        original.path
                    ),
                ));
            }
        }
    }
    findings
}

fn counted(source: &Source) -> Vec<Line<'_>> {
    let mut in_import = false;
    source
        .product_lines()
        .map(|(number, line)| (number, line.trim()))
        .filter(|(_, line)| {
            let begins_import = line.starts_with("use ") || line.starts_with("pub use ");
            let is_import = in_import || begins_import;
            in_import = is_import && !line.ends_with(';');
            !is_import
                && !line.starts_with("//")
                && !line.starts_with("#[")
                && line.chars().any(char::is_alphabetic)
        })
        .collect()
}

#[cfg(test)]
mod tests;
