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
        for item in &source.syntax.items {
            let syn::Item::Mod(module) = item else { continue };
            let name = module.ident.to_string();
            if module.content.is_some() && EMPTY_NAMES.contains(&name.as_str()) {
                findings.push(Finding::at(
                    &source.path,
                    module.ident.span().start().line,
                    format!("the module name {name} says nothing"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
