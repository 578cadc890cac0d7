//! The routes of the control socket that tell of the past.

use std::{error::Error, future::Future, sync::Arc};

use api_http::RouteTemplate;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use journal_log::Timestamp;
use projector_containers::Containers;
use projector_engine::{Clock, Handle, PastError, World};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use warp::{Filter, Reply, filters::BoxedFilter, reply::Response};

use super::{Subject, diff, explain, listing, parse_point, time_of};

/// Steps on their way to a client; each is a record of some kilobytes, so a slow client holds little.
const STEPS_MAX: usize = 64;

/// What is asked about a point.
#[derive(Debug, Deserialize)]
struct AtQuery {
    point: String,
    subject: Word,
    #[serde(default)]
    name: String,
}

/// How a subject is called in a query.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Ps,
    PsAll,
    Units,
    Images,
    Inspect,
}

/// Which points are compared.
#[derive(Debug, Deserialize)]
struct DiffQuery {
    from: String,
    to: String,
}

/// Which container is explained.
#[derive(Debug, Deserialize)]
struct ExplainQuery {
    container: String,
}

/// What the routes look at.
#[derive(Clone)]
struct Source {
    handle: Handle<Containers>,
    clock: Arc<dyn Clock>,
}

/// Why there is no answer, with all causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
struct Failure {
    message: String,
}

/// Gives a route whose lines are made by `answer`, for what this crate cannot know.
pub fn question<T, F>(
    name: &'static str,
    answer: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> BoxedFilter<(Response,)>
where
    T: Serialize,
    F: Future<Output = Result<Vec<T>, String>> + Send,
{
    let answered = move || {
        let answer = answer.clone();
        async move {
            let lines = answer().await.map_err(|message| Failure { message });
            let lines = lines.and_then(|lines| {
                lines.iter().map(line).collect::<Result<Vec<_>, _>>().map(|lines| lines.concat())
            });
            match lines {
                Ok(lines) => typed(name, StatusCode::OK, Response::new(lines.into())),
                Err(failure) => answered(name, Err::<(), _>(failure)),
            }
        }
    };
    warp::get().and(warp::path(name)).and(warp::path::end()).then(answered).boxed()
}

/// Gives the routes `/at`, `/diff` and `/explain`.
pub fn past(handle: Handle<Containers>, clock: Arc<dyn Clock>) -> BoxedFilter<(Response,)> {
    let source = Source { handle, clock };
    let with = move || {
        let source = source.clone();
        warp::any().map(move || source.clone())
    };
    let at = warp::path!("at").and(warp::query::<AtQuery>()).and(with()).then(at);
    let differ = warp::path!("diff").and(warp::query::<DiffQuery>()).and(with()).then(differ);
    let explained = warp::path!("explain").and(warp::query::<ExplainQuery>()).and(with());
    let explained = explained.then(|query: ExplainQuery, source: Source| told(query, source));
    warp::get().and(at.or(differ).unify().or(explained).unify()).boxed()
}

async fn at(query: AtQuery, source: Source) -> Response {
    let subject = match query.subject {
        Word::Ps => Subject::Ps { all: false },
        Word::PsAll => Subject::Ps { all: true },
        Word::Units => Subject::Units,
        Word::Images => Subject::Images,
        Word::Inspect => Subject::Inspect { name: query.name },
    };
    let answer = async {
        let (world, now) = source.world(&query.point).await?;
        listing(&world, now, &subject).map_err(|error| Failure::of(&error))
    };
    answered("/at", answer.await)
}

async fn differ(query: DiffQuery, source: Source) -> Response {
    let answer = async {
        let (from, _) = source.world(&query.from).await?;
        let (to, _) = source.world(&query.to).await?;
        Ok(diff(&from, &to))
    };
    answered("/diff", answer.await)
}

/// Sends the steps as they are found; what is wrong with the container itself is told before the first.
async fn told(query: ExplainQuery, source: Source) -> Response {
    let (sender, mut receiver) = mpsc::channel::<Result<Bytes, Failure>>(STEPS_MAX);
    let search = move || {
        let world = source.handle.snapshot();
        let reader = source.handle.reader();
        let mut take = |step| {
            let line = line(&step);
            sender.blocking_send(line).is_ok()
        };
        let found = explain(&*reader, (&world.state, world.seq), &query.container, &mut take);
        if let Err(error) = found {
            // Nobody to tell is no failure of ours: the client has gone.
            let _ = sender.blocking_send(Err(Failure::of(&error)));
        }
    };
    tokio::task::spawn_blocking(search);
    match receiver.recv().await {
        Some(Err(failure)) => answered("/explain", Err::<(), _>(failure)),
        first => {
            let first = tokio_stream::iter(first);
            let rest = ReceiverStream::new(receiver);
            let body = tokio_stream::StreamExt::chain(first, rest);
            typed("/explain", StatusCode::OK, warp::reply::stream(body).into_response())
        }
    }
}

fn line(value: &impl Serialize) -> Result<Bytes, Failure> {
    let mut line = serde_json::to_vec(value).map_err(|error| Failure::of(&error))?;
    line.push(b'\n');
    Ok(line.into())
}

fn answered(route: &'static str, answer: Result<impl Serialize, Failure>) -> Response {
    let (status, line) = match answer.and_then(|answer| line(&answer)) {
        Ok(line) => (StatusCode::OK, line),
        Err(failure) => (StatusCode::BAD_REQUEST, line(&failure).unwrap_or_default()),
    };
    typed(route, status, Response::new(line.into()))
}

fn typed(route: &'static str, status: StatusCode, mut response: Response) -> Response {
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response.extensions_mut().insert(RouteTemplate(route));
    response
}

// === impl Source ===

impl Source {
    /// Gives the world at a point, and the time that is asked about.
    async fn world(&self, point: &str) -> Result<(Arc<World<Containers>>, Timestamp), Failure> {
        let point = parse_point(point, self.clock.now()).map_err(|error| Failure::of(&error))?;
        let found = self.handle.world_at(point).await;
        let world = found.map_err(|error: PastError| Failure::of(&error))?;
        let time = time_of(point, &world);
        Ok((world, time))
    }
}

// === impl Failure ===

impl Failure {
    fn of(error: &dyn Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        Self { message }
    }
}
