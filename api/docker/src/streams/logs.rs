//! `docker logs`: `GET /containers/{id}/logs`.

use api_types::{Query, UnixTime};
use backends_core::Output;
use backends_logs::{Line, LineOptions, LineReader};
use http::{HeaderValue, header::CONTENT_TYPE};
use journal_log::Timestamp;
use tokio::io::AsyncWrite;
use tokio::sync::watch;
use warp::{
    Filter, Rejection,
    reply::{Reply, Response},
};

use super::{
    kept::{CopyError, RunEnd},
    output::{OutputWriter, content_type, framed},
};
use crate::{
    call::{Call, call},
    convert,
    error::ApiError,
    reply,
};

/// Bytes of output on their way into an answer's body.
const PIPE_BYTES: usize = 256 * 1024;

pub(super) fn route() -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path!("containers" / String / "logs").and(warp::get()).and(call()).then(
        |target: String, call: Call| {
            call.answer("/containers/{id}/logs", move |call| logs(call, target))
        },
    )
}

async fn logs(call: Call, target: String) -> Result<Response, ApiError> {
    let version = call.version()?;
    let query = call.query()?;
    let world = call.world();
    let container = world.state.find(&target)?;
    convert::check_readable(container)?;
    let options = options(&query, call.now())?;
    let Output { reader, grown } = call.context().backend.output(container.id)?;
    let lines =
        LineReader::open(reader, options).map_err(|error| ApiError::internal(error.to_string()))?;
    // As in Docker, only a container that runs is followed.
    let follow = query.bool("follow") && container.is_active();
    let end = follow.then(|| RunEnd::of(&call.context().handle, container));
    let raw = container.spec.tty;
    let (body, writer) = tokio::io::simplex(PIPE_BYTES);
    tokio::spawn(async move {
        let mut writer = OutputWriter::new(writer, raw);
        match copy(lines, grown, end, &mut writer).await {
            // A client that went away has what it wanted.
            Ok(()) | Err(CopyError::Client(_)) => {}
            Err(error @ CopyError::Kept(_)) => tracing::error!(%error, "logs were cut"),
        }
        let _ = writer.finish().await;
    });
    let stream = tokio_util::io::ReaderStream::with_capacity(body, PIPE_BYTES);
    let mut response = warp::reply::stream(stream).into_response();
    let kind = HeaderValue::from_static(content_type(version, raw));
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(reply::as_of(response, world.seq))
}

fn options(query: &Query, now: Timestamp) -> Result<LineOptions, ApiError> {
    let (stdout, stderr) = (query.bool("stdout"), query.bool("stderr"));
    if !stdout && !stderr {
        return Err(ApiError::invalid("Bad parameters: you must choose at least one stream"));
    }
    let now = UnixTime::from_nanos(now.as_unix_nanos().into());
    let time = |name: &str| -> Result<Option<Timestamp>, ApiError> {
        match query.get(name).unwrap_or_default() {
            // Docker reads 0 as "not said".
            "" | "0" => Ok(None),
            text => {
                let nanos = UnixTime::parse(text, now)?.saturating_nanos();
                Ok(Some(Timestamp::from_unix_nanos(nanos)))
            }
        }
    };
    // Anything but a number means all, as in Docker.
    let tail = query.get("tail").and_then(|text| text.parse().ok());
    Ok(LineOptions {
        stdout,
        stderr,
        since: time("since")?,
        until: time("until")?,
        tail,
        timestamps: query.bool("timestamps"),
    })
}

/// Copies lines, as they come where `end` tells when they stop coming.
async fn copy<W: AsyncWrite + Unpin>(
    mut lines: LineReader,
    mut grown: watch::Receiver<u64>,
    end: Option<RunEnd>,
    writer: &mut OutputWriter<W>,
) -> Result<(), CopyError> {
    if let Some(end) = end {
        let mut ended = std::pin::pin!(end.wait());
        loop {
            grown.borrow_and_update();
            copy_present(&mut lines, writer).await?;
            if lines.is_ended() {
                break;
            }
            tokio::select! {
                _ = &mut ended => break,
                changed = grown.changed() => {
                    if changed.is_err() {
                        (&mut ended).await;
                        break;
                    }
                }
            }
        }
    }
    copy_present(&mut lines, writer).await?;
    while let Some(line) = lines.next_unended() {
        push(line, writer).await?;
    }
    writer.flush().await.map_err(CopyError::Client)
}

async fn copy_present<W: AsyncWrite + Unpin>(
    lines: &mut LineReader,
    writer: &mut OutputWriter<W>,
) -> Result<(), CopyError> {
    while let Some(line) = lines.next_line()? {
        push(line, writer).await?;
    }
    writer.flush().await.map_err(CopyError::Client)
}

async fn push<W: AsyncWrite + Unpin>(
    line: Line,
    writer: &mut OutputWriter<W>,
) -> Result<(), CopyError> {
    writer.push(framed(line.stream), line.bytes).await.map_err(CopyError::Client)
}
