//! `docker commit`: `POST /commit`.
//!
//! It is a transfer from a container to the store: an opening record, the layer, and a closing record with the image. What the
//! container's variables hold becomes the image's, readable for whoever has the image.

use std::sync::Arc;

use api_http::{BodyError, body_bytes};
use api_types::{ContainerConfig, IdResponse, from_json};
use backends_core::{FilesOf, StoreLease, Taking};
use backends_images::{
    History, ImageConfig, ImageStore, Lease, LoadedLayer, RootFs, RunConfig, apply_changes,
};
use bytes::Bytes;
use http::StatusCode;
use journal_domain::{
    AddMade, ContainerCommand, ContainerEvent, ContainerId, Event, ImageCommand, ImageName,
    ImageSource, Layer, MadeImage, MakingEnd, PauseContainer, UnpauseContainer,
};
use projector_containers::{Container, State};
use warp::{Filter, reply::Response};

use crate::{
    body::{self, SPEC_BYTES_MAX},
    call::{Call, call},
    error::ApiError,
    reply,
    routes::{
        Route,
        images::{Slots, Transfer},
    },
    settle,
};

/// What is asked for.
struct Asked {
    container: Arc<Container>,
    name: Option<ImageName>,
    author: String,
    comment: String,
    pause: bool,
    run: RunConfig,
}

pub(super) fn route(slots: Slots) -> Route {
    warp::path!("commit")
        .and(warp::post())
        .and(call())
        .and(body_bytes(SPEC_BYTES_MAX))
        .then(move |call: Call, body| {
            let slots = slots.clone();
            call.answer("/commit", move |call| commit(call, body, slots))
        })
        .boxed()
}

async fn commit(
    call: Call,
    body: Result<Bytes, BodyError>,
    slots: Slots,
) -> Result<Response, ApiError> {
    call.version()?;
    let asked = Asked::read(&call, body)?;
    let shown = asked.name.as_ref().map(ToString::to_string).unwrap_or_default();
    let transfer = Transfer::open(&call, slots, ImageSource::Commit, shown).await?;
    let seq = transfer.opened().await?;
    // A client that hangs up ends this call, and not the transfer: that is to end on record.
    let made = tokio::spawn(make(transfer, asked)).await;
    let id = made.map_err(|_| ApiError::internal("the commit panicked").at(seq))??;
    let body = IdResponse { id: id.to_string() };
    Ok(reply::in_record(reply::json(StatusCode::CREATED, &body), seq))
}

/// Makes the image and puts it on record.
async fn make(transfer: Transfer, asked: Asked) -> Result<journal_domain::ImageId, ApiError> {
    let store = Arc::clone(&transfer.call().context().images);
    let lease = Arc::new(store.lease());
    let made = match image(transfer.call(), &store, &lease, &asked).await {
        Ok(made) => made,
        Err(error) => {
            drop(lease);
            return Err(transfer.fail_as(error).await);
        }
    };
    let id = made.image.id;
    let command = AddMade {
        transfer: transfer.id(),
        images: vec![made],
        commit: Some((asked.container.id, asked.comment)),
        end: Some(MakingEnd { image: id, names: asked.name.into_iter().collect() }),
    };
    transfer.close(ImageCommand::from(command), lease).await?;
    Ok(id)
}

async fn image(
    call: &Call,
    store: &Arc<ImageStore>,
    lease: &Arc<Lease>,
    asked: &Asked,
) -> Result<MadeImage, ApiError> {
    let files = FilesOf {
        container: asked.container.id,
        spec: asked.container.spec.clone(),
        options: asked.container.options.clone(),
    };
    let frozen = asked.pause && freeze(call, asked.container.id).await?;
    let hold = StoreLease(lease.number());
    let layer = call.context().backend.take_changes(&files, hold, Taking::Copied).await;
    if frozen {
        thaw(call, asked.container.id).await;
    }
    let layer = layer?;
    let (config, layers, parent) = config(call, &call.world().state, asked, layer)?;
    let (store, lease) = (Arc::clone(store), Arc::clone(lease));
    let made = tokio::task::spawn_blocking(move || store.make(config, layers, &lease)).await;
    let made = made
        .map_err(|_| ApiError::internal("making the image panicked"))?
        .map_err(|error| ApiError::internal(error.to_string()))?;
    let (image, _) = api_shown::loaded_image(made);
    Ok(MadeImage { image, parent, cache_key: None })
}

