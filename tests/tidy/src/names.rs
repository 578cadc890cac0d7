//! A path is a package name, and nothing is a drawer for what found no name.

use crate::finding::Finding;
use crate::tree::Tree;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "common", "misc", "imp", "helpers", "mod"];

/// Finds packages whose name is not their path, and files and folders with empty names.
pub fn names(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.packages {
        if package.name != package.folder.replace('/', "-") {
            findings.push(Finding::of(
                format!("{}/Cargo.toml", package.folder),
                format!("the package is called {}, which is not its path", package.name),
            ));
        }
    }
    for source in tree.sources() {
        let empty =
            source.local.trim_end_matches(".rs").split('/').find(|part| EMPTY_NAMES.contains(part));
        if let Some(part) = empty {
            findings.push(Finding::of(&source.path, format!("the name {part} says nothing")));
        }
        for module in source.modules().iter().filter(|module| module.inner.is_some()) {
            if EMPTY_NAMES.contains(&module.name.as_str()) {
                let what = format!("the module name {} says nothing", module.name);
                findings.push(Finding::at(&source.path, module.line, what));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
