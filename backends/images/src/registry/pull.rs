//! `docker pull`: one image, each layer unpacked while it comes.
//!
//! Everything is staged until the last byte is checked; then it is made durable together, so that a pull that fails
//! leaves nothing, and one that succeeds waits for the disk once.

mod layer;

use std::{collections::BTreeMap, io::Write as _, sync::Arc};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::task;

use self::layer::{Brought, Wanted};
use super::{
    Registry,
    credentials::Credentials,
    dialogue::Dialogue,
    error::RegistryError,
    manifest::{Content, Document, promised},
    progress::{LayerStep, Progress, PullStep},
};
use crate::{
    config::{CONFIG_BYTES_MAX, ImageConfig},
    content::StagedBlob,
    descriptor,
    digest::Digest,
    lease::Lease,
    limits::LayerLimits,
    loaded::{LoadedImage, LoadedLayer},
    platform::Platform,
    reference::Reference,
    store::ImageStore,
};

/// What is pulled.
#[derive(Debug, Clone)]
pub struct PullOptions {
    /// By its tag, or by its digest.
    pub reference: Reference,
    /// For which platform, where a registry has it for several.
    pub platform: Platform,
    /// Who asks.
    pub credentials: Credentials,
    /// What each layer may take.
    pub limits: LayerLimits,
}

/// An image that a registry has, and that is now here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The image.
    pub image: LoadedImage,
    /// The digest that the name leads to.
    pub digest: Digest,
    /// The image's manifest, among the blobs.
    pub manifest: Digest,
    /// The list that led to it, among the blobs.
    pub list: Option<Digest>,
}

/// What is known of an image before its layers come.
struct Plan {
    documents: Vec<Document>,
    config: ImageConfig,
    config_bytes: Vec<u8>,
    id: Digest,
    /// Lowest first.
    layers: Vec<Wanted>,
}

impl Registry {
    /// Brings an image here. Everything of it is durable and held by `lease` when this returns; after an error nothing
    /// of it is left. It may be dropped at any time, which ends it in the same way.
    pub async fn pull(
        &self,
        store: &Arc<ImageStore>,
        options: &PullOptions,
        lease: &Arc<Lease>,
        progress: &Progress,
    ) -> Result<Pulled, RegistryError> {
        let reference = &options.reference;
        let scope = format!("repository:{}:pull", reference.path());
        let mut search = self.search(reference.domain(), &options.credentials, vec![scope]);
        let (dialogue, document, image) = loop {
            let dialogue = search.next().await?;
            match look(&dialogue, store, options).await {
                Ok((document, image)) => break (dialogue, document, image),
                Err(error) => search.pass_over(&dialogue, error)?,
            }
        };
        progress.tell(PullStep::Begun).await;
        let (digest, manifest) = (document.digest, image.digest);
        let list = matches!(document.content, Content::List(_)).then_some(digest);
        let documents = if list.is_some() { vec![document, image] } else { vec![image] };
        documents.iter().for_each(|document| lease.hold(document.digest));
        let plan = self.plan(&dialogue, store, options, documents, lease).await?;
        let image = self.bring(&dialogue, store, options, plan, lease, progress).await?;
        Ok(Pulled { image, digest, manifest, list })
    }

    /// Reads the configuration, and what the layers must be.
    async fn plan(
        &self,
        dialogue: &Dialogue<'_>,
        store: &ImageStore,
        options: &PullOptions,
        documents: Vec<Document>,
        lease: &Lease,
    ) -> Result<Plan, RegistryError> {
        let reference = &options.reference;
        let wrong = |what: String| RegistryError::manifest(reference.familiar(), what);
        let Some(Document { content: Content::Image(manifest), .. }) = documents.last() else {
            return Err(wrong("it is a list".to_owned()));
        };
        let config_type = manifest.config().media_type();
        if !descriptor::is_image_config(config_type) {
            return Err(wrong(format!("it is not an image, but holds {config_type}")));
        }
        let config = promised(manifest.config(), reference)?;
        lease.hold(config.digest);
        let config_bytes = match store.content().read(config.digest)? {
            Some(bytes) => bytes,
            None => dialogue.small_blob(reference.path(), config, CONFIG_BYTES_MAX).await?,
        };
        let id = config.digest;
        let config = ImageConfig::parse(&config_bytes)?;
        let (expected, found) = (config.diff_ids().len(), manifest.layers().len());
        if expected != found {
            return Err(wrong(format!("it has {found} layers, and its configuration {expected}")));
        }
        let pairs = config.diff_ids().iter().zip(manifest.layers());
        let layers = pairs.map(|(diff_id, layer)| {
            layer::check_type(layer.media_type()).map_err(wrong)?;
            let promised = promised(layer, reference)?;
            if promised.size_bytes > options.limits.bytes {
                return Err(wrong(format!("a layer has {} bytes", promised.size_bytes)));
            }
            Ok(Wanted { diff_id: *diff_id, promised })
        });
        let layers = layers.collect::<Result<Vec<_>, _>>()?;
        Ok(Plan { documents, config, config_bytes, id, layers })
    }

