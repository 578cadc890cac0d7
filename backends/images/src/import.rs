//! `docker import`: a tar of a whole file system becomes an image of one layer, in one pass over its bytes.

use std::io::Read;

use journal_log::Timestamp;

use crate::{
    change::{ChangeError, apply_changes},
    config::{History, ImageConfig, RootFs, RunConfig},
    fault::Fault,
    layers::LayerError,
    lease::Lease,
    limits::LayerLimits,
    loaded::{LoadedImage, LoadedLayer},
    platform::Platform,
    store::ImageStore,
    store_error::StoreError,
};

/// What is said of an image beside its bytes.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Instructions such as `CMD sh`.
    pub changes: Vec<String>,
    /// A note, which becomes comment and history of the image.
    pub message: String,
    /// When it is made.
    pub created: Timestamp,
    /// What machine it is for.
    pub platform: Platform,
    /// What its layer may take.
    pub limits: LayerLimits,
}

/// Tells why an image was not made.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A change is wrong.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The tar could not be unpacked.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportError {
    /// Tells whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Change(_) => Fault::Content,
            Self::Layer(error) => error.fault(),
            Self::Store(_) => Fault::Store,
        }
    }
}

impl ImageStore {
    /// Makes an image of the tar in `input`, plain or compressed. Everything of it is durable and held by `lease`
    /// when this returns; after an error nothing of it is left.
    pub fn import(
        &self,
        input: impl Read,
        options: &ImportOptions,
        lease: &Lease,
    ) -> Result<LoadedImage, ImportError> {
        let mut run = RunConfig::default();
        apply_changes(&mut run, &options.changes)?;
        let mut blob = self.content().write()?;
        let staged = self.layers().stage(input, &mut blob, &options.limits)?;
        let (layer, blob) = (staged.layer(), blob.finish());
        let config = config(run, options, layer.diff_id);
        self.content().commit(&[&blob], lease)?;
        self.layers().commit(vec![staged], lease)?;
        self.layers().add_source(layer.diff_id, blob.digest())?;
        let layer = LoadedLayer {
            diff_id: layer.diff_id,
            blob: blob.digest(),
            size_bytes: layer.size_bytes,
        };
        Ok(self.make(config, vec![layer], lease)?)
    }
}

fn config(run: RunConfig, options: &ImportOptions, diff_id: crate::Digest) -> ImageConfig {
    let created = options.created.to_string();
    let comment = options.message.clone();
    ImageConfig {
        architecture: options.platform.architecture.clone(),
        variant: options.platform.variant.clone(),
        author: String::new(),
        comment: comment.clone(),
        config: run,
        created: created.clone(),
        history: vec![History { created, comment, ..History::default() }],
        os: options.platform.os.clone(),
        rootfs: Some(RootFs { kind: "layers".to_owned(), diff_ids: vec![diff_id] }),
    }
}

#[cfg(test)]
mod tests;
