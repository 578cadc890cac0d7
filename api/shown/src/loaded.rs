//! From an image that a transfer brought to what the state keeps of it.

use std::sync::Arc;

use backends_images::{LoadedImage, RunConfig};
use journal_domain::{Digest, Image, ImageConfig, ImageName, Layer};

/// Gives the image with the names it came with.
pub fn loaded_image(loaded: LoadedImage) -> (Arc<Image>, Vec<ImageName>) {
    let config = loaded.config;
    let layers = loaded.layers.iter().map(|layer| Layer {
        diff_id: digest(layer.diff_id),
        blob: digest(layer.blob),
        size_bytes: layer.size_bytes,
    });
    let image = Image {
        id: digest(loaded.id),
        layers: layers.collect(),
        created: config.created,
        architecture: config.architecture,
        os: config.os,
        variant: config.variant,
        author: config.author,
        comment: config.comment,
        config: image_config(config.config),
        size_bytes: loaded.size_bytes,
    };
    let names = loaded.names.iter().map(|name| ImageName::from_normalized(name.to_string()));
    (Arc::new(image), names.collect())
}

/// Gives a digest of the store as the state has it.
pub fn digest(digest: backends_images::Digest) -> Digest {
    Digest::from_bytes(digest.to_bytes())
}

fn image_config(config: RunConfig) -> ImageConfig {
    ImageConfig {
        env: config.env,
        cmd: config.cmd,
        entrypoint: config.entrypoint,
        working_dir: config.working_dir,
        user: config.user,
        labels: config.labels,
        // A signal that Linux does not have is none: the default is sent, as for an image that names none.
        stop_signal: config.stop_signal.parse().ok(),
        exposed_ports: config.exposed_ports.into_keys().collect(),
        volumes: config.volumes.into_keys().collect(),
        healthcheck: config.healthcheck.filter(probes).map(|probe| probe.to_string()),
        shell: config.shell,
        on_build: config.on_build,
    }
}

/// Tells whether a health check is one: an image can also say that there is none.
fn probes(probe: &serde_json::Value) -> bool {
    !probe.is_null() && probe["Test"] != serde_json::json!(["NONE"])
}
