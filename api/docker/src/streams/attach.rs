//! `docker attach`: `POST /containers/{id}/attach` and `GET /containers/{id}/attach/ws`.

use std::sync::Arc;

use api_http::{Hijack, WebSocketError, WebSocketHandshake, hijack, websocket};
use api_types::{DetachKeys, Query};
use backends_core::{Output, RunId};
use journal_domain::{ContainerSpec, StreamEnd, StreamKind, StreamTarget};
use projector_containers::Container;
use tokio::io::{AsyncRead, AsyncWrite};
use warp::{Filter, Rejection, reply::Response};

use super::{
    input::{self, InputEnd},
    kept::{CopyError, RunEnd, Wanted, copy_present, follow},
    output::{OutputWriter, content_type},
    record::RecordedStream,
};
use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
};

/// An attach whose opening is on record, about to copy.
struct Session {
    call: Call,
    spec: Arc<ContainerSpec>,
    run: RunId,
    asked: Asked,
    end: RunEnd,
    output: Output,
    stream: RecordedStream,
}

/// What the query asks for.
struct Asked {
    logs: bool,
    stream: bool,
    stdin: bool,
    wanted: Wanted,
    keys: DetachKeys,
}

pub(super) fn route() -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path!("containers" / String / "attach").and(warp::post()).and(call()).and(hijack()).then(
        |target: String, call: Call, hijack: Hijack| {
            call.answer("/containers/{id}/attach", move |call| attach(call, target, hijack))
        },
    )
}

pub(super) fn websocket_route() -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path!("containers" / String / "attach" / "ws")
        .and(warp::get())
        .and(call())
        .and(websocket())
        .then(|target: String, call: Call, handshake| {
            call.answer("/containers/{id}/attach/ws", move |call| {
                attach_websocket(call, target, handshake)
            })
        })
}

async fn attach(call: Call, target: String, hijack: Hijack) -> Result<Response, ApiError> {
    let version = call.version()?;
    let session = Session::open(call, &target, StreamKind::Attach).await?;
    let kind = content_type(version, session.spec.tty);
    let accepted = hijack.accept(kind).await;
    let (response, opening) = match accepted {
        Ok(accepted) => accepted,
        Err(error) => {
            session.stream.close(StreamEnd::HungUp).await;
            return Err(ApiError::invalid(error.to_string()));
        }
    };
    let response = reply::in_record(response, session.stream.seq);
    tokio::spawn(async move {
        match opening.open().await {
            Ok(client) => {
                let raw = session.spec.tty;
                let (reader, writer) = client.into_split();
                session.run(reader, OutputWriter::new(writer, raw)).await;
            }
            Err(_) => session.stream.close(StreamEnd::HungUp).await,
        }
    });
    Ok(response)
}

async fn attach_websocket(
    call: Call,
    target: String,
    handshake: Result<WebSocketHandshake, WebSocketError>,
) -> Result<Response, ApiError> {
    let handshake = handshake.map_err(|error| ApiError::invalid(error.to_string()))?;
    let session = Session::open(call, &target, StreamKind::WebSocket).await?;
    let (response, opening) = handshake.accept();
    let response = reply::in_record(response, session.stream.seq);
    tokio::spawn(async move {
        match opening.open().await {
            Ok(client) => {
                let (reader, writer) = tokio::io::split(client);
                // A websocket has frames of its own; Docker puts no others into them.
                session.run(reader, OutputWriter::new(writer, true)).await;
            }
            Err(_) => session.stream.close(StreamEnd::HungUp).await,
        }
    });
    Ok(response)
}

// === impl Asked ===

impl Asked {
    fn read(query: &Query) -> Result<Self, ApiError> {
        let keys = query.get("detachKeys").unwrap_or_default();
        let keys = DetachKeys::parse(keys).map_err(|error| {
            ApiError::invalid(format!("Invalid escape keys ({keys}) provided: {error}"))
        })?;
        let wanted = Wanted { stdout: query.bool("stdout"), stderr: query.bool("stderr") };
        let (logs, stream, stdin) = (query.bool("logs"), query.bool("stream"), query.bool("stdin"));
        Ok(Self { logs, stream, stdin, wanted, keys })
    }
}

