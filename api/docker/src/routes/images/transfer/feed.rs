//! Hands a request's body to a thread that blocks on it.

use std::io::{self, Read};

use api_http::BodyStream;
use backends_images::{Fault, pipe};
use futures_util::TryStreamExt as _;

use super::Failure;

/// Hands `body` to `take` as a reader, on a thread that may block, and gives what it makes of it.
///
/// What `take` leaves unread is dropped.
pub(super) async fn feed<T: Send + 'static>(
    body: BodyStream,
    take: impl FnOnce(&mut dyn Read) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (sender, mut reader) = pipe();
    let taking = tokio::task::spawn_blocking(move || take(&mut reader));
    let sending = sender.send_all(body.map_err(io::Error::other));
    let ((), taken) = tokio::join!(sending, taking);
    taken.unwrap_or_else(|panic| Err(Failure { fault: Fault::Store, reason: panic.to_string() }))
}
