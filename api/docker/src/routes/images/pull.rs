//! `docker pull`: `POST /images/create?fromImage=…`.
//!
//! The transfer is owned by a task of its own. A client that hangs up ends it, as with dockerd, and the log says so.

use std::{future::Future, sync::Arc};

use api_types::{ProgressMessage, Query};
use backends_images::{
    Credentials, Digest, LayerLimits, Platform, Progress, PullOptions, PullStep, Pulled, Reference,
    RegistryError,
};
use journal_domain::{AddPulled, ImageCommand, ImageId, ImageSource, RegistrySource};
use tokio::sync::mpsc;
use warp::reply::Response;

use super::{
    progress::{self, Ended, STEPS_MAX, streamed},
    transfer::{Failure, Slots, Transfer},
};
use crate::{Level, call::Call, error::ApiError};

/// What a client that is no longer there is told; it is for the log.
pub(super) const GONE: &str = "the client has gone";

pub(super) async fn pull(
    call: Call,
    image: &str,
    query: &Query,
    slots: Slots,
) -> Result<Response, ApiError> {
    let options = PullOptions {
        reference: wanted(image, query.get("tag").unwrap_or_default())?,
        platform: match query.get("platform") {
            None | Some("") => Platform::host(),
            Some(text) => api_asked::platform(text)?,
        },
        credentials: call.credentials()?,
        limits: LayerLimits::default(),
    };
    let reference = options.reference.clone();
    let transfer = Transfer::open(&call, slots, ImageSource::Pull, reference.familiar()).await?;
    let seq = transfer.opened().await?;
    let (sender, steps) = mpsc::channel(STEPS_MAX);
    let pulling = tokio::spawn(carry_out(transfer, options, Progress::new(sender)));
    streamed(steps, pulling, seq, move |step| shown(&reference, step)).await
}

/// Reads which image is wanted.
fn wanted(image: &str, tag: &str) -> Result<Reference, ApiError> {
    let reference = Reference::parse_untagged(image)?;
    if !tag.is_empty() {
        return match tag.parse::<Digest>() {
            Ok(digest) => Ok(reference.with_digest(digest)),
            Err(_) => reference.with_tag(tag).map_err(|_| ApiError::invalid("invalid tag format")),
        };
    }
    if reference.tag().is_none() && reference.digest().is_none() {
        return Err(ApiError::not_implemented(format!(
            "not built yet: pulling all tags of {}; name one with tag=",
            reference.familiar_name()
        )));
    }
    Ok(reference.canonical())
}

/// Pulls an image that a build begins with, and gives its identity. `tell` is told how it goes on.
pub(in crate::routes) async fn pull_for_build<F: Future<Output = ()> + Send>(
    call: &Call,
    slots: Slots,
    reference: Reference,
    platform: Option<Platform>,
    credentials: Credentials,
    tell: impl Fn(ProgressMessage) -> F + Send,
) -> Result<ImageId, ApiError> {
    let platform = platform.unwrap_or_else(Platform::host);
    let limits = LayerLimits::default();
    let name = api_shown::reference_name(reference.clone());
    let shown_as = reference.clone();
    let transfer = Transfer::open(call, slots, ImageSource::Pull, reference.familiar()).await?;
    let options = PullOptions { reference, platform, credentials, limits };
    let (sender, mut steps) = mpsc::channel(STEPS_MAX);
    let pulling = tokio::spawn(carry_out(transfer, options, Progress::new(sender)));
    while let Some(step) = steps.recv().await {
        tell(shown(&shown_as, step)).await;
    }
    let ended = pulling.await.map_err(|_| ApiError::internal("the transfer panicked"))?;
    for message in ended? {
        tell(message).await;
    }
    let found = call.world().state.images().named(&name).map(|image| image.id);
    found.ok_or_else(|| ApiError::internal("the image that was pulled is gone already"))
}

/// Pulls, and puts what came of it on record.
async fn carry_out(transfer: Transfer, options: PullOptions, progress: Progress) -> Ended {
    let context = transfer.call().context();
    let (registry, store) = (Arc::clone(&context.registry), Arc::clone(&context.images));
    let gate = context.gate.clone();
    let lease = Arc::new(store.lease());
    let pulled = tokio::select! {
        pulled = registry.pull(&store, &options, &lease, &progress) => pulled,
        () = progress.closed() => Err(RegistryError::Stopped),
        reason = gate.closed() => {
            drop(lease);
            return Err(transfer.fail_as(ApiError::refused_at(Level::FreesOnly, &reason)).await);
        }
    };
    let reference = options.reference;
    let pulled = match pulled {
        Ok(pulled) => pulled,
        Err(error) => {
            drop(lease);
            let reason = Failure::of(error.fault(), &error).reason;
            let error = if matches!(error, RegistryError::Stopped) {
                ApiError::internal(GONE)
            } else {
                ApiError::pull_failed(&error, &reference, reason)
            };
            return Err(transfer.fail_as(error).await);
        }
    };
    let warning = mismatch(&options.platform, &pulled, &reference);
    let name = api_shown::reference_name(reference.clone());
    let digested = |digest| api_shown::reference_name(reference.with_digest(digest));
    let (digest, source) = (pulled.digest, source(&pulled, digested(pulled.digest)));
    let (image, _) = api_shown::loaded_image(pulled.image);
    let before = transfer.call().world().state.images().named(&name).map(|image| image.id);
    let newer = before != Some(image.id);
    let command = AddPulled { transfer: transfer.id(), image, name, source };
    transfer.close(ImageCommand::from(command), lease).await?;
    let status = if newer { "Downloaded newer image" } else { "Image is up to date" };
    let status = format!("Status: {status} for {}", reference.familiar());
    let last = [format!("Digest: {digest}"), status].map(ProgressMessage::status);
    Ok(warning.map(ProgressMessage::status).into_iter().chain(last).collect())
}

fn source(pulled: &Pulled, name: journal_domain::ImageName) -> RegistrySource {
    let list = pulled.list.map(api_shown::digest);
    RegistrySource { name, manifest: api_shown::digest(pulled.manifest), list }
}

/// Tells that a registry has the image for one platform alone, and that for another than was asked for.
fn mismatch(wanted: &Platform, pulled: &Pulled, reference: &Reference) -> Option<String> {
    let config = &pulled.image.config;
    let actual = Platform {
        os: config.os.clone(),
        architecture: config.architecture.clone(),
        variant: config.variant.clone(),
    };
    let fits = wanted.os == actual.os && wanted.architecture == actual.architecture;
    (!fits).then(|| {
        format!(
            "WARNING: image with reference {} was found but does not match the specified platform: \
             wanted {wanted}, actual: {actual}",
            reference.familiar()
        )
    })
}

fn shown(reference: &Reference, step: PullStep) -> ProgressMessage {
    match step {
        PullStep::Begun => {
            let id = match (reference.digest(), reference.tag()) {
                (Some(_), _) => reference.familiar(),
                (None, tag) => tag.unwrap_or_default().to_owned(),
            };
            let status = format!("Pulling from {}", reference.path());
            ProgressMessage { id, ..ProgressMessage::status(status) }
        }
        PullStep::Layer { id, step } => progress::layer(id, step),
    }
}
