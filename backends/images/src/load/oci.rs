//! OCI layouts (OCI image specification, "Image Layout"): `index.json` leads to manifests by digest.

use oci_spec::image::{Descriptor, ImageIndex, ImageManifest};

use super::{LoadError, Wanted, files::Files};
use crate::{
    descriptor::{Kind, annotation, best, is_image_config, kind, platform},
    platform::Platform,
    reference::Reference,
};

/// The list of images.
pub(super) const INDEX: &str = "index.json";

/// Lists in lists. buildx makes two.
const INDEX_DEPTH_MAX: usize = 4;

/// The whole name of an image, as containerd writes it.
const CONTAINERD_NAME: &str = "io.containerd.image.name";
/// The name of an image; most programs write a tag only.
const OCI_NAME: &str = "org.opencontainers.image.ref.name";

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
    if !is_image_config(config_type) {
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
    let here = candidates.iter().filter(|candidate| files.has(&blob_path(candidate)));
    best(host, here).ok_or_else(|| {
        let platforms = candidates.iter().filter_map(platform).map(|found| found.to_string());
        let found = platforms.collect::<Vec<_>>().join(", ");
        LoadError::Platform { wanted: host.clone(), found }
    })
}

fn name(descriptor: &Descriptor) -> Option<&str> {
    annotation(descriptor, CONTAINERD_NAME).or_else(|| annotation(descriptor, OCI_NAME))
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
