//! `docker cp`: `/containers/{id}/archive`.
//!
//! Bytes go between the client and the backend and are never in the log. A copy out of a container changes nothing and
//! leaves no record; a copy into one is owned by a task of its own, so that its end is on record whatever becomes of
//! the client.

use api_http::{BodyStream, body_stream};
use api_types::{ContainerPathStat, go_file_mode, go_time};
use backends_core::{FilesError, FilesOf, PathStat, UploadStream, WriteFiles, WriteOptions};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use journal_domain::{CompleteCopy, CopyCommand, CopyId, FailCopy, OpenCopy};
use journal_log::Seq;
use warp::{
    Filter,
    reply::{Reply as _, Response},
};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    random, reply,
    routes::Route,
};

/// The header that tells what is at the path.
const STAT_HEADER: HeaderName = HeaderName::from_static("x-docker-container-path-stat");

/// The route's name in metrics.
const TEMPLATE: &str = "/containers/{id}/archive";

pub(super) fn stat_route() -> Route {
    warp::path!(Target / "archive")
        .and(warp::head())
        .and(call())
        .then(|target: Target, call: Call| call.answer(TEMPLATE, move |call| stat(call, target.0)))
        .boxed()
}

pub(super) fn read_route() -> Route {
    warp::path!(Target / "archive")
        .and(warp::get())
        .and(call())
        .then(|target: Target, call: Call| call.answer(TEMPLATE, move |call| read(call, target.0)))
        .boxed()
}

pub(super) fn write_route() -> Route {
    warp::path!(Target / "archive")
        .and(warp::put())
        .and(call())
        .and(body_stream())
        .then(|target: Target, call: Call, body| {
            call.answer(TEMPLATE, move |call| write(call, target.0, body))
        })
        .boxed()
}

/// What is asked for.
struct Asked {
    target: String,
    files: FilesOf,
    path: String,
    seq: Seq,
}

async fn stat(call: Call, target: String) -> Result<Response, ApiError> {
    let asked = Asked::of(&call, target)?;
    let stat = call.context().backend.stat_path(&asked.files, &asked.path).await;
    let stat = stat.map_err(|error| asked.failed(error))?;
    let response = with_stat(reply::empty(StatusCode::OK), stat);
    Ok(reply::as_of(response, asked.seq))
}

async fn read(call: Call, target: String) -> Result<Response, ApiError> {
    let asked = Asked::of(&call, target)?;
    let found = call.context().backend.read_path(&asked.files, &asked.path).await;
    let (stat, archive) = found.map_err(|error| asked.failed(error))?;
    let mut response = with_stat(warp::reply::stream(archive).into_response(), stat);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    Ok(reply::as_of(response, asked.seq))
}

async fn write(call: Call, target: String, body: BodyStream) -> Result<Response, ApiError> {
    let asked = Asked::of(&call, target)?;
    let query = call.query()?;
    let options = WriteOptions {
        keep_kinds: query.bool("noOverwriteDirNonDir"),
        to_user: query.bool("copyUIDGID"),
    };
    // A path that nothing can be written to is refused before anything is on record as open.
    let files = call.context().backend.write_path(&asked.files, &asked.path, options).await;
    let files = files.map_err(|error| asked.failed(error))?;
    let id = CopyId::from_bytes(random::bytes());
    let open = OpenCopy { id, container: asked.files.container, path: asked.path };
    call.submit(CopyCommand::from(open)).await?;
    let gate = call.context().gate.clone();
    let body = body.map_err(std::io::Error::other);
    // Once only what frees room is taken, the copy is broken off.
    let body = body.map(move |chunk| gate.check_bytes(chunk)).boxed();
    let taken = tokio::spawn(take(call, id, files, body)).await;
    let seq = taken.map_err(|_| ApiError::internal("the copy panicked"))??;
    Ok(reply::in_record(reply::empty(StatusCode::OK), seq))
}

/// Takes the bytes in and puts what came of them on record.
async fn take(
    call: Call,
    id: CopyId,
    files: Box<dyn WriteFiles>,
    body: UploadStream,
) -> Result<Seq, ApiError> {
    let (command, error) = match files.take(body).await {
        Ok(written) => {
            let digest = written.digest;
            let (sent_bytes, entries) = (written.sent_bytes, written.entries);
            (CopyCommand::from(CompleteCopy { id, digest, sent_bytes, entries }), None)
        }
        Err(error) => {
            call.context().gate.ask();
            let error = ApiError::from(error);
            let reason = error.message().to_owned();
            (CopyCommand::from(FailCopy { id, reason }), Some(error))
        }
    };
    let seq = call.submit(command).await?.stamp.seq;
    error.map_or(Ok(seq), |error| Err(error.at(seq)))
}

// === impl Asked ===

impl Asked {
    fn of(call: &Call, target: String) -> Result<Self, ApiError> {
        call.version()?;
        let path = call.query()?.get("path").unwrap_or_default().to_owned();
        if path.is_empty() {
            // Docker's own words, without the blank that is missing in them.
            return Err(ApiError::invalid("bad parameter: path cannot be empty"));
        }
        let world = call.world();
        let container = world.state.find(&target)?;
        let files = FilesOf {
            container: container.id,
            spec: container.spec.clone(),
            options: container.options.clone(),
        };
        Ok(Self { files, path, seq: world.seq, target })
    }

    /// Says what was wrong in Docker's words, which name the container as the client does.
    fn failed(&self, error: FilesError) -> ApiError {
        let FilesError::NotFound { path } = error else { return error.into() };
        ApiError::not_found(format!("Could not find the file {path} in container {}", self.target))
    }
}

fn with_stat(mut response: Response, stat: PathStat) -> Response {
    let (seconds, nanos) = stat.mtime;
    let stat = ContainerPathStat {
        name: stat.name,
        size: stat.size_bytes,
        mode: go_file_mode(stat.mode),
        mtime: go_time(seconds, nanos),
        link_target: stat.link_target,
    };
    let value = HeaderValue::try_from(stat.to_header());
    let value = value.expect("base64 is made of what headers may have");
    response.headers_mut().insert(STAT_HEADER, value);
    response
}
