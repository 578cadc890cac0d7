//! A blob on its way in: counted, and gone on with where the connection broke.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use reqwest::Response;

use super::{
    dialogue::{Ask, Dialogue, connection},
    error::RegistryError,
    progress::{LayerStep, Meter},
};
use crate::{digest::Digest, pipe::ChunkSender};

/// Bytes that an attempt must bring for the count of failures to begin anew. A connection that breaks every few
/// hundred megabytes still brings a large layer; one that gives a byte each time is given up.
const PROGRESS_BYTES_MIN: u64 = 1024 * 1024;

/// A blob as a manifest promises it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Promised {
    pub(super) digest: Digest,
    pub(super) size_bytes: u64,
}

impl Dialogue<'_> {
    /// Fetches a blob that is small, and checks it.
    pub(super) async fn small_blob(
        &self,
        path: &str,
        promised: Promised,
        limit_bytes: u64,
    ) -> Result<Vec<u8>, RegistryError> {
        if promised.size_bytes > limit_bytes {
            let what = format!("it promises a configuration of {} bytes", promised.size_bytes);
            return Err(RegistryError::manifest(path, what));
        }
        let response = self.send(self.blob_request(path, promised, 0)?).await?;
        let limit = usize::try_from(promised.size_bytes).unwrap_or(usize::MAX);
        let bytes = super::dialogue::read_body(response, limit).await?;
        promised.check("configuration", &bytes)?;
        Ok(bytes)
    }

    /// Fetches a blob into `sink`, which sees its bytes once each. That they are the right ones is for the sink to
    /// say; that they are not too many is seen to here.
    pub(super) async fn stream_blob(
        &self,
        path: &str,
        promised: Promised,
        mut sink: ChunkSender,
        meter: &mut Meter,
    ) -> Result<(), RegistryError> {
        let (mut received, mut failures) = (0, 0);
        loop {
            let before = received;
            let error =
                match self.stream_once(path, promised, &mut sink, &mut received, meter).await {
                    Ok(()) => {
                        sink.end(Ok(())).await;
                        return Ok(());
                    }
                    Err(error) => error,
                };
            failures = if received - before >= PROGRESS_BYTES_MIN { 1 } else { failures + 1 };
            let pause = self.registry.pauses.after(failures, None);
            let Some(pause) = pause.filter(|_| error.is_passing()) else { return Err(error) };
            tracing::info!(%error, received, "a layer broke off; going on with it");
            meter.tell(LayerStep::Retrying { seconds: pause.as_secs().max(1) }).await;
            tokio::time::sleep(pause).await;
        }
    }

    async fn stream_once(
        &self,
        path: &str,
        promised: Promised,
        sink: &mut ChunkSender,
        received: &mut u64,
        meter: &mut Meter,
    ) -> Result<(), RegistryError> {
        let total = promised.size_bytes;
        let response = self.send(self.blob_request(path, promised, *received)?).await?;
        let url = response.url().clone();
        let mut skip = first_byte(&response, *received)?;
        let mut response = response;
        loop {
            let chunk = response.chunk().await.map_err(|error| connection("Get", &url, &error))?;
            let Some(mut chunk) = chunk else { break };
            // A registry that knows no ranges begins again.
            let known = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
            skip -= known as u64;
            let fresh: Bytes = chunk.split_off(known);
            *received += fresh.len() as u64;
            if *received > total {
                let (what, expected) = ("filesystem layer", promised.digest);
                let found = format!("more than the promised {total} bytes");
                return Err(RegistryError::Verification { what, expected, found });
            }
            if !fresh.is_empty() && !sink.send(fresh).await {
                // The thread has stopped, and says why.
                return Ok(());
            }
            meter.bytes(LayerStep::Downloading { current: *received, total });
        }
        if *received < total {
            let reason = format!("unexpected EOF after {received} of {total} bytes");
            let (method, url) = ("Get".to_owned(), super::clients::shown(&url));
            return Err(RegistryError::Connection { method, url, reason });
        }
        Ok(())
    }

    fn blob_request(
        &self,
        path: &str,
        promised: Promised,
        from: u64,
    ) -> Result<Ask<'static>, RegistryError> {
        let url = self.endpoint.url(&format!("v2/{path}/blobs/{}", promised.digest))?;
        let ask = Ask::get(url);
        if from == 0 {
            return Ok(ask);
        }
        let range = HeaderValue::from_str(&format!("bytes={from}-{}", promised.size_bytes - 1));
        let range =
            range.map_err(|_| RegistryError::Protocol("a range is no header".to_owned()))?;
        Ok(ask.with(header::RANGE, range))
    }
}

impl Promised {
    /// Checks whole bytes.
    pub(super) fn check(&self, what: &'static str, bytes: &[u8]) -> Result<(), RegistryError> {
        let found = Digest::of(bytes);
        if found == self.digest && bytes.len() as u64 == self.size_bytes {
            return Ok(());
        }
        let found = match found == self.digest {
            true => format!("{} bytes where {} are promised", bytes.len(), self.size_bytes),
            false => found.to_string(),
        };
        Err(RegistryError::Verification { what, expected: self.digest, found })
    }
}

/// Gives how many bytes of an answer are known already, when `received` have come before it.
fn first_byte(response: &Response, received: u64) -> Result<u64, RegistryError> {
    if received == 0 || response.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(received);
    }
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let start =
        range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
    match start {
        Some(start) if received >= start => Ok(received - start),
        Some(_) | None => {
            let range = range.unwrap_or("no range");
            Err(RegistryError::Protocol(format!("{range} where {received} bytes were here")))
        }
    }
}
