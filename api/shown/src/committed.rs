//! From a container, or what a client says of it, to what an image has of that.

use std::collections::BTreeMap;

use api_types::{ContainerConfig, StrSlice};
use backends_images::{LoadedLayer, Nothing, RunConfig};
use journal_domain::{Digest, Layer};

/// Gives what an image keeps of a container's configuration.
pub fn run_config(config: ContainerConfig) -> RunConfig {
    let words = |list: Option<StrSlice>| list.map(|list| list.0);
    let healthcheck = config.healthcheck.and_then(|check| serde_json::to_value(check).ok());
    RunConfig {
        user: config.user,
        exposed_ports: config.exposed_ports.into_keys().map(|port| (port, Nothing {})).collect(),
        env: config.env,
        entrypoint: words(config.entrypoint),
        cmd: words(config.cmd),
        healthcheck,
        volumes: config.volumes.into_keys().map(|path| (path, Nothing {})).collect(),
        working_dir: config.working_dir,
        on_build: config.on_build,
        labels: config.labels,
        stop_signal: config.stop_signal,
        shell: words(config.shell),
    }
}

/// Fills what a client says of an image in with what the container has, as the docker daemon does.
pub fn merged_config(said: ContainerConfig, own: ContainerConfig) -> ContainerConfig {
    let mut merged = said;
    let fill = |text: &mut String, own: String| {
        if text.is_empty() {
            *text = own;
        }
    };
    fill(&mut merged.user, own.user);
    fill(&mut merged.working_dir, own.working_dir);
    add(&mut merged.exposed_ports, own.exposed_ports);
    add(&mut merged.volumes, own.volumes);
    add(&mut merged.labels, own.labels);
    let name = |variable: &str| variable.split('=').next().unwrap_or_default().to_owned();
    for variable in own.env {
        if !merged.env.iter().any(|known| name(known) == name(&variable)) {
            merged.env.push(variable);
        }
    }
    if merged.entrypoint.as_ref().is_none_or(|words| words.0.is_empty()) {
        if merged.cmd.as_ref().is_none_or(|words| words.0.is_empty()) {
            merged.cmd = own.cmd;
        }
        merged.entrypoint = merged.entrypoint.or(own.entrypoint);
    }
    merged.healthcheck = merged.healthcheck.or(own.healthcheck);
    merged
}

/// Gives a digest as the store has it.
pub fn stored(digest: Digest) -> backends_images::Digest {
    backends_images::Digest::from_bytes(*digest.as_bytes())
}

/// Gives a layer as the store has it.
pub fn stored_layer(layer: &Layer) -> LoadedLayer {
    LoadedLayer {
        diff_id: stored(layer.diff_id),
        blob: stored(layer.blob),
        size_bytes: layer.size_bytes,
    }
}

fn add<T>(to: &mut BTreeMap<String, T>, from: BTreeMap<String, T>) {
    for (key, value) in from {
        to.entry(key).or_insert(value);
    }
}
