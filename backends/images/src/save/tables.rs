//! The tables of an archive: `index.json` for readers of OCI layouts, `manifest.json` for those of `docker save`, and
//! `repositories` for those from before that.
//!
//! They are written from types of this file, with their fields in one order; `oci-spec` has annotations in a map
//! without one.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Described;
use crate::{digest::Digest, platform::Platform};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// The whole name of an image, for containerd.
const CONTAINERD_NAME: &str = "io.containerd.image.name";
/// The tag of an image.
const OCI_NAME: &str = "org.opencontainers.image.ref.name";

/// The version of OCI manifests and indexes.
const SCHEMA_VERSION: u32 = 2;

/// What says that a directory is an OCI layout.
const LAYOUT: &[u8] = br#"{"imageLayoutVersion": "1.0.0"}"#;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index<'a> {
    schema_version: u32,
    media_type: &'static str,
    manifests: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    schema_version: u32,
    media_type: &'static str,
    config: Descriptor<'a>,
    layers: Vec<Descriptor<'a>>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    media_type: &'static str,
    digest: Digest,
    size: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<WirePlatform<'a>>,
}

#[derive(Clone, Serialize)]
struct WirePlatform<'a> {
    architecture: &'a str,
    os: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    variant: &'a str,
}

/// An image in `manifest.json`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item<'a> {
    config: String,
    /// `null` where there is none.
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
    layer_sources: BTreeMap<Digest, Descriptor<'a>>,
}

/// Makes the tables. The manifest of each image is given to `keep`, which puts it among the blobs.
pub(super) fn make(
    images: &[Described],
    mut keep: impl FnMut(Vec<u8>) -> Digest,
) -> Vec<(&'static str, Vec<u8>)> {
    let mut manifests = Vec::new();
    let mut items = Vec::new();
    let mut repositories: BTreeMap<String, BTreeMap<&str, String>> = BTreeMap::new();
    for image in images {
        let layers = image.layers.iter().map(|(diff_id, bytes)| plain(LAYER, *diff_id, *bytes));
        let layers: Vec<_> = layers.collect();
        let manifest = json(&Manifest {
            schema_version: SCHEMA_VERSION,
            media_type: MANIFEST,
            config: plain(CONFIG, image.id, image.config_bytes),
            layers: layers.clone(),
        });
        let size = manifest.len() as u64;
        let digest = keep(manifest);
        let platform = Some(WirePlatform::of(&image.platform));
        let unnamed = Descriptor { platform, ..plain(MANIFEST, digest, size) };
        let tagged = image.names.iter().map(|name| (name, name.tag().unwrap_or_default()));
        for (name, tag) in tagged.clone() {
            let annotations =
                BTreeMap::from([(CONTAINERD_NAME, name.to_string()), (OCI_NAME, tag.to_owned())]);
            manifests.push(Descriptor { annotations, ..unnamed.clone() });
            if let Some((top, _)) = image.layers.last() {
                repositories.entry(name.familiar_name()).or_default().insert(tag, top.to_hex());
            }
        }
        if image.names.is_empty() {
            manifests.push(unnamed);
        }
        let repo_tags: Vec<_> = image.names.iter().map(|name| name.familiar()).collect();
        items.push(Item {
            config: path(image.id),
            repo_tags: (!repo_tags.is_empty()).then_some(repo_tags),
            layers: image.layers.iter().map(|(diff_id, _)| path(*diff_id)).collect(),
            layer_sources: layers.into_iter().map(|layer| (layer.digest, layer)).collect(),
        });
    }
    let index = Index { schema_version: SCHEMA_VERSION, media_type: INDEX, manifests };
    let mut tables = vec![
        ("index.json", json(&index)),
        ("manifest.json", json(&items)),
        ("oci-layout", LAYOUT.to_vec()),
    ];
    if !repositories.is_empty() {
        tables.push(("repositories", json(&repositories)));
    }
    tables
}

impl<'a> WirePlatform<'a> {
    fn of(platform: &'a Platform) -> Self {
        let Platform { os, architecture, variant } = platform;
        Self { architecture, os, variant }
    }
}

fn plain<'a>(media_type: &'static str, digest: Digest, size: u64) -> Descriptor<'a> {
    Descriptor { media_type, digest, size, annotations: BTreeMap::new(), platform: None }
}

fn path(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.to_hex())
}

fn json<T: Serialize>(table: &T) -> Vec<u8> {
    serde_json::to_vec(table).expect("tables have string keys only")
}
