//! Descriptors of manifests and layers, in the words of the OCI and in those that Docker had before.

use oci_spec::image::{Descriptor, MediaType};

use crate::platform::Platform;

pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
pub(crate) const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// Says what a manifest that is no image belongs to.
const ATTESTATION: &str = "vnd.docker.reference.type";

/// What a descriptor leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Manifest,
    Index,
    Other,
}

/// Tells what a descriptor leads to; what belongs to an image is none.
pub(crate) fn kind(descriptor: &Descriptor) -> Kind {
    match annotation(descriptor, ATTESTATION) {
        Some(_) => Kind::Other,
        None => kind_of(descriptor.media_type()),
    }
}

/// Tells what a media type says.
pub(crate) fn kind_of(media_type: &MediaType) -> Kind {
    let is = |oci: MediaType, docker| *media_type == oci || media_type.to_string() == docker;
    if is(MediaType::ImageManifest, DOCKER_MANIFEST) {
        Kind::Manifest
    } else if is(MediaType::ImageIndex, DOCKER_LIST) {
        Kind::Index
    } else {
        Kind::Other
    }
}

/// Tells whether a configuration is that of an image.
pub(crate) fn is_image_config(media_type: &MediaType) -> bool {
    *media_type == MediaType::ImageConfig || media_type.to_string() == DOCKER_CONFIG
}

/// Gives the platform that a manifest is for, where its descriptor says so.
pub(crate) fn platform(descriptor: &Descriptor) -> Option<Platform> {
    let platform = descriptor.platform().as_ref()?;
    Some(Platform {
        os: platform.os().to_string(),
        architecture: platform.architecture().to_string(),
        variant: platform.variant().clone().unwrap_or_default(),
    })
}

/// Chooses what runs best on a platform.
pub(crate) fn best<'d>(
    wanted: &Platform,
    candidates: impl DoubleEndedIterator<Item = &'d Descriptor>,
) -> Option<&'d Descriptor> {
    let fitness = |candidate: &Descriptor| {
        platform(candidate).map_or(Some(0), |platform| wanted.fitness(&platform))
    };
    let fitting = candidates.filter(|candidate| fitness(candidate).is_some());
    // The first of equals, where `max_by_key` would take the last.
    fitting.rev().max_by_key(|candidate| fitness(candidate))
}

/// Gives an annotation.
pub(crate) fn annotation<'d>(descriptor: &'d Descriptor, key: &str) -> Option<&'d str> {
    descriptor.annotations().as_ref()?.get(key).map(String::as_str)
}
