//! Archives of `docker save`: `manifest.json` lists the images (Docker image specification 1.2, "Combined image
//! JSON and filesystem changeset format"). Since Docker 25 the files lie as in an OCI layout, with the same list.

use serde::Deserialize;

use super::{LoadError, Wanted, files::Files};
use crate::reference::Reference;

/// The list of images.
pub(super) const MANIFEST: &str = "manifest.json";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// Finds the images.
pub(super) fn images(files: &Files) -> Result<Vec<Wanted>, LoadError> {
    let items: Vec<Item> = files.table(MANIFEST)?;
    items.into_iter().map(wanted).collect()
}

fn wanted(item: Item) -> Result<Wanted, LoadError> {
    let name =
        |name: String| Reference::parse(&name).map_err(|source| LoadError::Name { name, source });
    let names = item.repo_tags.unwrap_or_default().into_iter().map(name);
    Ok(Wanted {
        names: names.collect::<Result<_, _>>()?,
        config: item.config,
        layers: item.layers.unwrap_or_default(),
        left_out: Vec::new(),
    })
}
