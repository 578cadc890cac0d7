//! Hands bytes to a thread that blocks on it.

use std::io::{self, Read};

use backends_images::{Fault, pipe};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};

use super::Failure;
use crate::Gate;

/// Hands `body` to `take` as a reader, on a thread that may block, and gives what it makes of it.
///
/// What `take` leaves unread is dropped. Once only what frees room is taken, the transfer is broken off.
pub(in crate::routes) async fn feed<T: Send + 'static, E>(
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    gate: Gate,
    take: impl FnOnce(&mut dyn Read) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (sender, mut reader) = pipe();
    let taking = tokio::task::spawn_blocking(move || take(&mut reader));
    let chunks = body.map_err(io::Error::other).map(move |chunk| gate.check_bytes(chunk));
    let sending = sender.send_all(chunks);
    let ((), taken) = tokio::join!(sending, taking);
    taken.unwrap_or_else(|panic| Err(Failure { fault: Fault::Store, reason: panic.to_string() }))
}