/// Makes the document of the image: that of the container's image, and one step more.
fn config(
    call: &Call,
    state: &State,
    asked: &Asked,
    layer: Option<Layer>,
) -> Result<(ImageConfig, Vec<LoadedLayer>, Option<journal_domain::ImageId>), ApiError> {
    let spec = &asked.container.spec;
    let missing = || ApiError::internal("the image of the container is not here any more");
    let parent = spec.image_id.and_then(|id| state.images().get(&id)).ok_or_else(missing)?;
    let below = call.context().images.config(api_shown::stored(parent.id));
    let mut config = below.map_err(|error| ApiError::internal(error.to_string()))?;
    let mut layers: Vec<LoadedLayer> = parent.layers.iter().map(api_shown::stored_layer).collect();
    layers.extend(layer.as_ref().map(api_shown::stored_layer));
    let created = call.now().to_string();
    config.history.push(History {
        created: created.clone(),
        created_by: spec.cmd.iter().flatten().cloned().collect::<Vec<_>>().join(" "),
        author: asked.author.clone(),
        comment: asked.comment.clone(),
        empty_layer: layer.is_none(),
    });
    config.author.clone_from(&asked.author);
    config.comment.clone_from(&asked.comment);
    config.created = created;
    config.config = asked.run.clone();
    let diff_ids = layers.iter().map(|layer| layer.diff_id).collect();
    config.rootfs = Some(RootFs { kind: "layers".to_owned(), diff_ids });
    Ok((config, layers, Some(parent.id)))
}

/// Freezes a container that runs; tells whether it has to be let go again.
async fn freeze(call: &Call, id: ContainerId) -> Result<bool, ApiError> {
    let world = call.world();
    let run = world.state.container(&id).and_then(|container| container.running().cloned());
    if run.is_none_or(|run| run.paused) {
        return Ok(false);
    }
    let command = PauseContainer { target: id.to_string() };
    let committed = match call.submit(ContainerCommand::from(command)).await {
        Ok(committed) => committed,
        // It has ended meanwhile, or somebody else has frozen it.
        Err(_) => return Ok(false),
    };
    let asked = committed.events.iter().any(|event| {
        matches!(event, Event::Container(ContainerEvent::FreezeRequested(asked)) if asked.frozen)
    });
    settle::frozen(call, id, true).await?;
    Ok(asked)
}

/// Lets a container go on. One that has ended needs nothing.
async fn thaw(call: &Call, id: ContainerId) {
    let command = UnpauseContainer { target: id.to_string() };
    let thawed = match call.submit(ContainerCommand::from(command)).await {
        Ok(_) => settle::frozen(call, id, false).await,
        Err(error) => Err(error),
    };
    if let Err(error) = thawed {
        tracing::warn!(container = %id, error = error.message(), "a committed container stays frozen");
    }
}

// === impl Asked ===

impl Asked {
    fn read(call: &Call, body: Result<Bytes, BodyError>) -> Result<Self, ApiError> {
        let query = call.query()?;
        let world = call.world();
        let container = world.state.find(query.get("container").unwrap_or_default())?;
        if container.removing {
            let id = container.id;
            return Err(ApiError::conflict(format!(
                "You cannot commit container {id} which is being removed"
            )));
        }
        let name = match query.get("repo") {
            None | Some("") => None,
            Some(repository) => {
                let tag = query.get("tag").unwrap_or_default();
                Some(api_asked::tagged_name(repository, tag)?)
            }
        };
        let context = call.context();
        let own =
            api_asked::inspect(&world.state, container, &*context.backend, &context.keys).config;
        let config = match body::json(call, body, from_json::<Option<ContainerConfig>>)?.flatten() {
            Some(config) if config != ContainerConfig::default() => {
                api_shown::merged_config(config, own)
            }
            Some(_) | None => own,
        };
        let mut run = api_shown::run_config(config);
        let changes: Vec<&str> = query.get_all("changes").collect();
        apply_changes(&mut run, &changes).map_err(|error| ApiError::invalid(error.to_string()))?;
        Ok(Self {
            container: Arc::clone(container),
            name,
            author: query.get("author").unwrap_or_default().to_owned(),
            comment: query.get("comment").unwrap_or_default().to_owned(),
            pause: query.get("pause").is_none_or(str::is_empty) || query.bool("pause"),
            run,
        })
    }
}
