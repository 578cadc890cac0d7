//! The client's request with the image's configuration merged in, by Docker's rules.
//!
//! Source: the Engine API's description of container creation and the OCI image specification's
//! "Conversion" page.

use journal_domain::{ContainerSpec, Image};

/// Merges `image`'s configuration into what the client asked for.
pub(super) fn merge(asked: &ContainerSpec, image: &Image) -> ContainerSpec {
    let config = &image.config;
    let mut spec = asked.clone();
    spec.image_id = Some(image.id);
    spec.layers = image.layers.iter().map(|layer| layer.diff_id).collect();
    let own_entrypoint = spec.entrypoint.as_ref().is_some_and(|entry| !entry.is_empty());
    if !own_entrypoint {
        if spec.cmd.as_ref().is_none_or(Vec::is_empty) {
            spec.cmd.clone_from(&config.cmd);
        }
        if spec.entrypoint.is_none() {
            spec.entrypoint.clone_from(&config.entrypoint);
        }
    }
    // A single empty string is how clients say "no entry point, and not the image's either".
    if spec.entrypoint.as_deref() == Some(&[String::new()]) {
        spec.entrypoint = None;
    }
    let image_env = config.env.iter().filter(|variable| !names_variable(&asked.env, variable));
    spec.env.extend(image_env.cloned());
    for (key, value) in &config.labels {
        spec.labels.entry(key.clone()).or_insert_with(|| value.clone());
    }
    for port in &config.exposed_ports {
        if !spec.exposed_ports.contains(port) {
            spec.exposed_ports.push(port.clone());
        }
    }
    if spec.working_dir.is_empty() {
        spec.working_dir.clone_from(&config.working_dir);
    }
    if spec.user.is_empty() {
        spec.user.clone_from(&config.user);
    }
    spec.stop_signal = spec.stop_signal.or(config.stop_signal);
    spec
}

/// Tells whether `env` sets or removes the variable that `variable` sets.
fn names_variable(env: &[String], variable: &str) -> bool {
    let name = variable.split('=').next();
    env.iter().any(|own| own.split('=').next() == name)
}
