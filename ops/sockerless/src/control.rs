//! The control socket in the data directory: how the command line asks a running server.

use std::{io, path::PathBuf};

use anyhow::Context as _;
use bytes::Bytes;
use http::{
    Request, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HOST},
};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;

/// The socket's name in the data directory, which only its owner can enter.
const SOCKET: &str = "control.sock";

/// Gives the socket's path.
pub(crate) fn socket(data: &std::path::Path) -> PathBuf {
    data.join(SOCKET)
}

/// The most of a refusal's body that is told.
const REFUSAL_BYTES_MAX: usize = 4 << 10;

/// A running server did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the running server answered {status}: {message}")]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

/// Asks a running server for `target` and hands each line of the answer to `take`.
///
/// `Ok(false)` says that no server is there.
pub(crate) async fn lines(
    data: &std::path::Path,
    target: &str,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> anyhow::Result<bool> {
    let mut rest = Vec::new();
    pieces(data, target, |piece| {
        rest.extend_from_slice(piece);
        let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for line in rest[..whole].split_inclusive(|byte| *byte == b'\n') {
            take(line.trim_ascii_end())?;
        }
        rest.drain(..whole);
        Ok(())
    })
    .await
}

/// Asks a running server for `target` and hands on the answer as it comes.
///
/// `Ok(false)` says that no server is there.
pub(crate) async fn pieces(
    data: &std::path::Path,
    target: &str,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> anyhow::Result<bool> {
    let Ok(stream) = UnixStream::connect(socket(data)).await else { return Ok(false) };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::get(target).header(HOST, "control").body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await.context("asking the running server")?;
    let status = response.status();
    let mut body = response.into_body();
    let mut refusal = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.context("the running server broke its answer off")?;
        let piece = frame.data_ref().map_or(&[][..], |bytes| bytes);
        if status == StatusCode::OK {
            take(piece)?;
        } else if refusal.len() < REFUSAL_BYTES_MAX {
            refusal.extend_from_slice(piece);
        }
    }
    drop(sender);
    connection.abort();
    if status != StatusCode::OK {
        return Err(Refused { status, message: message_of(&refusal) }.into());
    }
    Ok(true)
}

/// Has a running server do what `target` names with `asked`; `None` says that no server is there.
pub(crate) async fn ask(
    data: &std::path::Path,
    target: &str,
    asked: &Value,
) -> anyhow::Result<Option<Value>> {
    let Ok(stream) = UnixStream::connect(socket(data)).await else { return Ok(None) };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let body = serde_json::to_vec(asked)?;
    let request = Request::post(target)
        .header(HOST, "control")
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_LENGTH, body.len())
        .body(Full::new(Bytes::from(body)))?;
    let response = sender.send_request(request).await.context("asking the running server")?;
    let status = response.status();
    let answer = response.into_body().collect().await;
    let answer = answer.context("the running server broke its answer off")?.to_bytes();
    connection.abort();
    if status != StatusCode::OK {
        return Err(Refused { status, message: message_of(&answer) }.into());
    }
    Ok(Some(serde_json::from_slice(&answer).context("the running server's answer is not JSON")?))
}

/// Gives what a refusal says.
fn message_of(body: &[u8]) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let message = parsed.as_ref().and_then(|body| body["message"].as_str());
    message.map_or_else(|| String::from_utf8_lossy(body).into_owned(), ToOwned::to_owned)
}
