//! Archives of Docker before 1.10: `repositories` names images by chance ids, and each has a parent.
//!
//! Such images have no configuration that their layers stand in, so one is made here, as Docker's own conversion
//! does: the document of the last image, with the layers and the history of all of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{LoadError, Wanted, files::Files};
use crate::{
    config::{CONFIG_BYTES_MAX, History, LAYERS_MAX, RootFs},
    content::ContentStore,
    reference::Reference,
};

/// The list of images.
pub(super) const REPOSITORIES: &str = "repositories";

/// What belongs to the old document alone.
const DROPPED: [&str; 6] = ["id", "parent", "parent_id", "layer_id", "Size", "throwaway"];

/// The part of an old document that matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Step {
    parent: Option<String>,
    created: Option<String>,
    author: Option<String>,
    comment: Option<String>,
    container_config: Option<Made>,
}

/// How an old image was made.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Made {
    cmd: Option<Vec<String>>,
}

/// Finds the images, and puts a configuration for each among the files.
pub(super) fn images(files: &mut Files, content: &ContentStore) -> Result<Vec<Wanted>, LoadError> {
    let repositories: BTreeMap<String, BTreeMap<String, String>> = files.table(REPOSITORIES)?;
    let mut by_id: BTreeMap<String, Vec<Reference>> = BTreeMap::new();
    for (repository, tags) in repositories {
        for (tag, id) in tags {
            let name = format!("{repository}:{tag}");
            let parsed = Reference::parse(&name);
            let name = parsed.map_err(|source| LoadError::Name { name, source })?;
            by_id.entry(id).or_default().push(name);
        }
    }
    by_id.into_iter().map(|(id, names)| image(files, content, &id, names)).collect()
}

fn image(
    files: &mut Files,
    content: &ContentStore,
    id: &str,
    names: Vec<Reference>,
) -> Result<Wanted, LoadError> {
    let mut layers = Vec::new();
    let mut diff_ids = Vec::new();
    let mut history = Vec::new();
    let mut next = Some(id.to_owned());
    while let Some(id) = next {
        let (document, layer) = (format!("{id}/json"), format!("{id}/layer.tar"));
        if layers.len() == LAYERS_MAX {
            let what = format!("max depth exceeded: more than {LAYERS_MAX} parents");
            return Err(LoadError::File { file: document, what });
        }
        let step: Step = files.table(&document)?;
        diff_ids.push(files.plain_digest(&layer)?);
        layers.push(layer);
        history.push(History {
            created: step.created.unwrap_or_default(),
            created_by: step
                .container_config
                .and_then(|made| made.cmd)
                .unwrap_or_default()
                .join(" "),
            author: step.author.unwrap_or_default(),
            comment: step.comment.unwrap_or_default(),
            empty_layer: false,
        });
        next = step.parent.filter(|parent| !parent.is_empty());
    }
    // They were found from the last one down.
    layers.reverse();
    diff_ids.reverse();
    history.reverse();
    let rootfs = RootFs { kind: "layers".to_owned(), diff_ids };
    let config = config(files, &format!("{id}/json"), &rootfs, &history)?;
    let path = format!("{id}/config made of json");
    files.make(content, &path, &config)?;
    Ok(Wanted { names, config: path, layers, left_out: Vec::new() })
}

fn config(
    files: &Files,
    path: &str,
    rootfs: &RootFs,
    history: &[History],
) -> Result<Vec<u8>, LoadError> {
    let wrong = |error: serde_json::Error| LoadError::File {
        file: path.to_owned(),
        what: error.to_string(),
    };
    let document = files.bytes(path, CONFIG_BYTES_MAX)?;
    let mut config: Map<String, Value> = serde_json::from_slice(&document).map_err(wrong)?;
    for key in DROPPED {
        config.remove(key);
    }
    config.insert("rootfs".to_owned(), serde_json::to_value(rootfs).map_err(wrong)?);
    config.insert("history".to_owned(), serde_json::to_value(history).map_err(wrong)?);
    serde_json::to_vec(&config).map_err(wrong)
}
