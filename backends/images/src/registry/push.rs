//! `docker push`: layers that a registry does not have, the configuration, and at last the manifest.
//!
//! An image that came from a registry goes with the manifest that it came with, so that it has the same digest
//! everywhere. Others get one of Docker's schema 2, which every registry takes.

mod assemble;
mod upload;

use std::sync::Arc;

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use http::{
    HeaderValue, Method,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use reqwest::Body;
use tokio::task;

use self::{
    assemble::{Parcel, assemble},
    upload::Origin,
};
use super::{
    Registry,
    credentials::Credentials,
    dialogue::{Ask, Dialogue},
    error::RegistryError,
    progress::{LayerStep, Meter, Progress, PullStep},
};
use crate::{digest::Digest, lease::Lease, reference::Reference, store::ImageStore};

/// Repositories of the same registry that are asked for a layer. Each costs a request where it does not have it.
const ORIGINS_MAX: usize = 4;

/// What is pushed.
#[derive(Debug, Clone)]
pub struct PushOptions {
    /// Where to: a name with a tag.
    pub reference: Reference,
    /// The image.
    pub image: PushImage,
    /// Who asks.
    pub credentials: Credentials,
}

/// An image that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushImage {
    /// The digest of its configuration.
    pub id: Digest,
    /// The digests of its layers' tars, lowest first, each with that of a blob it was made from.
    pub layers: Vec<(Digest, Digest)>,
    /// The names with digests under which registries have it, each with its manifest.
    pub sources: Vec<(Reference, Digest)>,
}

/// An image that a registry has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// The digest of its manifest, which is among the blobs here too.
    pub digest: Digest,
    /// Bytes of the manifest.
    pub size_bytes: u64,
    /// Bytes of layers that were sent, and not there already.
    pub sent_bytes: u64,
}

impl Registry {
    /// Brings an image to a registry. What was made for that is durable and held by `lease` when this returns. It may
    /// be dropped at any time; what the registry has by then it may keep.
    pub async fn push(
        &self,
        store: &Arc<ImageStore>,
        options: PushOptions,
        lease: &Arc<Lease>,
        progress: &Progress,
    ) -> Result<Pushed, RegistryError> {
        progress.tell(PullStep::Begun).await;
        for (diff_id, _) in &options.image.layers {
            progress.layer(*diff_id, LayerStep::Preparing).await;
        }
        let (reference, image) = (options.reference, options.image);
        let origins = origins(&reference, &image);
        let mut scopes = vec![format!("repository:{}:pull,push", reference.path())];
        scopes.extend(origins.iter().map(|origin| format!("repository:{origin}:pull")));
        let mut search = self.search(reference.domain(), &options.credentials, scopes);
        let dialogue = loop {
            let dialogue = search.next().await?;
            // A mirror takes nothing.
            if !dialogue.endpoint.mirror {
                break dialogue;
            }
        };
        let (packer, held, repository) = (Arc::clone(store), Arc::clone(lease), reference.clone());
        let packing = task::spawn_blocking(move || assemble(&packer, &image, &repository, &held));
        let parcel = packing.await.map_err(|_| RegistryError::Stopped)??;
        let sent_bytes =
            self.send_layers(&dialogue, store, &parcel, &reference, &origins, progress).await?;
        dialogue.put_small(reference.path(), parcel.id, parcel.config.clone()).await?;
        dialogue.put_manifest(&reference, &parcel).await?;
        let size_bytes = parcel.manifest.len() as u64;
        Ok(Pushed { digest: parcel.digest, size_bytes, sent_bytes })
    }

    async fn send_layers(
        &self,
        dialogue: &Dialogue<'_>,
        store: &Arc<ImageStore>,
        parcel: &Parcel,
        reference: &Reference,
        origins: &[String],
        progress: &Progress,
    ) -> Result<u64, RegistryError> {
        let origin = Origin { path: reference.path(), others: origins };
        let mut going: FuturesUnordered<_> = parcel
            .layers
            .iter()
            .map(async |(diff_id, promised)| {
                let mut meter = Meter::new(progress.clone(), *diff_id);
                let _permit = match self.uploads.try_acquire() {
                    Ok(permit) => permit,
                    Err(_) => {
                        meter.tell(LayerStep::Waiting).await;
                        self.uploads.acquire().await.map_err(|_| RegistryError::Stopped)?
                    }
                };
                dialogue.put_layer(store, &origin, *promised, &mut meter).await
            })
            .collect();
        let mut sent_bytes = 0;
        while let Some(sent) = going.next().await {
            sent_bytes += sent?;
        }
        Ok(sent_bytes)
    }
}

impl Dialogue<'_> {
    async fn put_manifest(
        &self,
        reference: &Reference,
        parcel: &Parcel,
    ) -> Result<(), RegistryError> {
        let tag = reference.tag().unwrap_or_default();
        let url = self.endpoint.url(&format!("v2/{}/manifests/{tag}", reference.path()))?;
        let media_type = HeaderValue::from_str(&parcel.media_type)
            .map_err(|_| RegistryError::Protocol("a media type is no header".to_owned()))?;
        let bytes = parcel.manifest.clone();
        let body = || Body::from(bytes.clone());
        let ask = Ask::of(Method::PUT, url)
            .with(CONTENT_TYPE, media_type)
            .with(CONTENT_LENGTH, HeaderValue::from(parcel.manifest.len()));
        self.send(Ask { body: Some(&body), ..ask }).await?;
        Ok(())
    }
}

/// Gives the other repositories of the same registry that have the image's layers.
fn origins(reference: &Reference, image: &PushImage) -> Vec<String> {
    let same = |source: &&Reference| {
        source.domain() == reference.domain() && source.path() != reference.path()
    };
    let names = image.sources.iter().map(|(name, _)| name).filter(same);
    let mut paths: Vec<_> = names.map(|name| name.path().to_owned()).collect();
    paths.dedup();
    paths.truncate(ORIGINS_MAX);
    paths
}
