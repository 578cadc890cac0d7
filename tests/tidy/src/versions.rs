//! Versions, lints and package facts stand at the root only.

use crate::finding::Finding;
use crate::tree::{Package, Tree};

/// Facts that a package takes from the root.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];

/// Finds versions, facts and lints that a package states by itself, members that the root forgets, and versions of others'
/// libraries at the root that nobody uses.
pub fn versions(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tree.packages.iter().flat_map(own_statements).collect();
    findings.extend(unlisted_members(tree));
    findings.extend(unused_versions(tree));
    findings
}

fn own_statements(package: &Package) -> Vec<Finding> {
    let place = format!("{}/Cargo.toml", package.folder);
    let from_root = |section: Option<&toml::Value>| {
        section.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool)
            == Some(true)
    };
    let facts = package.manifest.get("package");
    let mut findings: Vec<Finding> = INHERITED
        .iter()
        .filter(|fact| !from_root(facts.and_then(|facts| facts.get(**fact))))
        .map(|fact| Finding::of(&place, format!("{fact} is not taken from the root")))
        .collect();
    if !from_root(package.manifest.get("lints")) {
        findings.push(Finding::of(&place, "lints are not taken from the root"));
    }
    findings.extend(package.dependencies.iter().filter(|dependency| !dependency.from_root).map(
        |dependency| {
            Finding::of(&place, format!("the version of {} is not the root's", dependency.name))
        },
    ));
    findings
}

fn unlisted_members(tree: &Tree) -> Vec<Finding> {
    let listed: Vec<&str> = tree
        .root
        .get("workspace")
        .and_then(|workspace| workspace.get("members"))
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_str)
        .collect();
    tree.packages
        .iter()
        .filter(|package| !listed.contains(&package.folder.as_str()))
        .map(|package| Finding::of("Cargo.toml", format!("{} is no member", package.folder)))
        .collect()
}

fn unused_versions(tree: &Tree) -> Vec<Finding> {
    let used = |name: &str| {
        tree.packages
            .iter()
            .any(|package| package.dependencies.iter().any(|dependency| dependency.name == name))
    };
    tree.root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
        .filter(|(name, value)| value.get("path").is_none() && !used(name))
        .map(|(name, _)| Finding::of("Cargo.toml", format!("nobody uses {name}")))
        .collect()
}

#[cfg(test)]
mod tests;
