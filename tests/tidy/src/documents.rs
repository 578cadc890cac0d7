//! Each file says what it is for, and public items are documented.

use crate::finding::Finding;
use crate::source::Source;
use crate::tree::{Package, Tree};

/// Share of documented public items, in percent, of the crates that others build on.
const GROUND_PERCENT_MIN: usize = 95;

/// Share of documented public items, in percent, of every other crate.
const PERCENT_MIN: usize = 80;

/// The crates that others build on.
const GROUND: &[&str] = &["journal-log", "projector-engine", "backends-core", "api-types"];

/// Finds files without a purpose and crates with too few documented items.
pub fn documents(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tree
        .sources()
        .filter(|source| !source.text.trim_start().starts_with("//!"))
        .map(|source| Finding::of(&source.path, "does not begin with `//!` and its purpose"))
        .collect();
    findings.extend(tree.packages.iter().filter_map(undocumented));
    findings
}

fn undocumented(package: &Package) -> Option<Finding> {
    let ground = GROUND.contains(&package.name.as_str());
    let wanted = if ground { GROUND_PERCENT_MIN } else { PERCENT_MIN };
    let items = package.sources.iter().flat_map(Source::public_items);
    let (documented, bare): (Vec<_>, Vec<_>) = items.partition(|item| item.documented);
    let all = documented.len() + bare.len();
    (documented.len() * 100 < wanted * all).then(|| {
        let names: Vec<&str> = bare.iter().map(|item| item.name.as_str()).collect();
        let what = format!(
            "{} of {all} public items are documented, {wanted}% are wanted; not: {}",
            documented.len(),
            names.join(", ")
        );
        Finding::of(&package.folder, what)
    })
}

#[cfg(test)]
mod tests;
