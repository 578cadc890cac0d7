//! The routes.

use std::{convert::Infallible, sync::Arc};

use api_http::RouteTemplate;
use bytes::Bytes;
use http::{Response, StatusCode, header::CONTENT_TYPE};
use journal_log::{JournalReader, Seq};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use warp::{Filter, Rejection, Reply, filters::BoxedFilter, reply::Response as Answer};

use crate::{AuditDoor, Metrics, Readiness, RecordView, Stage, audit::audit};

/// Lines on their way to a client; each is a record of some kilobytes, so a slow client holds little.
const LINES_MAX: usize = 64;

/// Some routes of the control socket.
pub type ControlRoute = BoxedFilter<(Answer,)>;

/// What part of the log is asked for.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Range {
    from: Option<u64>,
    to: Option<u64>,
}

/// Gives the routes of the operations address: `/healthz`, `/readyz`, `/metrics`; and those for auditors, where a `door`
/// to them is given: whoever reaches the address then reads every record.
///
/// The first two add a line where something is not as it should be, as while the disk is full.
pub fn operations(
    metrics: Arc<Metrics>,
    readiness: Readiness,
    door: Option<AuditDoor>,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let noted = readiness.clone();
    let health = warp::path!("healthz")
        .map(move || text(StatusCode::OK, "/healthz", format!("ok\n{}", noted.note_line())));
    let ready = warp::path!("readyz").map(move || {
        let stage = readiness.stage();
        let status = match stage {
            Stage::Ready => StatusCode::OK,
            Stage::Replaying | Stage::Adopting | Stage::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        };
        text(status, "/readyz", format!("{}\n{}", stage.as_str(), readiness.note_line()))
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
    let is_open = door.is_some();
    let audit = warp::any()
        .and_then(move || {
            std::future::ready(if is_open { Ok(()) } else { Err(warp::reject::not_found()) })
        })
        .untuple_one()
        .and(audit(door.unwrap_or_default()));
    let own = warp::get().and(health.or(ready).unify().or(numbers).unify());
    own.or(audit).unify().recover(not_found).unify()
}

/// Gives the routes of the control socket: `/journal/records?from=&to=`, one JSON object a line; those for auditors; and
/// `more`.
pub fn control(
    reader: Arc<dyn JournalReader>,
    door: AuditDoor,
    more: impl IntoIterator<Item = ControlRoute>,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let records = warp::get()
        .and(warp::path!("journal" / "records"))
        .and(warp::query::<Range>())
        .map(move |range| records(Arc::clone(&reader), range))
        .or(audit(door))
        .unify();
    more.into_iter()
        .fold(records.boxed(), |routes, more| routes.or(more).unify().boxed())
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

async fn not_found(rejection: Rejection) -> Result<Answer, Infallible> {
    let is_query = rejection.find::<warp::reject::InvalidQuery>().is_some();
    let body = rejection.find::<warp::body::BodyDeserializeError>();
    let (status, message) = match (is_query, body) {
        (true, _) => (StatusCode::BAD_REQUEST, "the query is not understood".to_owned()),
        (false, Some(error)) => (StatusCode::BAD_REQUEST, error.to_string()),
        (false, None) => (StatusCode::NOT_FOUND, "page not found".to_owned()),
    };
    let body = serde_json::json!({ "message": message });
    let mut answer = Response::new(body.to_string()).into_response();
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    Ok(answer)
}

#[cfg(test)]
mod tests;