    async fn bring(
        &self,
        dialogue: &Dialogue<'_>,
        store: &Arc<ImageStore>,
        options: &PullOptions,
        plan: Plan,
        lease: &Arc<Lease>,
        progress: &Progress,
    ) -> Result<LoadedImage, RegistryError> {
        // Held first and looked for then, so that what is found stays.
        for layer in &plan.layers {
            lease.hold(layer.diff_id);
            lease.hold(layer.promised.digest);
        }
        let diff_ids: Vec<_> = plan.layers.iter().map(|layer| layer.diff_id).collect();
        let _turn = store.layers().turn_async(&diff_ids).await;
        let mut missing = BTreeMap::new();
        for layer in &plan.layers {
            if !layer.is_here(store)? {
                missing.insert((layer.diff_id, layer.promised.digest), *layer);
            }
        }
        let config_is_here = store.content().size_bytes(plan.id)?.is_some();
        if !missing.is_empty() || !config_is_here {
            for layer in &plan.layers {
                let wanted = missing.contains_key(&(layer.diff_id, layer.promised.digest));
                let step = if wanted { LayerStep::Wanted } else { LayerStep::Exists };
                progress.layer(layer.promised.digest, step).await;
            }
        }
        let path = options.reference.path();
        let mut coming: FuturesUnordered<_> = missing
            .values()
            .map(|layer| self.layer(dialogue, store, path, *layer, options.limits, progress))
            .collect();
        let mut brought = Vec::new();
        while let Some(layer) = coming.next().await {
            brought.push(layer?);
        }
        drop(coming);
        let (keeper, held) = (Arc::clone(store), Arc::clone(lease));
        let kept = task::spawn_blocking(move || keep(&keeper, plan, brought, &held));
        let image = kept.await.map_err(|_| RegistryError::Stopped)??;
        for layer in missing.values() {
            progress.layer(layer.promised.digest, LayerStep::Complete).await;
        }
        Ok(image)
    }
}

/// Finds what the name leads to, and the manifest for the platform.
async fn look(
    dialogue: &Dialogue<'_>,
    store: &ImageStore,
    options: &PullOptions,
) -> Result<(Document, Document), RegistryError> {
    let (reference, here) = (&options.reference, Some(store.content()));
    let document = dialogue.document(reference, here).await?;
    let image = dialogue.image(reference, &document, &options.platform, here).await?;
    Ok((document, image))
}

/// Makes everything durable under its name.
fn keep(
    store: &ImageStore,
    plan: Plan,
    brought: Vec<Brought>,
    lease: &Lease,
) -> Result<LoadedImage, RegistryError> {
    let content = store.content();
    let documents = plan.documents.iter().map(|document| &document.bytes);
    let mut blobs = Vec::new();
    for bytes in documents.chain([&plan.config_bytes]) {
        let mut blob = content.write()?;
        blob.write_all(bytes).map_err(|error| content.failed("writing", error))?;
        blobs.push(blob.finish());
    }
    let (mut layers, mut sources) = (Vec::new(), Vec::new());
    for Brought { diff_id, layer, blob } in brought {
        sources.push((diff_id, blob.digest()));
        layers.extend(layer);
        blobs.push(blob);
    }
    content.commit(&blobs.iter().collect::<Vec<&StagedBlob>>(), lease)?;
    store.layers().commit(layers, lease)?;
    for (diff_id, blob) in sources {
        store.layers().add_source(diff_id, blob)?;
    }
    loaded(store, plan)
}

fn loaded(store: &ImageStore, plan: Plan) -> Result<LoadedImage, RegistryError> {
    let mut layers = Vec::new();
    for layer in plan.layers {
        let found = store.layers().find(layer.diff_id)?;
        layers.push(LoadedLayer {
            diff_id: layer.diff_id,
            blob: layer.promised.digest,
            size_bytes: found.map_or(0, |found| found.size_bytes),
        });
    }
    Ok(LoadedImage::new(plan.id, Vec::new(), plan.config, layers))
}
