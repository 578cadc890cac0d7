//! The control socket in the data directory: how the command line asks a running server.

use std::{io, path::PathBuf};

use anyhow::{Context as _, bail};
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

/// Asks a running server for `target` and hands each line of the answer to `take`.
///
/// `Ok(false)` says that no server is there.
pub(crate) async fn lines(
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
    if status != StatusCode::OK {
        let told = response.into_body().collect().await?.to_bytes();
        bail!("the running server answered {status}: {}", String::from_utf8_lossy(&told).trim());
    }
    let mut body = response.into_body();
    let mut rest = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.context("the running server broke its answer off")?;
        rest.extend_from_slice(frame.data_ref().map_or(&[][..], |bytes| bytes));
        let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for line in rest[..whole].split_inclusive(|byte| *byte == b'\n') {
            take(line.trim_ascii_end())?;
        }
        rest.drain(..whole);
    }
    drop(sender);
    connection.abort();
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
    let answer = response.into_body().collect().await?.to_bytes();
    connection.abort();
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    if status != StatusCode::OK {
        let reason = answer["message"].as_str().unwrap_or("it does not say why");
        bail!("the running server refused it ({status}): {reason}");
    }
    Ok(Some(answer))
}
