//! Where the files of a container or an image are, as overlay drivers tell it.
//!
//! The merged tree is left out: a container's overlay is mounted in its own namespace, and an image has none.

use std::collections::BTreeMap;

use backends_core::Directories;

/// Gives the driver's data of a container; its own directories are there once it has run.
pub fn container_data(found: Directories, has_run: bool) -> BTreeMap<String, String> {
    let own = [("UpperDir", found.upper), ("WorkDir", found.work)];
    let own = own.into_iter().filter(|_| has_run);
    named([("LowerDir", found.layers.join(":"))].into_iter().chain(own))
}

/// Gives the driver's data of an image: its topmost layer over the others.
pub fn image_data(found: &Directories) -> BTreeMap<String, String> {
    let (top, lower) =
        found.layers.split_first().map_or(("", &[][..]), |(top, lower)| (top, lower));
    named([("LowerDir", lower.join(":")), ("UpperDir", top.to_owned())].into_iter())
}

fn named(values: impl Iterator<Item = (&'static str, String)>) -> BTreeMap<String, String> {
    let given = values.filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests;
