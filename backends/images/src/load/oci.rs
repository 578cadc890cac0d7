//! OCI layouts (OCI image specification, "Image Layout"): `index.json` leads to manifests by digest.

use oci_spec::image::{Descriptor, ImageIndex, ImageManifest, MediaType};

use super::{LoadError, Wanted, files::Files};
use crate::{platform::Platform, reference::Reference};

/// The list of images.
pub(super) const INDEX: &str = "index.json";

/// Lists in lists. buildx makes two.
const INDEX_DEPTH_MAX: usize = 4;

/// The whole name of an image, as containerd writes it.
const CONTAINERD_NAME: &str = "io.containerd.image.name";
/// The name of an image; most programs write a tag only.
const OCI_NAME: &str = "org.opencontainers.image.ref.name";
/// Says what a manifest that is no image belongs to.
const ATTESTATION: &str = "vnd.docker.reference.type";

const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// Finds the images. Entries without a name, and entries of one name, are one image for several platforms.
pub(super) fn images(files: &Files, host: &Platform) -> Result<Vec<Wanted>, LoadError> {
    let index: ImageIndex = files.table(INDEX)?;
    let mut groups: Vec<(Option<&str>, Vec<&Descriptor>)> = Vec::new();
    for descriptor in index.manifests() {
        let name = name(descriptor);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, descriptors)) => descriptors.push(descriptor),
            None => groups.push((name, vec![descriptor])),
        }
    }
    groups.into_iter().map(|(name, descriptors)| image(files, host, name, &descriptors)).collect()
}

fn image(
    files: &Files,
    host: &Platform,
    name: Option<&str>,
    descriptors: &[&Descriptor],
) -> Result<Wanted, LoadError> {
    let mut candidates = Vec::new();
    for descriptor in descriptors {
        collect(files, descriptor, 0, &mut candidates)?;
    }
    let manifest = choose(files, host, &candidates)?;
    let path = blob_path(manifest);
    files.check_name(&path)?;
    let manifest: ImageManifest = files.table(&path)?;
    let config_type = manifest.config().media_type();
    if *config_type != MediaType::ImageConfig && config_type.to_string() != DOCKER_CONFIG {
        let what = format!("it is not an image, but holds {config_type}");
        return Err(LoadError::File { file: path, what });
    }
    let layers = manifest.layers().iter().map(blob_path);
    Ok(Wanted {
        names: name.map(reference).transpose()?.flatten().into_iter().collect(),
        config: blob_path(manifest.config()),
        layers: layers.collect(),
    })
}

/// Finds the manifests of images that `descriptor` leads to. Lists that are not in the archive have none.
fn collect(
    files: &Files,
    descriptor: &Descriptor,
    depth: usize,
    found: &mut Vec<Descriptor>,
) -> Result<(), LoadError> {
    let path = blob_path(descriptor);
    match kind(descriptor) {
        Kind::Manifest => found.push(descriptor.clone()),
        Kind::Index if depth == INDEX_DEPTH_MAX => {
            let what = "too many lists of images in each other".to_owned();
            return Err(LoadError::File { file: path, what });
        }
        Kind::Index if files.has(&path) => {
            files.check_name(&path)?;
            let index: ImageIndex = files.table(&path)?;
            for inner in index.manifests() {
                collect(files, inner, depth + 1, found)?;
            }
        }
        Kind::Index | Kind::Other => {}
    }
    Ok(())
}

/// Chooses what runs here best. A single image is taken whatever it is for, as `docker load` does.
fn choose<'c>(
    files: &Files,
    host: &Platform,
    candidates: &'c [Descriptor],
) -> Result<&'c Descriptor, LoadError> {
    if let [only] = candidates {
        return Ok(only);
    }
    let fitness = |candidate: &&Descriptor| {
        let fit = platform(candidate).map_or(Some(0), |platform| host.fitness(&platform))?;
        files.has(&blob_path(candidate)).then_some(fit)
    };
    let fitting = candidates.iter().filter(|candidate| fitness(candidate).is_some());
    // The first of equals, where `max_by_key` would take the last.
    fitting.rev().max_by_key(fitness).ok_or_else(|| {
        let platforms = candidates.iter().filter_map(platform).map(|found| found.to_string());
        let found = platforms.collect::<Vec<_>>().join(", ");
        LoadError::Platform { wanted: host.clone(), found }
    })
}

/// What a descriptor leads to.
enum Kind {
    Manifest,
    Index,
    Other,
}

fn kind(descriptor: &Descriptor) -> Kind {
    if annotation(descriptor, ATTESTATION).is_some() {
        return Kind::Other;
    }
    let media_type = descriptor.media_type();
    let is = |oci: MediaType, docker| *media_type == oci || media_type.to_string() == docker;
    if is(MediaType::ImageManifest, DOCKER_MANIFEST) {
        Kind::Manifest
    } else if is(MediaType::ImageIndex, DOCKER_INDEX) {
        Kind::Index
    } else {
        Kind::Other
    }
}

fn platform(descriptor: &Descriptor) -> Option<Platform> {
    let platform = descriptor.platform().as_ref()?;
    Some(Platform {
        os: platform.os().to_string(),
        architecture: platform.architecture().to_string(),
        variant: platform.variant().clone().unwrap_or_default(),
    })
}

fn name(descriptor: &Descriptor) -> Option<&str> {
    annotation(descriptor, CONTAINERD_NAME).or_else(|| annotation(descriptor, OCI_NAME))
}

fn annotation<'d>(descriptor: &'d Descriptor, key: &str) -> Option<&'d str> {
    descriptor.annotations().as_ref()?.get(key).map(String::as_str)
}

/// Reads the name of an image; a tag alone names none.
fn reference(name: &str) -> Result<Option<Reference>, LoadError> {
    if !name.contains(['/', ':']) {
        return Ok(None);
    }
    let wrong = |source| LoadError::Name { name: name.to_owned(), source };
    Reference::parse(name).map(Some).map_err(wrong)
}

fn blob_path(descriptor: &Descriptor) -> String {
    let digest = descriptor.digest();
    format!("blobs/{}/{}", digest.algorithm(), digest.digest())
}
