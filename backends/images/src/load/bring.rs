//! Checks the images of an archive against its files, unpacks their layers, and gives everything its name.

use std::{
    collections::BTreeMap,
    io,
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{LoadError, LoadOptions, Wanted, files::Files};
use crate::{
    config::{CONFIG_BYTES_MAX, ImageConfig},
    content::StagedBlob,
    digest::Digest,
    layers::{StagedLayer, plain_digest},
    lease::Lease,
    limits::LayerLimits,
    loaded::{LoadedImage, LoadedLayer},
    store::ImageStore,
};

/// Layers that are unpacked at the same time. More would wait for the disk.
const THREADS_MAX: usize = 4;

/// An image whose files are there.
struct Checked<'f> {
    wanted: Wanted,
    config: ImageConfig,
    config_blob: &'f StagedBlob,
    /// The layers: what they must be, and their bytes.
    layers: Vec<(Digest, &'f StagedBlob)>,
}

/// Brings the wanted images of an archive into the store.
pub(super) fn bring(
    store: &ImageStore,
    files: &Files,
    wanted: Vec<Wanted>,
    options: &LoadOptions,
    lease: &Lease,
) -> Result<Vec<LoadedImage>, LoadError> {
    let images = wanted.into_iter().map(|wanted| check(files, wanted, options));
    let images = images.collect::<Result<Vec<_>, _>>()?;
    // Once each, but every file of those that are said to be one layer.
    let layers: BTreeMap<_, _> = images
        .iter()
        .flat_map(|image| &image.layers)
        .map(|(diff_id, blob)| ((*diff_id, blob.digest()), *blob))
        .collect();
    let diff_ids: Vec<_> = layers.keys().map(|(diff_id, _)| *diff_id).collect();
    // Held first and looked for then, so that what is found stays.
    diff_ids.iter().for_each(|diff_id| lease.hold(*diff_id));
    let _turn = store.layers().turn(&diff_ids);
    let staged = unpack_all(store, &layers, &options.limits)?;
    let blobs: Vec<_> = images
        .iter()
        .flat_map(|image| image.layers.iter().map(|(_, blob)| *blob).chain([image.config_blob]))
        .collect();
    store.content().commit(&blobs, lease)?;
    store.layers().commit(staged, lease)?;
    for (diff_id, blob) in layers.keys() {
        store.layers().add_source(*diff_id, *blob)?;
    }
    images.into_iter().map(|image| loaded(store, image)).collect()
}

fn check<'f>(
    files: &'f Files,
    wanted: Wanted,
    options: &LoadOptions,
) -> Result<Checked<'f>, LoadError> {
    files.check_name(&wanted.config)?;
    let config = ImageConfig::parse(&files.bytes(&wanted.config, CONFIG_BYTES_MAX)?)?;
    let found = config.platform();
    if options.is_asked && options.platform.fitness(&found).is_none() {
        let (wanted, found) = (options.platform.clone(), found.to_string());
        return Err(LoadError::Platform { wanted, found });
    }
    let (expected, found) = (config.diff_ids().len(), wanted.layers.len());
    if expected != found {
        return Err(LoadError::LayerCount { expected, found });
    }
    let mut layers = Vec::new();
    for (diff_id, path) in config.diff_ids().iter().zip(&wanted.layers) {
        files.check_name(path)?;
        layers.push((*diff_id, files.get(path)?));
    }
    let config_blob = files.get(&wanted.config)?;
    Ok(Checked { wanted, config, config_blob, layers })
}

/// Unpacks the layers that are not here yet, several at a time, and checks those that are.
fn unpack_all(
    store: &ImageStore,
    layers: &BTreeMap<(Digest, Digest), &StagedBlob>,
    limits: &LayerLimits,
) -> Result<Vec<StagedLayer>, LoadError> {
    let queue: Vec<_> = layers.iter().collect();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        while let Some(((diff_id, _), blob)) = queue.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = unpack_one(store, *diff_id, blob, limits);
            if result.is_err() {
                // Nothing of this archive will be kept, so the others need not begin.
                next.store(queue.len(), Ordering::Relaxed);
            }
            results.lock().unwrap_or_else(PoisonError::into_inner).push(result);
        }
    };
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        for _ in 1..processors.min(THREADS_MAX).min(queue.len()) {
            scope.spawn(work);
        }
        work();
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().filter_map(Result::transpose).collect()
}

/// Unpacks a layer; `None` when it is here. Either way its bytes must be what the configuration says.
fn unpack_one(
    store: &ImageStore,
    expected: Digest,
    blob: &StagedBlob,
    limits: &LayerLimits,
) -> Result<Option<StagedLayer>, LoadError> {
    let check = |found| match found == expected {
        true => Ok(()),
        false => Err(LoadError::Digest { what: "a layer".to_owned(), expected, found }),
    };
    if store.layers().find(expected)?.is_some() {
        if blob.digest() != expected {
            check(plain_digest(blob, limits)?)?;
        }
        return Ok(None);
    }
    let staged = store.layers().stage(blob.open()?, io::sink(), limits)?;
    check(staged.layer().diff_id)?;
    Ok(Some(staged))
}

fn loaded(store: &ImageStore, image: Checked<'_>) -> Result<LoadedImage, LoadError> {
    let mut layers = Vec::new();
    for (diff_id, blob) in &image.layers {
        let layer = store.layers().find(*diff_id)?;
        let size_bytes = layer.map_or(0, |layer| layer.size_bytes);
        layers.push(LoadedLayer { diff_id: *diff_id, blob: blob.digest(), size_bytes });
    }
    let id = image.config_blob.digest();
    let left_out = image.wanted.left_out;
    Ok(LoadedImage { left_out, ..LoadedImage::new(id, image.wanted.names, image.config, layers) })
}
