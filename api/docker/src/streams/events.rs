//! `docker events`: `GET /events`. Read from the log, so a slow reader loses nothing and `since` has no horizon.

use api_shown::{Selection, messages};
use api_types::{EventForm, Filters};
use bytes::Bytes;
use http::{HeaderValue, header::CONTENT_TYPE};
use journal_log::{Seq, Timestamp};
use projector_containers::{Containers, State};
use projector_engine::{Feed, FeedError, FeedItem, ReplayError};
use projector_machine::Machine as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use warp::{
    Filter, Rejection,
    reply::{Reply, Response},
};

use crate::{
    call::{Call, call},
    error::ApiError,
    moment::Look,
    reply,
};

/// Events on their way to a client: a slow one is waited for, for the log keeps the rest.
const EVENTS_MAX: usize = 64;

/// Which part of the log is told, and how.
struct Span {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// The last record that is told; absent where it is still to come.
    last: Option<Seq>,
    form: EventForm,
}

/// The telling of events to one client.
struct Telling {
    feed: Feed<Containers>,
    state: State,
    span: Span,
    selection: Selection,
    sender: Sender,
}

/// Why an answer is cut.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("the log cannot be followed")]
    Feed(#[from] FeedError),
}

type Sender = mpsc::Sender<Result<Bytes, Cut>>;

pub(super) fn route() -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path!("events")
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.look("/events", events))
}

async fn events(look: Look) -> Result<Response, ApiError> {
    let query = look.query()?;
    let selection = Selection::read(Filters::parse(query.get("filters").unwrap_or_default())?)?;
    let now = look.now();
    let time = |name: &str| -> Result<Option<Timestamp>, ApiError> {
        let text = query.get(name).unwrap_or_default();
        if text.is_empty() {
            return Ok(None);
        }
        Ok(Some(api_asked::time(text, now)?))
    };
    let (since, until) = (time("since")?, time("until")?);
    if let (Some(since), Some(until)) = (since, until)
        && until < since
    {
        return Err(ApiError::invalid("`since` time cannot be after `until` time"));
    }
    let world = look.world();
    let over = look.last().is_some() || until.is_some_and(|until| until <= now);
    let form = EventForm::chosen(look.accept().and_then(|value| value.to_str().ok()));
    let span = Span { since, until, last: over.then_some(world.seq), form };
    // Names and labels are those of the time, so history is folded from a state of before it.
    let begun = look.history(since).await;
    let (begin, feed) = begun.map_err(|error| not_told(since, &error))?;
    let (sender, receiver) = mpsc::channel(EVENTS_MAX);
    let telling = Telling { feed, state: begin.state, span, selection, sender: sender.clone() };
    tokio::spawn(async move {
        tokio::select! {
            told = telling.tell(now) => {
                if let Err(error) = told {
                    // Nobody to tell is no failure of ours: the client has gone.
                    let _ = sender.send(Err(error)).await;
                }
            }
            () = sender.closed() => {}
        }
    });
    let mut response = warp::reply::stream(ReceiverStream::new(receiver)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
    Ok(reply::as_of(response, world.seq))
}

/// Says why events since a time cannot be told.
fn not_told(since: Option<Timestamp>, error: &ReplayError) -> ApiError {
    if let (Some(since), ReplayError::Trimmed { first, .. }) = (since, error) {
        return ApiError::gone(format!(
            "events since {since} cannot be told: the log was trimmed and begins at record {first}"
        ));
    }
    ApiError::internal(error.to_string())
}

/// Ends at `until`, and never where there is none.
async fn pause_until(until: Option<Timestamp>, now: Timestamp) {
    match until {
        Some(until) => tokio::time::sleep(until.saturating_since(now)).await,
        None => std::future::pending().await,
    }
}

// === impl Telling ===

impl Telling {
    /// Tells everything up to the end of the span; `now` is when it was asked for.
    async fn tell(mut self, now: Timestamp) -> Result<(), Cut> {
        let end = pause_until(self.span.until, now);
        tokio::pin!(end);
        loop {
            let next = match self.span.last {
                Some(last) => self.feed.next_up_to(last).await,
                None => tokio::select! {
                    next = self.feed.next() => next.map(Some),
                    // What was there by then is told, however long the reading of it takes.
                    () = &mut end => {
                        self.span.last = Some(self.feed.head());
                        continue;
                    }
                },
            };
            let item = match next {
                Ok(Some(item)) => item,
                Ok(None) | Err(FeedError::Stopped) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if self.span.until.is_some_and(|until| item.stamp.at > until)
                || !self.tell_item(&item).await
            {
                return Ok(());
            }
        }
    }

    /// Tells what a record is for Docker; false once the client has gone.
    async fn tell_item(&mut self, item: &FeedItem<Containers>) -> bool {
        let Self { state, span, selection, sender, .. } = self;
        let told = span.since.is_none_or(|since| item.stamp.at >= since);
        for event in item.events.iter() {
            let before = messages(state, event, item.stamp.at);
            Containers::apply(state, event, item.stamp);
            for message in before.into_iter().filter(|message| told && selection.admits(message)) {
                let mut line = span.form.before().to_vec();
                serde_json::to_writer(&mut line, &message)
                    .expect("wire types have string keys only");
                line.push(b'\n');
                if sender.send(Ok(line.into())).await.is_err() {
                    return false;
                }
            }
        }
        true
    }
}
