//! As much of a websocket client as attach needs: the handshake, and frames without extensions.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long a frame may take to come.
const FRAME_LIMIT: Duration = Duration::from_secs(30);

/// The operation of a frame that holds bytes.
const BINARY: u8 = 2;

/// The operation of a frame that ends the stream.
const CLOSE: u8 = 8;

/// A websocket on a unix socket.
#[derive(Debug)]
pub struct WebSocket {
    stream: UnixStream,
}

impl WebSocket {
    /// Opens a websocket at `path` of the endpoint.
    pub async fn open(socket: &Path, path: &str) -> Result<Self> {
        let mut stream = UnixStream::connect(socket).await.context("connecting")?;
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce)?;
        let key = STANDARD.encode(nonce);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: docker\r\nOrigin: http://docker\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = timeout(FRAME_LIMIT, stream.read_u8()).await?.context("reading the head")?;
            head.push(byte);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        ensure!(head.starts_with("HTTP/1.1 101"), "no websocket: {head}");
        Ok(Self { stream })
    }

    /// Sends bytes as one frame.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let length = u8::try_from(bytes.len()).ok().filter(|length| *length < 126);
        let length = length.context("a frame of a test is short")?;
        // Clients mask what they send; a mask of zeros leaves the bytes as they are.
        let mut frame = vec![0x80 | BINARY, 0x80 | length, 0, 0, 0, 0];
        frame.extend_from_slice(bytes);
        self.stream.write_all(&frame).await.context("writing a frame")
    }

    /// Reads the bytes of all frames until the other side closes.
    pub async fn read_to_end(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(content) = timeout(FRAME_LIMIT, self.frame()).await?? {
            bytes.extend_from_slice(&content);
        }
        Ok(bytes)
    }

    async fn frame(&mut self) -> Result<Option<Vec<u8>>> {
        let Ok(first) = self.stream.read_u8().await else { return Ok(None) };
        let length = match self.stream.read_u8().await? {
            126 => u64::from(self.stream.read_u16().await?),
            127 => self.stream.read_u64().await?,
            short => u64::from(short),
        };
        let mut content = vec![0; usize::try_from(length)?];
        self.stream.read_exact(&mut content).await.context("reading a frame")?;
        Ok((first & 0x0f != CLOSE).then_some(content))
    }
}
