//! `docker save`: images as an archive that every dockerd, skopeo and this crate load.
//!
//! The layout is that of Docker 25 and later: an OCI layout, with the tables of older readers beside it. All layers
//! are written as plain tars under the digest that the configuration knows them by, whatever they came as, so that
//! one archive has one form and depends on the images alone. Sizes are known before the first byte is written, and
//! memory is bounded by the tables.
//!
//! Nothing is believed of this host's own disk either: a layer that has not its digest any more ends the archive.

use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, Write},
};

use crate::{
    config::{ConfigError, ImageConfig},
    digest::{Digest, Hasher},
    intake::decode,
    lease::Lease,
    platform::Platform,
    reference::Reference,
    store::ImageStore,
    store_error::StoreError,
};

mod entry;
mod tables;

/// An image that is to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedImage {
    /// The digest of its configuration.
    pub id: Digest,
    /// The names it is saved under, each with a tag; there may be none.
    pub names: Vec<Reference>,
    /// The digests of its layers' tars, each with that of the blob it is in, lowest first.
    pub layers: Vec<(Digest, Digest)>,
}

/// An archive of which every size is known and no byte is written.
#[derive(Debug)]
pub struct SavePlan {
    /// What lies below `blobs/sha256/`.
    blobs: BTreeMap<Digest, Content>,
    /// The files at the root, in their order.
    tables: Vec<(&'static str, Vec<u8>)>,
}

/// Tells why images could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// A part of an image is not in the store.
    #[error("{0} of the image is not in the store")]
    Missing(Digest),
    /// The configuration of an image cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A layer on the disk is not what was stored.
    #[error("the stored layer {diff_id} is damaged: {what}")]
    Damaged {
        /// What it must be.
        diff_id: Digest,
        /// What is wrong with it.
        what: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A blob could not be read.
    #[error("reading a layer failed")]
    Read(#[source] io::Error),
    /// Whoever takes the archive takes no more.
    #[error("writing the archive failed")]
    Write(#[source] io::Error),
}

/// What a file below `blobs/sha256/` is made of.
#[derive(Debug)]
enum Content {
    Bytes(Vec<u8>),
    /// The tar of a layer, and the blob it is in.
    Layer {
        blob: Digest,
        size_bytes: u64,
    },
}

/// What of an image stands in the tables.
#[derive(Debug)]
struct Described {
    id: Digest,
    config_bytes: u64,
    platform: Platform,
    names: Vec<Reference>,
    /// Digests and bytes of the layers' tars, lowest first.
    layers: Vec<(Digest, u64)>,
}

impl ImageStore {
    /// Has `lease` hold everything of the images. What is held and was referred to after that stays.
    pub fn hold_saved(&self, images: &[SavedImage], lease: &Lease) {
        for image in images {
            lease.hold(image.id);
            for (diff_id, blob) in &image.layers {
                lease.hold(*diff_id);
                lease.hold(*blob);
            }
        }
    }

    /// Finds all parts of the images, which are held, and makes the tables of their archive.
    pub fn plan_save(&self, images: Vec<SavedImage>) -> Result<SavePlan, SaveError> {
        let mut blobs = BTreeMap::new();
        let mut described = Vec::new();
        for image in images {
            let config = self.content().read(image.id)?.ok_or(SaveError::Missing(image.id))?;
            let mut layers = Vec::new();
            for (diff_id, blob) in image.layers {
                let size_bytes = match blobs.get(&diff_id) {
                    Some(Content::Layer { size_bytes, .. }) => *size_bytes,
                    Some(Content::Bytes(_)) | None => self.tar_bytes(diff_id, blob)?,
                };
                blobs.insert(diff_id, Content::Layer { blob, size_bytes });
                layers.push((diff_id, size_bytes));
            }
            let parsed = ImageConfig::parse(&config)?;
            described.push(Described {
                id: image.id,
                config_bytes: config.len() as u64,
                platform: parsed.platform(),
                names: image.names,
                layers,
            });
            blobs.insert(image.id, Content::Bytes(config));
        }
        let tables = tables::make(&described, |manifest| {
            let digest = Digest::of(&manifest);
            blobs.insert(digest, Content::Bytes(manifest));
            digest
        });
        Ok(SavePlan { blobs, tables })
    }

    /// Writes the archive of a plan whose parts are still held.
    pub fn write_archive(&self, plan: &SavePlan, out: &mut impl Write) -> Result<(), SaveError> {
        entry::directory(out, "blobs/")?;
        entry::directory(out, "blobs/sha256/")?;
        for (digest, content) in &plan.blobs {
            let name = format!("blobs/sha256/{}", digest.to_hex());
            match content {
                Content::Bytes(bytes) => entry::file(out, &name, bytes)?,
                Content::Layer { blob, size_bytes } => {
                    entry::header(out, &name, *size_bytes)?;
                    self.write_layer(*digest, *blob, *size_bytes, out)?;
                    entry::padding(out, *size_bytes)?;
                }
            }
        }
        for (name, bytes) in &plan.tables {
            entry::file(out, name, bytes)?;
        }
        entry::end(out)
    }

    /// Gives the bytes of a layer's tar.
    fn tar_bytes(&self, diff_id: Digest, blob: Digest) -> Result<u64, SaveError> {
        let stored = self.content().size_bytes(blob)?.ok_or(SaveError::Missing(blob))?;
        if blob == diff_id {
            return Ok(stored);
        }
        if let Some(bytes) = self.layers().find(diff_id)?.and_then(|layer| layer.tar_bytes) {
            return Ok(bytes);
        }
        // A layer from before its size was kept: it is decompressed once more.
        let mut bytes = 0;
        self.read_layer(blob, |piece| {
            bytes += piece.len() as u64;
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Writes the tar of a layer, which must have its digest and its size.
    fn write_layer(
        &self,
        diff_id: Digest,
        blob: Digest,
        size_bytes: u64,
        out: &mut impl Write,
    ) -> Result<(), SaveError> {
        let damaged = |what: String| SaveError::Damaged { diff_id, what };
        let mut hasher = Hasher::default();
        let mut left_bytes = size_bytes;
        self.read_layer(blob, |piece| {
            let fits = left_bytes.checked_sub(piece.len() as u64);
            left_bytes =
                fits.ok_or_else(|| damaged(format!("it has more than {size_bytes} bytes")))?;
            hasher.update(piece);
            out.write_all(piece).map_err(SaveError::Write)
        })?;
        if left_bytes > 0 {
            return Err(damaged(format!("{left_bytes} of its {size_bytes} bytes are missing")));
        }
        match hasher.finish() {
            found if found == diff_id => Ok(()),
            found => Err(damaged(format!("its digest is {found}"))),
        }
    }

    /// Hands the tar in a blob to `sink`, piece by piece.
    fn read_layer(
        &self,
        blob: Digest,
        mut sink: impl FnMut(&[u8]) -> Result<(), SaveError>,
    ) -> Result<(), SaveError> {
        let file = self.content().open_blob(blob)?.ok_or(SaveError::Missing(blob))?;
        let mut plain = decode(file).map_err(SaveError::Read)?;
        loop {
            let piece = plain.fill_buf().map_err(SaveError::Read)?;
            if piece.is_empty() {
                return Ok(());
            }
            sink(piece)?;
            let used = piece.len();
            plain.consume(used);
        }
    }
}

impl SavePlan {
    /// Gives the bytes of the whole archive.
    pub fn size_bytes(&self) -> u64 {
        let blobs = self.blobs.values().map(|content| match content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Layer { size_bytes, .. } => *size_bytes,
        });
        let tables = self.tables.iter().map(|(_, bytes)| bytes.len() as u64);
        entry::archive_bytes(blobs.chain(tables))
    }
}

#[cfg(test)]
mod tests;
