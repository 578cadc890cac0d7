//! `POST /containers/create`.

use api_http::{BodyError, body_bytes};
use api_types::{ContainerCreateRequest, ContainerCreateResponse};
use bytes::Bytes;
use http::StatusCode;
use journal_domain::{
    Command, ContainerCommand, ContainerCreated, ContainerEvent, ContainerId, ContainerOption,
    ContainerOptions, CreateContainer, CreateContainerOnce, CreateContainerWith, CreatePod, Event,
    MountPoint, MountSource, PodCommand,
};
use projector_containers::State;
use warp::{Filter, reply::Response};

use crate::{
    Addition,
    body::{self, SPEC_BYTES_MAX},
    call::{Call, call},
    error::ApiError,
    once::{CREATE_ROUTE, Once},
    pools, random, reply,
    routes::Route,
    secrets, settle,
};

pub(super) fn route() -> Route {
    warp::path!("create")
        .and(warp::post())
        .and(call())
        .and(body_bytes(SPEC_BYTES_MAX))
        .then(|call: Call, body| call.answer(CREATE_ROUTE, move |call| create(call, body)))
        .boxed()
}

async fn create(call: Call, body: Result<Bytes, BodyError>) -> Result<Response, ApiError> {
    let query = call.query()?;
    let once = match &body {
        Ok(body) => Once::of_create(&call, body)?,
        Err(_) => None,
    };
    let mut request =
        body::json(&call, body, ContainerCreateRequest::from_json)?.ok_or_else(|| {
            ApiError::invalid("config cannot be empty in order to create a container")
        })?;
    let no_network = api_shown::without_network(&mut request);
    let mut spec = api_asked::container_spec(&request, call.context().server.host.cpus)?;
    if let Some(platform) = query.get("platform").filter(|platform| !platform.is_empty()) {
        check_platform(&call.world().state, &spec.image, platform)?;
    }
    let mut options = api_asked::container_options(&request, call.version()?)?;
    options.extend(no_network);
    let runtime = &request.host().runtime;
    options.extend(api_asked::runtime(runtime, &call.context().backend.info())?);
    options.extend(pools::asked(&call, &spec.labels)?);
    if let Some(Addition::InPod(place)) = call.addition() {
        options.push(ContainerOption::Pod(place.clone()));
    }
    check_sources(&call, &options).await?;
    let publishing = ContainerOptions::of(&options).publishing;
    let mut warnings = api_asked::port_warnings(spec.network, publishing.as_ref());
    warnings.extend(api_shown::kernel_memory(&request, call.version()?)?);
    warnings.extend(api_asked::discarded(&request));
    let sealed = secrets::seal(&call, None, &mut spec.env).await?;
    let key = sealed.as_ref().map(|sealed| sealed.key);
    options.extend(sealed.map(ContainerOption::SealedEnvironment));
    let name = query.get("name").filter(|name| !name.is_empty());
    let create = CreateContainer {
        id: ContainerId::from_bytes(random::bytes()),
        name: name.map(str::to_owned),
        name_seed: u64::from_le_bytes(random::bytes()),
        image_name: api_shown::image_name(&spec.image),
        spec: Box::new(spec),
    };
    let command = match call.addition() {
        Some(Addition::WithPod(pod)) => with_pod(pod, create, options),
        Some(Addition::BeginsWhenOpen | Addition::InPod(_) | Addition::PushesImage(_)) | None => {
            command(create, options, once).into()
        }
    };
    let committed = secrets::submit(&call, command, key).await?;
    let (seq, world) = (committed.stamp.seq, call.world());
    let first = created(&committed.events).map(|created| created.id);
    let used = once.and_then(|once| world.state.used_keys().get(&once.key));
    let Some(id) = first.or(used.map(|used| used.container)) else {
        return Err(ApiError::internal("a container was accepted and not created").at(seq));
    };
    if let (None, Some(key)) = (first, key) {
        // Nothing was created this time, so nothing is sealed under it.
        call.context().keys.discard(key);
    }
    // What an earlier call with the same key created may be gone by now; its id is the answer all the same.
    fill_volumes(&call, id).await.map_err(|error| error.at(seq))?;
    let body = ContainerCreateResponse { id: id.to_string(), warnings };
    let response = reply::in_record(reply::json(StatusCode::CREATED, &body), seq);
    Ok(if first.is_none() { reply::replayed(response) } else { response })
}

/// Makes the command in the plainest shape that says everything.
fn command(
    create: CreateContainer,
    options: Vec<ContainerOption>,
    once: Option<Once>,
) -> ContainerCommand {
    match once {
        Some(Once { key, request }) => {
            let create = CreateContainerWith { create, options };
            CreateContainerOnce { create, key, request }.into()
        }
        None if options.is_empty() => create.into(),
        None => CreateContainerWith { create, options }.into(),
    }
}

/// Makes the command that creates a container together with the pod whose namespaces it holds.
fn with_pod(pod: &CreatePod, create: CreateContainer, options: Vec<ContainerOption>) -> Command {
    let holder = Some(Box::new(CreateContainerWith { create, options }));
    PodCommand::from(CreatePod { holder, ..pod.clone() }).into()
}

fn created(events: &[Event]) -> Option<&ContainerCreated> {
    events.iter().find_map(|event| {
        let Event::Container(ContainerEvent::Created(created)) = event else { return None };
        Some(created)
    })
}

/// Refuses what shall be mounted and is not there, where nobody is to make it.
async fn check_sources(call: &Call, options: &[ContainerOption]) -> Result<(), ApiError> {
    let mounting = ContainerOptions::of(options).mounting.unwrap_or_default();
    for asked in &mounting.asked {
        let MountSource::Path { path, create: false } = &asked.mount.source else { continue };
        if !call.context().backend.has_host_path(path).await {
            return Err(ApiError::invalid(format!(
                "invalid mount config for type \"bind\": bind source path does not exist: {path}"
            )));
        }
    }
    Ok(())
}

/// Waits until the container's volumes are there, with what its image has for them.
async fn fill_volumes(call: &Call, id: ContainerId) -> Result<(), ApiError> {
    let world = call.world();
    let Some(container) = world.state.container(&id) else { return Ok(()) };
    for name in container.mount_points().iter().filter_map(MountPoint::volume) {
        settle::volume_ready(call, name, id).await?;
    }
    Ok(())
}

/// Refuses an image that is for another platform than the client asks for.
fn check_platform(state: &State, image: &str, platform: &str) -> Result<(), ApiError> {
    let wanted = api_asked::platform(platform)?;
    let Ok(found) = state.find_image(image, api_shown::image_name(image).as_ref()) else {
        // The refusal that follows says that it is not here.
        return Ok(());
    };
    let actual = api_asked::platform_of(found);
    if wanted.os == actual.os && wanted.architecture == actual.architecture {
        return Ok(());
    }
    Err(ApiError::not_found(format!(
        "image with reference {image} was found but does not match the specified platform: \
         wanted {wanted}, actual: {actual}"
    )))
}
