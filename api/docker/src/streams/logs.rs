//! `docker logs`: `GET /containers/{id}/logs`.

use api_types::Query;
use backends_core::Output;
use backends_logs::{Line, LineOptions, LineReader, LogPosition, LogReader};
use http::{HeaderValue, header::CONTENT_TYPE};
use journal_log::{Seq, Timestamp};
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
    error::ApiError,
    moment::Look,
    reply,
};

/// Bytes of output on their way into an answer's body.
const PIPE_BYTES: usize = 256 * 1024;

pub(super) fn route() -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path!("containers" / String / "logs").and(warp::get()).and(call()).then(
        |target: String, call: Call| {
            call.look("/containers/{id}/logs", move |look| logs(look, target))
        },
    )
}

async fn logs(look: Look, target: String) -> Result<Response, ApiError> {
    let version = look.version()?;
    let query = look.query()?;
    let world = look.world();
    let container = world.state.find(&target)?;
    api_asked::check_readable(container)?;
    let options = LineOptions { as_of: look.past(), ..options(&query, look.now())? };
    let Output { mut reader, grown } = look.output(container)?;
    if let Some(at) = look.past() {
        check_reaches_back(&mut reader, at, world.seq)?;
    }
    let mut lines =
        LineReader::open(reader, options).map_err(|error| ApiError::internal(error.to_string()))?;
    if query.bool("details") {
        let sealed = container.sealed_environment();
        let env = look.keys().show_environment(&container.spec.env, sealed);
        lines = lines.with_prefix(api_asked::log_details(container, &env)?);
    }
    // As in Docker, only a container that runs is followed; and the past does not go on.
    let followed = look.present("what comes").ok().filter(|_| container.is_live());
    let end = followed
        .filter(|_| query.bool("follow"))
        .map(|call| RunEnd::of(&call.context().handle, container));
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

/// Refuses the output of a time from which nothing is left: what was written first has been given up since.
fn check_reaches_back(reader: &mut LogReader, at: Timestamp, seq: Seq) -> Result<(), ApiError> {
    reader.at_start();
    let first = reader.next_frame().map_err(|error| ApiError::internal(error.to_string()))?;
    match first {
        Some(first) if first.position.segment > LogPosition::FIRST_SEGMENT && first.at > at => {
            let what = format!("output from before {}, which was rotated away,", first.at);
            Err(ApiError::not_kept(&what, seq))
        }
        Some(_) | None => Ok(()),
    }
}

fn options(query: &Query, now: Timestamp) -> Result<LineOptions, ApiError> {
    let (stdout, stderr) = (query.bool("stdout"), query.bool("stderr"));
    if !stdout && !stderr {
        return Err(ApiError::invalid("Bad parameters: you must choose at least one stream"));
    }
    let time = |name: &str| -> Result<Option<Timestamp>, ApiError> {
        match query.get(name).unwrap_or_default() {
            // Docker reads 0 as "not said".
            "" | "0" => Ok(None),
            text => Ok(Some(api_asked::time(text, now)?)),
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
        as_of: None,
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
