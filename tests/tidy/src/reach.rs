//! No source file is forgotten: each is reached from a root that cargo builds.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::source::Source;
use crate::tree::{Package, Tree};

/// Finds Rust files that no root of their package names.
pub fn reach(tree: &Tree) -> Vec<Finding> {
    tree.packages.iter().flat_map(forgotten).collect()
}

fn forgotten(package: &Package) -> Vec<Finding> {
    let mut reached = BTreeSet::new();
    for source in package.sources.iter().filter(|source| is_root(package, &source.local)) {
        walk(package, source, &module_folder(&source.local, true), &mut reached);
    }
    package
        .sources
        .iter()
        .filter(|source| !reached.contains(source.local.as_str()))
        .map(|source| Finding::of(&source.path, "no `mod` leads here, so it is never built"))
        .collect()
}

/// True for the files that cargo takes as roots by itself, or that the manifest names by `path`.
fn is_root(package: &Package, local: &str) -> bool {
    let mut parts = local.split('/');
    let place = (parts.next(), parts.next(), parts.next());
    let by_place = match place {
        (Some("src"), Some("lib.rs" | "main.rs"), None) | (Some("build.rs"), None, _) => true,
        (Some("tests" | "benches" | "examples"), Some(file), None) => file.ends_with(".rs"),
        (Some("tests" | "benches" | "examples"), Some(_), Some(file)) => file == "main.rs",
        (Some("src"), Some("bin"), Some(file)) => file.ends_with(".rs"),
        _ => false,
    };
    by_place || named_in_manifest(package, local)
}

fn named_in_manifest(package: &Package, local: &str) -> bool {
    let is_it =
        |target: &toml::Value| target.get("path").and_then(toml::Value::as_str) == Some(local);
    ["lib", "bin", "test", "bench", "example"].iter().any(|section| {
        match package.manifest.get(*section) {
            Some(toml::Value::Array(targets)) => targets.iter().any(is_it),
            Some(target) => is_it(target),
            None => false,
        }
    })
}

fn walk<'t>(
    package: &'t Package,
    source: &'t Source,
    folder: &str,
    reached: &mut BTreeSet<&'t str>,
) {
    if !reached.insert(&source.local) {
        return;
    }
    walk_items(package, source, &source.syntax.items, folder, reached);
}

fn walk_items<'t>(
    package: &'t Package,
    source: &'t Source,
    items: &[syn::Item],
    folder: &str,
    reached: &mut BTreeSet<&'t str>,
) {
    for item in items {
        let syn::Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        if let Some((_, inner)) = &module.content {
            walk_items(package, source, inner, &format!("{folder}/{name}"), reached);
            continue;
        }
        let wanted = match path_attribute(module) {
            Some(path) => {
                let beside = source.local.rsplit_once('/').map_or("", |(folder, _)| folder);
                format!("{beside}/{path}")
            }
            None => format!("{folder}/{name}.rs"),
        };
        if let Some(next) = package.sources.iter().find(|source| source.local == wanted) {
            walk(package, next, &module_folder(&next.local, false), reached);
        }
    }
}

/// Where the modules of a file stand: beside a root, else in the folder of the file's own name.
fn module_folder(local: &str, is_root: bool) -> String {
    if is_root {
        local.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
    } else {
        local.trim_end_matches(".rs").to_owned()
    }
}

fn path_attribute(module: &syn::ItemMod) -> Option<String> {
    module.attrs.iter().filter(|attribute| attribute.path().is_ident("path")).find_map(
        |attribute| {
            let value = &attribute.meta.require_name_value().ok()?.value;
            let syn::Expr::Lit(literal) = value else { return None };
            let syn::Lit::Str(text) = &literal.lit else { return None };
            Some(text.value())
        },
    )
}

#[cfg(test)]
mod tests;
