//! Images as Docker shows them, and their names as the state has them.

use std::collections::BTreeMap;

use api_types::{
    ApiVersion, ContainerConfig, Empty, GraphDriverData, HealthConfig, ImageInspectResponse,
    ImageMetadata, ImageSummary, RootFs, StrSlice,
};
use backends_images::Reference;
use journal_domain::{Digest, Image, ImageConfig, ImageName};
use journal_log::Timestamp;
use projector_containers::{Images, State};

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// Reads a name as a client writes it; what cannot be a name, such as an id, is none.
pub fn image_name(text: &str) -> Option<ImageName> {
    Reference::parse(text).ok().map(reference_name)
}

/// Gives the name that the state knows for a reference.
pub fn reference_name(reference: Reference) -> ImageName {
    ImageName::from_normalized(reference.canonical().to_string())
}

/// Gives what clients before API 1.44 are shown beside the size.
pub fn virtual_size(version: ApiVersion, size: i64) -> i64 {
    if version < ApiVersion::new(1, 44) { size } else { 0 }
}

/// Makes the answer to `GET /images/{name}/json`.
pub fn image_inspect(images: &Images, image: &Image, storage_driver: &str) -> ImageInspectResponse {
    ImageInspectResponse {
        id: image.id.to_string(),
        repo_tags: tags(images, image),
        repo_digests: digests(images, image),
        parent: parent(images, image),
        comment: image.comment.clone(),
        created: image.created.clone(),
        author: image.author.clone(),
        config: container_config(&image.config),
        architecture: image.architecture.clone(),
        variant: image.variant.clone(),
        os: image.os.clone(),
        size: signed(image.size_bytes),
        graph_driver: GraphDriverData { data: None, name: storage_driver.to_owned() },
        metadata: images
            .tagged(&image.id)
            .map(|at| ImageMetadata { last_tag_time: at.to_string() })
            .unwrap_or_default(),
        root_fs: RootFs {
            kind: "layers".to_owned(),
            layers: image.layers.iter().map(|layer| layer.diff_id.to_string()).collect(),
        },
        ..ImageInspectResponse::default()
    }
}

/// Makes a line of `GET /images/json`, without what has to be counted.
pub fn image_summary(images: &Images, image: &Image) -> ImageSummary {
    let labels = &image.config.labels;
    ImageSummary {
        created: signed(created(image).map_or(0, |at| at.as_unix_nanos() / SECOND)),
        id: image.id.to_string(),
        labels: (!labels.is_empty()).then(|| labels.clone()),
        parent_id: parent(images, image),
        repo_digests: digests(images, image),
        repo_tags: tags(images, image),
        size: signed(image.size_bytes),
        ..ImageSummary::default()
    }
}

/// Gives the time an image was made, where its configuration says it.
pub fn created(image: &Image) -> Option<Timestamp> {
    image.created.parse().ok()
}

/// Counts how many images have a layer.
pub fn layer_users(state: &State) -> BTreeMap<Digest, u32> {
    let mut users = BTreeMap::new();
    for layer in state.images().iter().flat_map(|image| &image.layers) {
        *users.entry(layer.diff_id).or_default() += 1;
    }
    users
}

/// Gives the bytes of an image's layers that other images have too.
pub fn shared_size(image: &Image, users: &BTreeMap<Digest, u32>) -> i64 {
    let shared = |layer: &&journal_domain::Layer| users.get(&layer.diff_id).is_some_and(|n| *n > 1);
    signed(image.layers.iter().filter(shared).map(|layer| layer.size_bytes).sum())
}

/// Names the image that one was made of here.
fn parent(images: &Images, image: &Image) -> String {
    let parent = images.lineage(&image.id).and_then(|lineage| lineage.parent);
    parent.map(|parent| parent.to_string()).unwrap_or_default()
}

fn tags(images: &Images, image: &Image) -> Vec<String> {
    images.names(&image.id).iter().map(|name| name.familiar().to_owned()).collect()
}

fn digests(images: &Images, image: &Image) -> Vec<String> {
    let sources = images.sources(&image.id).iter();
    sources.map(|source| source.name.familiar().to_owned()).collect()
}

fn container_config(config: &ImageConfig) -> ContainerConfig {
    let set = |names: &[String]| names.iter().map(|name| (name.clone(), Empty {})).collect();
    ContainerConfig {
        user: config.user.clone(),
        exposed_ports: set(&config.exposed_ports),
        env: config.env.clone(),
        cmd: config.cmd.clone().map(StrSlice),
        healthcheck: config.healthcheck.as_deref().and_then(health),
        volumes: set(&config.volumes),
        working_dir: config.working_dir.clone(),
        entrypoint: config.entrypoint.clone().map(StrSlice),
        on_build: config.on_build.clone(),
        labels: config.labels.clone(),
        stop_signal: config.stop_signal.map(|signal| signal.to_string()).unwrap_or_default(),
        shell: config.shell.clone().map(StrSlice),
        ..ContainerConfig::default()
    }
}

fn health(text: &str) -> Option<HealthConfig> {
    serde_json::from_str(text).ok()
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
