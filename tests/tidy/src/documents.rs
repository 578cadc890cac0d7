//! Each file says what it is for, and public items are documented.

use syn::visit::Visit;

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
    let mut items = PublicItems::default();
    for source in package.sources.iter().filter(|source| source.is_product_line(1)) {
        items.source = Some(source);
        items.visit_file(&source.syntax);
    }
    let wanted =
        if GROUND.contains(&package.name.as_str()) { GROUND_PERCENT_MIN } else { PERCENT_MIN };
    let documented = items.all - items.bare.len();
    (documented * 100 < wanted * items.all).then(|| {
        Finding::of(
            &package.folder,
            format!(
                "{documented} of {} public items are documented, {wanted}% are wanted; not: {}",
                items.all,
                items.bare.join(", ")
            ),
        )
    })
}

/// Counts the public items of files and remembers those without a comment.
#[derive(Default)]
struct PublicItems<'t> {
    source: Option<&'t Source>,
    all: usize,
    bare: Vec<String>,
}

impl PublicItems<'_> {
    fn count(
        &mut self,
        visibility: &syn::Visibility,
        attributes: &[syn::Attribute],
        name: &syn::Ident,
    ) {
        let Some(source) = self.source else { return };
        if !matches!(visibility, syn::Visibility::Public(_))
            || !source.is_product_line(name.span().start().line)
        {
            return;
        }
        self.all += 1;
        if !attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
            self.bare.push(name.to_string());
        }
    }
}

impl<'ast> Visit<'ast> for PublicItems<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.count(&item.vis, &item.attrs, &item.sig.ident);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.count(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.count(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.count(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.count(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.count(&item.vis, &item.attrs, &item.sig.ident);
    }
}

#[cfg(test)]
mod tests;
