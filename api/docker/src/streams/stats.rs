//! `docker stats`: `GET /containers/{id}/stats`. Nothing is measured but what somebody asks for.

use std::{io, sync::Arc, time::Duration};

use api_shown::Reading;
use api_types::ContainerStatsResponse;
use backends_core::{EffectError, RunId};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use journal_domain::ContainerId;
use projector_containers::Container;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use tokio_stream::wrappers::ReceiverStream;
use warp::{
    Filter, Rejection,
    reply::{Reply, Response},
};

use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
};

/// The pause between two readings: Docker's.
const PAUSE: Duration = Duration::from_secs(1);

/// Readings on their way to a client. A slow one gets the next that there is room for, and no backlog.
const READINGS_MAX: usize = 1;

pub(super) fn route() -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path!("containers" / String / "stats").and(warp::get()).and(call()).then(
        |target: String, call: Call| {
            call.answer("/containers/{id}/stats", move |call| stats(call, target))
        },
    )
}

async fn stats(call: Call, target: String) -> Result<Response, ApiError> {
    let query = call.query()?;
    // Docker streams unless it is told not to.
    let streams = query.get("stream").is_none() || query.bool("stream");
    let one_shot = query.bool("one-shot");
    if streams && one_shot {
        return Err(ApiError::invalid("cannot have stream=true and one-shot=true"));
    }
    let world = call.world();
    let id = world.state.find(&target)?.id;
    let mut readings = Readings { call, id, before: None };
    if streams {
        return Ok(reply::as_of(readings.stream(), world.seq));
    }
    let mut shown = readings.next().await?;
    if !one_shot && readings.before.is_some() {
        tokio::time::sleep(PAUSE).await;
        shown = readings.next().await?;
    }
    let shown = shown.ok_or_else(|| ApiError::not_found(format!("No such container: {target}")))?;
    Ok(reply::as_of(reply::json(StatusCode::OK, &shown), world.seq))
}

/// Readings of one container, one after the other.
struct Readings {
    call: Call,
    id: ContainerId,
    before: Option<Reading>,
}

impl Readings {
    /// Reads what the container uses now; of one that does not run that is nothing, and of one that is gone `None`.
    async fn next(&mut self) -> Result<Option<ContainerStatsResponse>, ApiError> {
        let world = self.call.world();
        let Some(container) = world.state.container(&self.id) else { return Ok(None) };
        let Some(reading) = self.read(container).await? else {
            self.before = None;
            let (name, id) = (format!("/{}", container.name), container.id.to_string());
            return Ok(Some(ContainerStatsResponse::nothing(name, id)));
        };
        let shown = api_shown::stats(container, &reading, self.before.as_ref());
        self.before = Some(reading);
        Ok(Some(shown))
    }

    async fn read(&self, container: &Container) -> Result<Option<Reading>, ApiError> {
        if container.running().is_none() {
            return Ok(None);
        }
        let run = RunId { container: container.id, incarnation: container.incarnation };
        let backend = Arc::clone(&self.call.context().backend);
        match backend.usage(run).await {
            Ok(usage) => Ok(Some((self.call.now(), usage))),
            Err(EffectError::Gone) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a reading each second, until the client or the container has gone.
    fn stream(mut self) -> Response {
        let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(READINGS_MAX);
        tokio::spawn(async move {
            let mut ticks = interval(PAUSE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = sender.closed() => return,
                }
                let line = match self.next().await {
                    Ok(Some(shown)) => Ok(reply::json_bytes(&shown, reply::JSON_BYTES)),
                    Ok(None) => return,
                    Err(error) => Err(io::Error::other(error.message().to_owned())),
                };
                let failed = line.is_err();
                if sender.send(line).await.is_err() || failed {
                    return;
                }
            }
        });
        let mut response = warp::reply::stream(ReceiverStream::new(receiver)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}
