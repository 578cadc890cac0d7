//! How the files of a package hang together: which `mod` leads where, and what only tests build.

use std::collections::BTreeMap;

use crate::facts::Module;
use crate::source::{Role, Source};

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
        let known = self.reached.get(&source.local);
        if known.is_some_and(|known| *known == Role::Product || *known == role) {
            return;
        }
        self.reached.insert(source.local.clone(), role);
        self.modules(source, source.modules(), folder, role);
    }

    fn modules(&mut self, source: &'t Source, modules: &'t [Module], folder: &str, role: Role) {
        for module in modules {
            let name = &module.name;
            let role = if module.test_only { Role::Test } else { role };
            if let Some(inner) = &module.inner {
                self.modules(source, inner, &format!("{folder}/{name}"), role);
                continue;
            }
            let wanted = match &module.path {
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
