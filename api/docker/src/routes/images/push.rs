//! `docker push`: `POST /images/{name}/push`.
//!
//! A push is a transfer too: its record has the digest under which the registry knows the image.

use std::sync::Arc;

use api_types::{ProgressDetail, ProgressMessage};
use backends_images::{
    Digest, Progress, PullStep, PushImage, PushOptions, Pushed, Reference, RegistryError,
};
use journal_domain::{
    Command, CompletePush, Image, ImageCommand, ImageSource, RegistrySource, TagImage,
};
use projector_containers::State;
use serde_json::json;
use tokio::sync::mpsc;
use warp::{Filter, reply::Response};

use super::{
    progress::{self, Ended, STEPS_MAX, streamed},
    pull::GONE,
    transfer::{Failure, Slots, Transfer},
};
use crate::{
    Addition,
    call::{Call, call},
    error::ApiError,
    path::{Target, name_before},
    routes::Route,
};

pub(super) fn route(slots: Slots) -> Route {
    warp::post()
        .and(name_before("push"))
        .and(call())
        .then(move |name: Target, call: Call| {
            let slots = slots.clone();
            call.answer("/images/{name}/push", move |call| push(call, name.0, slots))
        })
        .boxed()
}

async fn push(call: Call, name: String, slots: Slots) -> Result<Response, ApiError> {
    let query = call.query()?;
    let reference = wanted(&name, query.get("tag").unwrap_or_default())?;
    let image = if let Some(Addition::PushesImage(image)) = call.addition() {
        of_another_name(&call, image, &reference)?
    } else {
        found(&call.world().state, &reference)?
    };
    let options = PushOptions { reference, image, credentials: call.credentials()? };
    let familiar = options.reference.familiar();
    let repository = options.reference.name();
    let transfer = Transfer::open(&call, slots, ImageSource::Push, familiar).await?;
    let seq = transfer.opened().await?;
    let (sender, steps) = mpsc::channel(STEPS_MAX);
    let pushing = tokio::spawn(carry_out(transfer, options, Progress::new(sender)));
    streamed(steps, pushing, seq, move |step| match step {
        PullStep::Begun => {
            ProgressMessage::status(format!("The push refers to repository [{repository}]"))
        }
        PullStep::Layer { id, step } => progress::layer(id, step),
    })
    .await
}

/// Reads where to push.
fn wanted(name: &str, tag: &str) -> Result<Reference, ApiError> {
    let reference = Reference::parse_untagged(name)?;
    if reference.digest().is_some() {
        return Err(ApiError::invalid("cannot push a digest reference"));
    }
    if !tag.is_empty() {
        return reference.with_tag(tag).map_err(|_| ApiError::invalid("invalid tag format"));
    }
    if reference.tag().is_none() {
        return Err(ApiError::not_implemented(format!(
            "not built yet: pushing all tags of {}; name one with tag=",
            reference.familiar_name()
        )));
    }
    Ok(reference)
}

/// Finds the image that has the name.
fn found(state: &State, reference: &Reference) -> Result<PushImage, ApiError> {
    let name = api_shown::reference_name(reference.clone());
    let image = state.images().named(&name).ok_or_else(|| {
        ApiError::not_found(format!(
            "An image does not exist locally with the tag: {}",
            reference.familiar_name()
        ))
    })?;
    Ok(described(state, image))
}

/// Finds the image that is pushed under a name that it need not have.
///
/// Who asks must be one who may give it the name, or nobody could be kept from sending what is not theirs to use.
fn of_another_name(
    call: &Call,
    target: &str,
    reference: &Reference,
) -> Result<PushImage, ApiError> {
    let (state, target_name) = (&call.world().state, api_shown::image_name(target));
    let image = state.find_image(target, target_name.as_ref())?;
    if let Some(check) = call.check() {
        let name = api_shown::reference_name(reference.clone());
        let tag = TagImage { target: target.to_owned(), target_name, name };
        check(state, &Command::Image(tag.into()))?;
    }
    Ok(described(state, image))
}

fn described(state: &State, image: &Image) -> PushImage {
    let digest = |digest: &journal_domain::Digest| Digest::from_bytes(*digest.as_bytes());
    let layers = image.layers.iter().map(|layer| (digest(&layer.diff_id), digest(&layer.blob)));
    let sources = state.images().sources(&image.id).iter();
    let sources = sources.filter_map(|source| {
        Some((Reference::parse(source.name.as_str()).ok()?, digest(&source.manifest)))
    });
    PushImage { id: digest(&image.id), layers: layers.collect(), sources: sources.collect() }
}

/// Pushes, and puts what came of it on record.
async fn carry_out(transfer: Transfer, options: PushOptions, progress: Progress) -> Ended {
    let context = transfer.call().context();
    let (registry, store) = (Arc::clone(&context.registry), Arc::clone(&context.images));
    let lease = Arc::new(store.lease());
    let (reference, image) = (options.reference.clone(), api_shown::digest(options.image.id));
    let pushed = tokio::select! {
        pushed = registry.push(&store, options, &lease, &progress) => pushed,
        () = progress.closed() => Err(RegistryError::Stopped),
    };
    let pushed = match pushed {
        Ok(pushed) => pushed,
        Err(error) => {
            drop(lease);
            let stopped = matches!(error, RegistryError::Stopped);
            let reason = Failure::of(error.fault(), &error).reason;
            let reason = if stopped { GONE.to_owned() } else { reason };
            return Err(transfer.fail_as(ApiError::internal(reason)).await);
        }
    };
    let name = api_shown::reference_name(reference.clone());
    let manifest = api_shown::digest(pushed.digest);
    let digested = api_shown::reference_name(reference.with_digest(pushed.digest));
    let source = RegistrySource { name: digested, manifest, list: None };
    let (transfer_id, sent_bytes) = (transfer.id(), pushed.sent_bytes);
    let command = CompletePush { transfer: transfer_id, image, name, source, sent_bytes };
    transfer.close(ImageCommand::from(command), lease).await?;
    Ok(told(reference.tag().unwrap_or_default(), &pushed).into())
}

/// Tells the digest twice: for people and for programs.
fn told(tag: &str, pushed: &Pushed) -> [ProgressMessage; 2] {
    let Pushed { digest, size_bytes, .. } = pushed;
    let aux = json!({"Tag": tag, "Digest": digest, "Size": size_bytes});
    [
        ProgressMessage::status(format!("{tag}: digest: {digest} size: {size_bytes}")),
        ProgressMessage {
            progress_detail: Some(ProgressDetail::default()),
            aux: Some(aux),
            ..ProgressMessage::default()
        },
    ]
}
