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

/// Entries of all lists that are looked at for one name. The most that is published has a few dozen platforms, with an
/// attestation each; lists that lead to the same lists again and again would have no end.
const DESCRIPTORS_MAX: usize = 2_000;

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
    let mut candidates = Candidates::default();
    for descriptor in descriptors {
        candidates.collect(files, descriptor, 0)?;
    }
    let manifest = candidates.choose(files, host)?;
    let path = checked_path(files, manifest)?;
    let left_out = candidates.left_out(files, manifest);
    let manifest: ImageManifest = files.table(&path)?;
    let config_type = manifest.config().media_type();
    if !is_image_config(config_type) {
        let what = format!("it is not an image, but holds {config_type}");
        return Err(LoadError::File { file: path, what });
    }
    let layers = manifest.layers().iter().map(|layer| checked_path(files, layer));
    Ok(Wanted {
        names: name.map(reference).transpose()?.flatten().into_iter().collect(),
        config: checked_path(files, manifest.config())?,
        layers: layers.collect::<Result<_, _>>()?,
        left_out,
    })
}

/// The manifests that a name leads to.
#[derive(Default)]
struct Candidates {
    found: Vec<Descriptor>,
    looked_at: usize,
}

impl Candidates {
    /// Finds the manifests of images that `descriptor` leads to. Lists that are not in the archive have none.
    fn collect(
        &mut self,
        files: &Files,
        descriptor: &Descriptor,
        depth: usize,
    ) -> Result<(), LoadError> {
        self.looked_at += 1;
        if self.looked_at > DESCRIPTORS_MAX {
            let (what, limit) = ("entries in its lists of images", DESCRIPTORS_MAX as u64);
            return Err(LoadError::TooLarge { what, limit });
        }
        match kind(descriptor) {
            Kind::Manifest => self.found.push(descriptor.clone()),
            Kind::Index if depth == INDEX_DEPTH_MAX => {
                let what = "too many lists of images in each other".to_owned();
                return Err(LoadError::File { file: blob_path(descriptor), what });
            }
            Kind::Index if files.has(&blob_path(descriptor)) => {
                let index: ImageIndex = files.table(&checked_path(files, descriptor)?)?;
                for inner in index.manifests() {
                    self.collect(files, inner, depth + 1)?;
                }
            }
            Kind::Index | Kind::Other => {}
        }
        Ok(())
    }

    /// Chooses what runs here best. A single image is taken whatever it is for, as `docker load` does.
    fn choose(&self, files: &Files, host: &Platform) -> Result<&Descriptor, LoadError> {
        if let [only] = &self.found[..] {
            return Ok(only);
        }
        let here = self.found.iter().filter(|candidate| files.has(&blob_path(candidate)));
        best(host, here).ok_or_else(|| {
            let platforms = self.found.iter().filter_map(platform).map(|found| found.to_string());
            let found = platforms.collect::<Vec<_>>().join(", ");
            LoadError::Platform { wanted: host.clone(), found }
        })
    }

    /// Gives the platforms of the images that are in the archive too, and are not taken.
    fn left_out(&self, files: &Files, taken: &Descriptor) -> Vec<Platform> {
        let others = self
            .found
            .iter()
            .filter(|other| other.digest() != taken.digest() && files.has(&blob_path(other)));
        others.filter_map(platform).collect()
    }
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

/// Gives the path of a file, which must have the digest and the size that the descriptor says.
fn checked_path(files: &Files, descriptor: &Descriptor) -> Result<String, LoadError> {
    let path = blob_path(descriptor);
    files.check_name(&path)?;
    let (said, found) = (descriptor.size(), files.get(&path)?.size_bytes());
    if said == found {
        return Ok(path);
    }
    let what = format!("it has {found} bytes, and not {said} as is said of it");
    Err(LoadError::File { file: path, what })
}

fn blob_path(descriptor: &Descriptor) -> String {
    let digest = descriptor.digest();
    format!("blobs/{}/{}", digest.algorithm(), digest.digest())
}
