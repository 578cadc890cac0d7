//! The routes.

use std::{convert::Infallible, sync::Arc};

use api_http::RouteTemplate;
use bytes::Bytes;
use http::{Response, StatusCode, header::CONTENT_TYPE};
use journal_log::{JournalReader, Seq};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use warp::{Filter, Rejection, Reply, reply::Response as Answer};

use crate::{Metrics, Readiness, RecordView, Stage};

/// Lines on their way to a client; each is a record of some kilobytes, so a slow client holds little.
const LINES_MAX: usize = 64;

/// What part of the log is asked for.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Range {
    from: Option<u64>,
    to: Option<u64>,
}

/// Gives the routes of the operations address: `/healthz`, `/readyz`, `/metrics`.
pub fn operations(
    metrics: Arc<Metrics>,
    readiness: Readiness,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let health = warp::path!("healthz").map(|| text(StatusCode::OK, "/healthz", "ok\n".into()));
    let ready = warp::path!("readyz").map(move || {
        let stage = readiness.stage();
        let status = match stage {
            Stage::Ready => StatusCode::OK,
            Stage::Replaying | Stage::Adopting | Stage::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        };
        text(status, "/readyz", format!("{}\n", stage.as_str()))
    });
    let numbers = warp::path!("metrics").map(move || match metrics.text() {
        Ok(numbers) => text(StatusCode::OK, "/metrics", numbers),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "/metrics",
                "metrics cannot be written\n".into(),
            )
        }
    });
    warp::get().and(health.or(ready).unify().or(numbers).unify()).recover(not_found).unify()
}

/// Gives the routes of the control socket: `/journal/records?from=&to=`, one JSON object a line.
pub fn control(
    reader: Arc<dyn JournalReader>,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    warp::get()
        .and(warp::path!("journal" / "records"))
        .and(warp::query::<Range>())
        .map(move |range| records(Arc::clone(&reader), range))
        .recover(not_found)
        .unify()
}

fn records(reader: Arc<dyn JournalReader>, range: Range) -> Answer {
    // What was trimmed is refused before the answer begins.
    if let Some(Err(error)) = range.from.map(|from| reader.read(Seq::new(from)).map(drop)) {
        return text(StatusCode::CONFLICT, "/journal/records", format!("{error}\n"));
    }
    let (lines, receiver) = mpsc::channel::<Result<Bytes, ReadFailure>>(LINES_MAX);
    tokio::task::spawn_blocking(move || {
        let last = read_into(&*reader, range, &lines);
        if let Err(failure) = last {
            // Nobody to tell is no failure of ours: the client has gone.
            let _ = lines.blocking_send(Err(failure));
        }
    });
    let body = warp::reply::stream(ReceiverStream::new(receiver));
    let mut answer = body.into_response();
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, http::HeaderValue::from_static("application/x-ndjson"));
    answer.extensions_mut().insert(RouteTemplate("/journal/records"));
    answer
}

/// A record in the middle of an answer could not be read; the connection is cut.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ReadFailure(String);

fn read_into(
    reader: &dyn JournalReader,
    range: Range,
    lines: &mpsc::Sender<Result<Bytes, ReadFailure>>,
) -> Result<(), ReadFailure> {
    let failed = |error: &dyn std::error::Error| ReadFailure(error.to_string());
    let from = range.from.map_or(reader.first(), Seq::new);
    let records = reader.read(from).map_err(|error| failed(&error))?;
    for record in records {
        let record = record.map_err(|error| failed(&error))?;
        if range.to.is_some_and(|to| record.header.seq.get() > to) {
            break;
        }
        let view = RecordView::of(&record).map_err(|error| failed(&error))?;
        let mut line = serde_json::to_vec(&view).map_err(|error| failed(&error))?;
        line.push(b'\n');
        if lines.blocking_send(Ok(line.into())).is_err() {
            break;
        }
    }
    Ok(())
}

fn text(status: StatusCode, route: &'static str, body: String) -> Answer {
    let mut answer = Response::new(body).into_response();
    *answer.status_mut() = status;
    let plain = http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, plain);
    answer.extensions_mut().insert(RouteTemplate(route));
    answer
}

async fn not_found(_: Rejection) -> Result<Answer, Infallible> {
    let mut answer = Response::new("{\"message\":\"page not found\"}".to_owned()).into_response();
    *answer.status_mut() = StatusCode::NOT_FOUND;
    answer.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    Ok(answer)
}

#[cfg(test)]
mod tests;
