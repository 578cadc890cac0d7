//! The lines of a pull or push, as clients draw bars from them.

use std::{convert::Infallible, time::Duration};

use api_types::{ProgressDetail, ProgressMessage};
use backends_images::{Digest, LayerStep};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, header::CONTENT_TYPE};
use journal_log::Seq;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use warp::{Reply as _, reply::Response};

use crate::{error::ApiError, reply};

/// Steps that wait for a client: a slow one is waited for, and misses only some of those about bytes.
pub(super) const STEPS_MAX: usize = 64;

/// How often a client is told how far a fetch is: the daemon's own pace, at which a bar moves.
pub(in crate::routes) const FETCH_PAUSE: Duration = Duration::from_millis(100);

/// Digits of a digest that a layer is shown by.
const SHORT_DIGITS: usize = 12;

/// What the daemon says where it is not known how many bytes there are.
const UNKNOWN: i64 = -1;

/// The lines that end a transfer, or why it failed.
pub(super) type Ended = Result<Vec<ProgressMessage>, ApiError>;

/// Answers with the steps of a transfer as they come, and with its end.
///
/// The answer begins with the first step. What fails before that fails as a call does, with a status.
pub(super) async fn streamed<S: Send + Sync + 'static>(
    mut steps: mpsc::Receiver<S>,
    work: JoinHandle<Ended>,
    seq: Seq,
    show: impl Fn(S) -> ProgressMessage + Send + Sync + 'static,
) -> Result<Response, ApiError> {
    let first = steps.recv().await;
    let ending = async move {
        work.await.unwrap_or_else(|_| Err(ApiError::internal("the transfer panicked").at(seq)))
    };
    let lines = |messages: &[ProgressMessage]| messages.iter().map(line).collect::<String>();
    let Some(first) = first else {
        let last = ending.await?;
        return Ok(answer(stream::iter([Ok::<_, Infallible>(lines(&last).into())]), seq));
    };
    let end = stream::once(async move {
        let last = ending.await;
        lines(&last.unwrap_or_else(|error| vec![ProgressMessage::failure(error.message())]))
    });
    let steps = stream::iter([first]).chain(ReceiverStream::new(steps));
    let all = steps.map(move |step| line(&show(step))).chain(end);
    Ok(answer(all.map(|line| Ok::<_, Infallible>(Bytes::from(line))), seq))
}

fn answer(
    lines: impl stream::Stream<Item = Result<Bytes, Infallible>> + Send + Sync + 'static,
    seq: Seq,
) -> Response {
    let mut response = warp::reply::stream(lines).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply::in_record(response, seq)
}

/// Shows a step of a layer.
pub(super) fn layer(id: Digest, step: LayerStep) -> ProgressMessage {
    let (status, bytes) = match step {
        LayerStep::Wanted => ("Pulling fs layer".to_owned(), None),
        LayerStep::Exists => ("Already exists".to_owned(), None),
        LayerStep::Waiting => ("Waiting".to_owned(), None),
        LayerStep::Downloading { current, total } => {
            ("Downloading".to_owned(), Some((current, total)))
        }
        LayerStep::Retrying { seconds } => {
            (format!("Retrying in {seconds} second{}", if seconds == 1 { "" } else { "s" }), None)
        }
        LayerStep::Verifying => ("Verifying Checksum".to_owned(), None),
        LayerStep::Downloaded => ("Download complete".to_owned(), None),
        LayerStep::Extracting { current, total } => {
            ("Extracting".to_owned(), Some((current, total)))
        }
        LayerStep::Complete => ("Pull complete".to_owned(), None),
        LayerStep::Preparing => ("Preparing".to_owned(), None),
        LayerStep::Present => ("Layer already exists".to_owned(), None),
        LayerStep::Mounted { from } => (format!("Mounted from {from}"), None),
        LayerStep::Pushing { current, total } => ("Pushing".to_owned(), Some((current, total))),
        LayerStep::Pushed => ("Pushed".to_owned(), None),
    };
    let message = match bytes {
        Some((current, total)) => bytes_line(&status, current, Some(total)),
        None => ProgressMessage {
            progress_detail: Some(ProgressDetail::default()),
            ..ProgressMessage::status(status)
        },
    };
    ProgressMessage { id: id.to_hex()[..SHORT_DIGITS].to_owned(), ..message }
}

/// Shows how many bytes there are of all.
pub(in crate::routes) fn bytes_line(
    status: &str,
    current: u64,
    total: Option<u64>,
) -> ProgressMessage {
    let number = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let detail = ProgressDetail { current: number(current), total: total.map_or(UNKNOWN, number) };
    ProgressMessage {
        progress: detail.bar(),
        progress_detail: Some(detail),
        ..ProgressMessage::status(status)
    }
}

/// Writes a message as dockerd does: one in a line, closed by a carriage return and a line feed.
pub(super) fn line(message: &ProgressMessage) -> String {
    let json = serde_json::to_string(message).expect("wire types have string keys only");
    json + "\r\n"
}
