//! Files, functions, front pages and crates stay small enough to be read.

use syn::spanned::Spanned;
use syn::visit::Visit;

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

fn long_functions(source: &Source) -> Vec<Finding> {
    let mut functions = Functions(Vec::new());
    functions.visit_file(&source.syntax);
    functions
        .0
        .into_iter()
        .filter(|(_, line, lines)| *lines > FUNCTION_LINES_MAX && source.is_product_line(*line))
        .map(|(name, line, lines)| {
            let what = format!("{name} has {lines} lines; the limit is {FUNCTION_LINES_MAX}");
            Finding::at(&source.path, line, what)
        })
        .collect()
}

/// Every function with a body: its name, its first line and how many lines it has.
struct Functions(Vec<(String, usize, usize)>);

impl Functions {
    fn push(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.span().start().line;
        let last = block.span().end().line;
        self.0.push((signature.ident.to_string(), first, last + 1 - first));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.push(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.push(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.push(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests;
