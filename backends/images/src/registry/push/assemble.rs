//! What is sent of an image: the manifest that it came with, or one that is made of what is here.

use std::io::{self, Write as _};

use flate2::{Compression as Level, GzBuilder};
use serde::Serialize;

use super::super::{
    blob::Promised,
    error::RegistryError,
    manifest::{Content, Document, promised},
};
use super::PushImage;
use crate::{
    compression::{Compression, MAGIC_BYTES},
    content::ContentStore,
    descriptor::{DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST},
    digest::Digest,
    intake::decode,
    lease::Lease,
    reference::Reference,
    store::ImageStore,
};

/// Everything of an image, ready to be sent.
pub(super) struct Parcel {
    pub(super) id: Digest,
    pub(super) config: Vec<u8>,
    pub(super) manifest: Vec<u8>,
    pub(super) digest: Digest,
    pub(super) media_type: String,
    /// The layers by the digests of their tars, each with the blob that is sent; none twice.
    pub(super) layers: Vec<(Digest, Promised)>,
}

/// A manifest of Docker's schema 2, with its fields in the order in which dockerd writes them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    media_type: &'static str,
    config: Entry,
    layers: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    media_type: &'static str,
    size: u64,
    digest: Digest,
}

/// Puts the parcel together. Works on a thread that may block, for it may have layers to compress.
pub(super) fn assemble(
    store: &ImageStore,
    image: &PushImage,
    reference: &Reference,
    lease: &Lease,
) -> Result<Parcel, RegistryError> {
    lease.hold(image.id);
    let config = store.content().read(image.id)?.ok_or(RegistryError::Missing(image.id))?;
    let (mut parcel, blobs) = match kept(store.content(), image, reference, lease)? {
        Some((document, blobs)) => {
            let Document { bytes: manifest, digest, media_type, .. } = document;
            let (id, layers) = (image.id, Vec::new());
            (Parcel { id, config, manifest, digest, media_type, layers }, blobs)
        }
        None => made(store, image, config, lease)?,
    };
    for ((diff_id, _), blob) in image.layers.iter().zip(blobs) {
        if !parcel.layers.iter().any(|(_, known)| known.digest == blob.digest) {
            parcel.layers.push((*diff_id, blob));
        }
    }
    Ok(parcel)
}

/// Finds a manifest that came with the image and whose layers are all here, that of the same repository first.
fn kept(
    content: &ContentStore,
    image: &PushImage,
    reference: &Reference,
    lease: &Lease,
) -> Result<Option<(Document, Vec<Promised>)>, RegistryError> {
    let mut sources: Vec<_> = image.sources.iter().collect();
    sources.sort_by_key(|(name, _)| name.name() != reference.name());
    for (name, manifest) in sources {
        lease.hold(*manifest);
        let Some(bytes) = content.read(*manifest)? else { continue };
        let document = Document::read(bytes, None, name)?;
        let Content::Image(found) = &document.content else { continue };
        let layers = found.layers().iter().map(|layer| promised(layer, name));
        let layers = layers.collect::<Result<Vec<_>, _>>()?;
        let mut here = promised(found.config(), name)?.digest == image.id
            && layers.len() == image.layers.len();
        for layer in &layers {
            lease.hold(layer.digest);
            here = here && content.size_bytes(layer.digest)? == Some(layer.size_bytes);
        }
        if here {
            return Ok(Some((document, layers)));
        }
    }
    Ok(None)
}

/// Makes a manifest of what is here.
fn made(
    store: &ImageStore,
    image: &PushImage,
    config: Vec<u8>,
    lease: &Lease,
) -> Result<(Parcel, Vec<Promised>), RegistryError> {
    let layers = image.layers.iter();
    let blobs = layers.map(|(diff_id, blob)| compressed(store, *diff_id, *blob, lease));
    let blobs = blobs.collect::<Result<Vec<_>, _>>()?;
    let entry = |media_type, digest, size| Entry { media_type, size, digest };
    let manifest = Manifest {
        schema_version: 2,
        media_type: DOCKER_MANIFEST,
        config: entry(DOCKER_CONFIG, image.id, config.len() as u64),
        layers: blobs.iter().map(|b| entry(DOCKER_LAYER, b.digest, b.size_bytes)).collect(),
    };
    let mut bytes = Vec::new();
    // As dockerd indents, so that the same image has the same digest whoever pushes it.
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"   ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    let written = manifest.serialize(&mut serializer);
    written.map_err(|error| store.content().failed("writing", error.into()))?;
    let digest = store.content().put(&bytes, lease)?;
    let media_type = DOCKER_MANIFEST.to_owned();
    let (id, layers) = (image.id, Vec::new());
    Ok((Parcel { id, config, manifest: bytes, digest, media_type, layers }, blobs))
}

/// Finds the layer compressed with gzip, or compresses it: always to the same bytes, which are kept.
fn compressed(
    store: &ImageStore,
    diff_id: Digest,
    blob: Digest,
    lease: &Lease,
) -> Result<Promised, RegistryError> {
    let content = store.content();
    lease.hold(diff_id);
    let mut other = None;
    for candidate in store.layers().sources(diff_id)?.into_iter().chain([blob]) {
        lease.hold(candidate);
        let Some(size_bytes) = content.size_bytes(candidate)? else { continue };
        if is_gzip(content, candidate)? {
            return Ok(Promised { digest: candidate, size_bytes });
        }
        other = Some(candidate);
    }
    let other = other.ok_or(RegistryError::Missing(diff_id))?;
    let file = content.open_blob(other)?.ok_or(RegistryError::Missing(other))?;
    let failed = |error| content.failed("compressing", error);
    let mut plain = decode(file).map_err(failed)?;
    // No time and no name: the same tar becomes the same bytes.
    let mut packed = GzBuilder::new().mtime(0).write(content.write()?, Level::default());
    io::copy(&mut plain, &mut packed).map_err(failed)?;
    packed.flush().map_err(failed)?;
    let packed = packed.finish().map_err(failed)?.finish();
    content.commit(&[&packed], lease)?;
    store.layers().add_source(diff_id, packed.digest())?;
    Ok(Promised { digest: packed.digest(), size_bytes: packed.size_bytes() })
}

fn is_gzip(content: &ContentStore, blob: Digest) -> Result<bool, RegistryError> {
    let Some(file) = content.open_blob(blob)? else { return Ok(false) };
    let mut first = Vec::new();
    let read = io::Read::read_to_end(&mut io::Read::take(file, MAGIC_BYTES), &mut first);
    read.map_err(|error| content.failed("reading", error))?;
    Ok(Compression::detect(&first) == Compression::Gzip)
}
