//! How the files of a package hang together: which `mod` leads where, and what only tests build.

use std::collections::BTreeMap;

use crate::source::{Role, Source, is_test_only};

/// The files of a package that its roots lead to, by their paths inside it, each with its role.
pub(crate) fn reached(
    sources: &[Source],
    is_root: impl Fn(&str) -> bool,
) -> BTreeMap<String, Role> {
    let mut walk = Walk { sources, reached: BTreeMap::new() };
    for source in sources.iter().filter(|source| is_root(&source.local)) {
        let folder = source.local.rsplit_once('/').map_or("", |(folder, _)| folder);
        walk.file(source, folder, source.role);
    }
    walk.reached
}

struct Walk<'t> {
    sources: &'t [Source],
    reached: BTreeMap<String, Role>,
}

impl<'t> Walk<'t> {
    fn file(&mut self, source: &'t Source, folder: &str, role: Role) {
        let role = if source.role == Role::Test { Role::Test } else { role };
        // A file that the product leads to is the product's, whoever else uses it.
        if self
            .reached
            .get(&source.local)
            .is_some_and(|known| *known == Role::Product || *known == role)
        {
            return;
        }
        self.reached.insert(source.local.clone(), role);
        self.items(source, &source.syntax.items, folder, role);
    }

    fn items(&mut self, source: &'t Source, items: &'t [syn::Item], folder: &str, role: Role) {
        for item in items {
            let syn::Item::Mod(module) = item else { continue };
            let name = module.ident.to_string();
            let role = if is_test_only(&module.attrs) { Role::Test } else { role };
            if let Some((_, inner)) = &module.content {
                self.items(source, inner, &format!("{folder}/{name}"), role);
                continue;
            }
            let wanted = match path_attribute(module) {
                Some(path) => {
                    let beside = source.local.rsplit_once('/').map_or("", |(folder, _)| folder);
                    format!("{beside}/{path}")
                }
                None => format!("{folder}/{name}.rs"),
            };
            if let Some(next) = self.sources.iter().find(|source| source.local == wanted) {
                self.file(next, next.local.trim_end_matches(".rs"), role);
            }
        }
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
