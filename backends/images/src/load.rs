//! `docker load`: the images of an archive, as `docker save` and others write them.
//!
//! The archive is read once, as it comes; the files in it wait under temporary names until its table of contents is
//! known, for that stands at its end. Nothing of the archive is believed: each configuration must have the digest
//! that it is named by, each layer the digest that its configuration says, and only then anything gets its name.
//! When anything is wrong, nothing of the archive is left.

use std::io::{self, Read};

use crate::{
    archive::ArchiveError,
    config::ConfigError,
    digest::Digest,
    fault::Fault,
    intake::decode,
    layers::LayerError,
    lease::Lease,
    limits::LayerLimits,
    loaded::LoadedImage,
    platform::Platform,
    reference::{Reference, ReferenceError},
    store::ImageStore,
    store_error::StoreError,
};

mod bring;
mod docker;
mod files;
mod legacy;
mod oci;

use files::Files;

/// How an archive is loaded.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Which of the images of several platforms is taken.
    pub platform: Platform,
    /// Whether an image for another platform is refused also where it is the only one: a client has asked for this one.
    pub is_asked: bool,
    /// What each layer may take.
    pub limits: LayerLimits,
}

/// Tells why an archive was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The stream is not an archive that can be used.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The stream could not be read.
    #[error("reading the archive failed")]
    Stream(#[from] io::Error),
    /// The archive has more files, or more bytes, than is allowed.
    #[error("the archive has more than {limit} {what}")]
    TooLarge {
        /// What it has too much of.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
    /// The archive is not one of images.
    #[error("the archive holds no images: it has no manifest.json, index.json or repositories")]
    NoImages,
    /// A file that is referred to is not there.
    #[error("{file} is not in the archive")]
    Missing {
        /// The path of the file.
        file: String,
    },
    /// A file cannot be used.
    #[error("{file} of the archive cannot be used: {what}")]
    File {
        /// The path of the file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// A file has other content than its name or a reference to it says.
    #[error("{what} has the digest {found}, and not {expected}")]
    Digest {
        /// What was checked.
        what: String,
        /// The digest that was promised.
        expected: Digest,
        /// The digest of what came.
        found: Digest,
    },
    /// The number of layers of manifest and configuration differ.
    #[error("invalid manifest, layers length mismatch: expected {expected}, got {found}")]
    LayerCount {
        /// How many the configuration has.
        expected: usize,
        /// How many the manifest has.
        found: usize,
    },
    /// There are images, and none for this host.
    #[error("no image for {wanted} in the archive, which has images for {found}")]
    Platform {
        /// The platform of the host.
        wanted: Platform,
        /// The platforms of the images.
        found: String,
    },
    /// A name of an image is wrong.
    #[error("the name {name:?} of an image is refused")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        #[source]
        source: ReferenceError,
    },
    /// A configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A layer could not be unpacked.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LoadError {
    /// Tells whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Archive(ArchiveError::Read { source, .. }) | Self::Stream(source) => {
                Fault::of(source)
            }
            Self::Layer(error) => error.fault(),
            Self::Store(_) => Fault::Store,
            Self::Archive(ArchiveError::Truncated { .. } | ArchiveError::Header { .. })
            | Self::TooLarge { .. }
            | Self::NoImages
            | Self::Missing { .. }
            | Self::File { .. }
            | Self::Digest { .. }
            | Self::LayerCount { .. }
            | Self::Platform { .. }
            | Self::Name { .. }
            | Self::Config(_) => Fault::Content,
        }
    }
}

/// An image of an archive, by the files that it is made of.
#[derive(Debug)]
struct Wanted {
    names: Vec<Reference>,
    /// The file of the configuration.
    config: String,
    /// The files of the layers, lowest first.
    layers: Vec<String>,
    /// The platforms of its siblings, which are in the archive too.
    left_out: Vec<Platform>,
}

impl ImageStore {
    /// Loads the images of the archive in `input`, plain or compressed. Everything of them is durable and held by
    /// `lease` when this returns; after an error nothing of the archive is left.
    pub fn load(
        &self,
        input: impl Read,
        options: &LoadOptions,
        lease: &Lease,
    ) -> Result<Vec<LoadedImage>, LoadError> {
        let mut files = Files::read(self.content(), decode(input)?, &options.limits)?;
        let wanted = if files.has(docker::MANIFEST) {
            docker::images(&files)?
        } else if files.has(oci::INDEX) {
            oci::images(&files, &options.platform)?
        } else if files.has(legacy::REPOSITORIES) {
            legacy::images(&mut files, self.content())?
        } else {
            return Err(LoadError::NoImages);
        };
        bring::bring(self, &files, wanted, options, lease)
    }
}

#[cfg(test)]
mod tests;
