//! The load generator's own HTTP client: one kept connection, requests made beforehand, and as little work as
//! possible for each answer, for what the client costs is taken from the server on a small machine.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

/// Headers that an answer may have.
const HEADERS_MAX: usize = 32;

/// A connection that is kept between requests.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: UnixStream,
    // What was read and not used yet.
    input: Vec<u8>,
}

/// The status and the body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// How the body of an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Sized(usize),
    Chunked,
    ToTheEnd,
}

impl Wire {
    /// Connects to a unix socket.
    pub(crate) async fn open(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).await.context("connecting")?;
        Ok(Self { stream, input: Vec::with_capacity(16 << 10) })
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await.context("sending a request")?;
        let (status, body) = self.head().await?;
        let body = match body {
            Body::Sized(size) => self.take(size).await?,
            Body::Chunked => self.chunks().await?,
            Body::ToTheEnd => self.rest().await?,
        };
        Ok(Answer { status, body })
    }

    /// Sends a request whose answer must have the status `wanted`.
    pub(crate) async fn expect(&mut self, request: &[u8], wanted: u16) -> Result<Answer> {
        let answer = self.call(request).await?;
        ensure!(
            answer.status == wanted,
            "{} instead of {wanted}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        Ok(answer)
    }

    async fn head(&mut self) -> Result<(u16, Body)> {
        loop {
            if let Some((length, status, body)) = parse_head(&self.input)? {
                self.input.drain(..length);
                return Ok((status, body));
            }
            ensure!(self.fill().await? > 0, "the connection ended before an answer");
        }
    }

    async fn take(&mut self, size: usize) -> Result<Vec<u8>> {
        while self.input.len() < size {
            ensure!(self.fill().await? > 0, "the connection ended inside of an answer");
        }
        let rest = self.input.split_off(size);
        Ok(std::mem::replace(&mut self.input, rest))
    }

    async fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = loop {
                match httparse::parse_chunk_size(&self.input) {
                    Ok(httparse::Status::Complete((length, size))) => {
                        self.input.drain(..length);
                        break usize::try_from(size)?;
                    }
                    Ok(httparse::Status::Partial) => {
                        ensure!(self.fill().await? > 0, "the connection ended inside of a chunk");
                    }
                    Err(_) => bail!("an answer is chunked badly"),
                }
            };
            let chunk = self.take(size + 2).await?;
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    async fn rest(&mut self) -> Result<Vec<u8>> {
        while self.fill().await? > 0 {}
        Ok(std::mem::take(&mut self.input))
    }

    async fn fill(&mut self) -> Result<usize> {
        self.stream.read_buf(&mut self.input).await.context("reading an answer")
    }
}

/// The bytes of a request with a JSON body, or without one where it is empty.
pub(crate) fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: docker\r\n{kind}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The bytes of a request that asks for its connection, as attach and exec do.
pub(crate) fn hijack(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The length of a head, its status and how its body ends; none where the head is not whole yet.
fn parse_head(input: &[u8]) -> Result<Option<(usize, u16, Body)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(input).context("no HTTP answer")?
    else {
        return Ok(None);
    };
    let status = response.code.context("an answer without status")?;
    let header = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let body = match (status, header("content-length"), header("transfer-encoding")) {
        (204 | 304, _, _) => Body::Sized(0),
        (101, _, _) => Body::ToTheEnd,
        (_, Some(size), _) => Body::Sized(size.trim().parse()?),
        (_, None, Some(_)) => Body::Chunked,
        (_, None, None) => Body::ToTheEnd,
    };
    Ok(Some((length, status, body)))
}

#[cfg(test)]
mod tests;