/// Refuses a container whose process does not go on, in Docker's words.
fn refuse_standing(container: &Container) -> Result<(), ApiError> {
    let id = container.id;
    if container.is_paused() {
        let text = format!("container {id} is paused, unpause the container first");
        return Err(ApiError::conflict(text));
    }
    if container.restarts.due.is_some() {
        let text = format!("container {id} is restarting, wait until the container is running");
        return Err(ApiError::conflict(text));
    }
    Ok(())
}

// === impl Session ===

impl Session {
    async fn open(call: Call, target: &str, kind: StreamKind) -> Result<Self, ApiError> {
        let asked = Asked::read(&call.query()?)?;
        let world = call.world();
        let container = world.state.find(target)?;
        refuse_standing(container)?;
        let end = RunEnd::of(&call.context().handle, container);
        let mut output = call.context().backend.output(container.id)?;
        if !asked.logs {
            output.reader.at_end().map_err(|error| ApiError::internal(error.to_string()))?;
        }
        let incarnation = container.incarnation + u32::from(!container.is_active());
        let run = RunId { container: container.id, incarnation };
        let spec = Arc::clone(&container.spec);
        let stream =
            RecordedStream::open(&call, StreamTarget::Container(run.container), kind).await?;
        Ok(Self { call, spec, run, asked, end, output, stream })
    }

    /// Copies both ways until the run has ended, the client detached, or it is gone.
    async fn run<R, W>(mut self, mut client: R, mut writer: OutputWriter<W>)
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let wanted = self.asked.wanted;
        if !self.asked.stream {
            let copied = copy_present(&mut self.output, wanted, &mut writer).await;
            self.finish(ended(copied), writer).await;
            return;
        }
        let end = self.end.clone();
        let stop = {
            let outgoing = follow(&mut self.output, wanted, &mut writer, &end);
            let incoming =
                incoming(&self.call, &self.spec, self.run, &self.asked, &self.end, &mut client);
            tokio::pin!(outgoing, incoming);
            tokio::select! {
                copied = &mut outgoing => ended(copied),
                end = &mut incoming => match end {
                    Some(end) => end,
                    None => ended(outgoing.await),
                },
            }
        };
        self.finish(stop, writer).await;
    }

    async fn finish<W: AsyncWrite + Unpin>(self, end: StreamEnd, writer: OutputWriter<W>) {
        // A client that is gone needs no goodbye.
        let _ = writer.finish().await;
        self.stream.close(end).await;
    }
}

/// Copies the client's input; gives why the whole stream ends, or `None` where its output goes on.
async fn incoming<R: AsyncRead + Unpin>(
    call: &Call,
    spec: &ContainerSpec,
    run: RunId,
    asked: &Asked,
    end: &RunEnd,
    client: &mut R,
) -> Option<StreamEnd> {
    if !asked.stdin || !spec.open_stdin {
        return None;
    }
    let incarnation = end.begun().await?;
    let opened = call.context().backend.stdin(RunId { incarnation, ..run }).await;
    let mut stdin = match opened {
        Ok(stdin) => stdin,
        Err(error) => {
            tracing::debug!(%run, %error, "standard input cannot be opened");
            return None;
        }
    };
    let keys = spec.tty.then(|| asked.keys.clone());
    match input::copy(client, &mut stdin.writer, keys).await {
        InputEnd::Sent if spec.stdin_once && !spec.tty => {
            (stdin.close)();
            None
        }
        // Docker ends the whole attach here, for nothing else could end the client's wait.
        InputEnd::Sent => Some(StreamEnd::HungUp),
        InputEnd::Detached => Some(StreamEnd::Detached),
        InputEnd::Refused => None,
        InputEnd::HungUp => Some(StreamEnd::HungUp),
    }
}

fn ended(copied: Result<(), CopyError>) -> StreamEnd {
    match copied {
        Ok(()) => StreamEnd::Finished,
        Err(CopyError::Client(_)) => StreamEnd::HungUp,
        Err(error @ CopyError::Kept(_)) => {
            tracing::error!(%error, "an attach was cut");
            StreamEnd::Finished
        }
    }
}
