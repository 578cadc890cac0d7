//! The bytes of attach, exec and logs: hijacked connections and the framing of two streams in one.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use http::HeaderMap;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::http::Connection;

/// How long a stream may be silent before a test gives up on it.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// Bytes in front of each frame: stream, three zeros, and the length with the highest byte first.
const FRAME_HEAD_BYTES: usize = 8;

/// A connection that is no longer HTTP.
#[derive(Debug)]
pub struct Hijacked {
    /// The headers of the 101 answer.
    pub headers: HeaderMap,
    io: TokioIo<Upgraded>,
    // The connection's task carries the bytes; it must live as long as the stream.
    _connection: Connection,
}

/// What a container wrote, apart by stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// What came on stream 1.
    pub stdout: Vec<u8>,
    /// What came on stream 2.
    pub stderr: Vec<u8>,
}

impl Hijacked {
    pub(crate) fn new(headers: HeaderMap, upgraded: Upgraded, connection: Connection) -> Self {
        Self { headers, io: TokioIo::new(upgraded), _connection: connection }
    }

    /// Writes to the other side's standard input.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.io.write_all(bytes).await.context("writing to a stream")?;
        self.io.flush().await.context("flushing a stream")
    }

    /// Says that no more input will come; output goes on.
    pub async fn close_write(&mut self) -> Result<()> {
        self.io.shutdown().await.context("closing the input")
    }

    /// Reads until the other side closes.
    pub async fn read_to_end(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while self.read_some(&mut bytes).await? > 0 {}
        Ok(bytes)
    }

    /// Reads until what came so far holds `wanted`, and returns all of it.
    pub async fn read_until(&mut self, wanted: &[u8]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while !bytes.windows(wanted.len()).any(|window| window == wanted) {
            if self.read_some(&mut bytes).await? == 0 {
                bail!(
                    "the stream ended before {:?}: {:?}",
                    String::from_utf8_lossy(wanted),
                    String::from_utf8_lossy(&bytes)
                );
            }
        }
        Ok(bytes)
    }

    /// Reads until the other side closes and takes the frames apart.
    pub async fn read_output(&mut self) -> Result<Output> {
        Output::of_frames(&self.read_to_end().await?)
    }

    async fn read_some(&mut self, bytes: &mut Vec<u8>) -> Result<usize> {
        timeout(SILENCE_LIMIT, self.io.read_buf(bytes))
            .await
            .with_context(|| format!("nothing came within {SILENCE_LIMIT:?}"))?
            .context("reading a stream")
    }
}

impl Output {
    /// Takes whole frames apart; anything that is no frame is an error.
    pub fn of_frames(mut bytes: &[u8]) -> Result<Self> {
        let mut output = Self::default();
        while !bytes.is_empty() {
            let (head, rest) = bytes
                .split_at_checked(FRAME_HEAD_BYTES)
                .with_context(|| format!("{} bytes are no frame", bytes.len()))?;
            let size = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
            ensure!(head[1..4] == [0, 0, 0], "a frame begins with {head:?}");
            let (content, rest) = rest
                .split_at_checked(size)
                .with_context(|| format!("a frame of {size} bytes has only {}", rest.len()))?;
            match head[0] {
                1 => output.stdout.extend_from_slice(content),
                2 => output.stderr.extend_from_slice(content),
                other => bail!("a frame of stream {other}"),
            }
            bytes = rest;
        }
        Ok(output)
    }

    /// Standard output as text.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

#[cfg(test)]
mod tests;
