//! What a client types or pipes, on its way to a program.

use std::pin::Pin;

use api_types::{DetachFilter, DetachKeys};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes read from a client at once: what a pipe holds.
const CHUNK_BYTES: usize = 64 * 1024;

/// Why no more input comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InputEnd {
    /// The client has sent everything.
    Sent,
    /// The client typed the detach keys.
    Detached,
    /// The program takes no more.
    Refused,
    /// The client's connection failed.
    HungUp,
}

/// Copies a client's input to a program until one of them has enough.
///
/// `keys` are looked for where there is a terminal, and only there, as in Docker.
pub(super) async fn copy<R: AsyncRead + Unpin>(
    client: &mut R,
    program: &mut Pin<Box<dyn AsyncWrite + Send>>,
    keys: Option<DetachKeys>,
) -> InputEnd {
    let mut filter = keys.map(DetachFilter::new);
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    let mut passed = Vec::new();
    loop {
        chunk.clear();
        match client.read_buf(&mut chunk).await {
            Ok(0) => {
                if let Some(filter) = &mut filter {
                    passed.clear();
                    filter.finish(&mut passed);
                    // The program may have gone; there is nobody else to tell.
                    let _ = program.write_all(&passed).await;
                }
                return InputEnd::Sent;
            }
            Ok(_) => {}
            Err(_) => return InputEnd::HungUp,
        }
        let (bytes, detached) = match &mut filter {
            Some(filter) => {
                passed.clear();
                let detached = filter.push(&chunk, &mut passed);
                (&passed, detached)
            }
            None => (&chunk, false),
        };
        if program.write_all(bytes).await.is_err() || program.flush().await.is_err() {
            return InputEnd::Refused;
        }
        if detached {
            return InputEnd::Detached;
        }
    }
}
