//! An image that came whole: what the state has to know of it.

use std::io::BufWriter;

use crate::{
    config::{ConfigError, ImageConfig},
    digest::Digest,
    lease::Lease,
    platform::Platform,
    reference::Reference,
    store::ImageStore,
    store_error::StoreError,
};

/// An image of which every byte is here and durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedImage {
    /// The digest of its configuration, under which that is among the blobs.
    pub id: Digest,
    /// The names that came with it.
    pub names: Vec<Reference>,
    /// Its configuration.
    pub config: ImageConfig,
    /// Its layers, lowest first.
    pub layers: Vec<LoadedLayer>,
    /// Bytes of the files of all layers.
    pub size_bytes: u64,
    /// The platforms for which what was sent has the image too.
    pub left_out: Vec<Platform>,
}

/// A layer of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadedLayer {
    /// The digest of its uncompressed tar, under which it is among the layers.
    pub diff_id: Digest,
    /// The digest of the bytes that came, under which they are among the blobs.
    pub blob: Digest,
    /// Bytes of its files.
    pub size_bytes: u64,
}

/// Tells why the configuration of an image could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadConfigError {
    /// It is not here.
    #[error("the configuration of image {0} is not in the store")]
    Missing(Digest),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not what was stored.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl LoadedImage {
    pub(crate) fn new(
        id: Digest,
        names: Vec<Reference>,
        config: ImageConfig,
        layers: Vec<LoadedLayer>,
    ) -> Self {
        let size_bytes = layers.iter().map(|layer| layer.size_bytes).sum();
        Self { id, names, config, layers, size_bytes, left_out: Vec::new() }
    }
}

impl ImageStore {
    /// Keeps the configuration of an image that is made here, durable and held by `lease`, and gives the image.
    ///
    /// Its layers are here already.
    pub fn make(
        &self,
        config: ImageConfig,
        layers: Vec<LoadedLayer>,
        lease: &Lease,
    ) -> Result<LoadedImage, StoreError> {
        let made = self.make_all(vec![(config, layers)], lease)?;
        Ok(made.into_iter().next().expect("one is made of one"))
    }

    /// Does the same for several images, in order. They become durable together.
    pub fn make_all(
        &self,
        images: Vec<(ImageConfig, Vec<LoadedLayer>)>,
        lease: &Lease,
    ) -> Result<Vec<LoadedImage>, StoreError> {
        let failed = |error| self.content().failed("writing", error);
        let mut blobs = Vec::new();
        for (config, _) in &images {
            let mut blob = self.content().write()?;
            serde_json::to_writer(BufWriter::new(&mut blob), config)
                .map_err(|error| failed(error.into()))?;
            blobs.push(blob.finish());
        }
        let all: Vec<_> = blobs.iter().collect();
        self.content().commit(&all, lease)?;
        let made = blobs.iter().zip(images).map(|(blob, (config, layers))| {
            LoadedImage::new(blob.digest(), Vec::new(), config, layers)
        });
        Ok(made.collect())
    }

    /// Reads the configuration of an image, for what the state does not keep, such as its history.
    pub fn config(&self, id: Digest) -> Result<ImageConfig, ReadConfigError> {
        let bytes = self.content().read(id)?.ok_or(ReadConfigError::Missing(id))?;
        Ok(ImageConfig::parse(&bytes)?)
    }
}
