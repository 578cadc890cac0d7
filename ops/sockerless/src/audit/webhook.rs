//! A webhook that takes records: a POST for each chunk, tried again until it is taken.
//!
//! The user names the URL, so it may be on this host or in a private network; a cloud's metadata service may not, and
//! redirects are not followed (`backends_images::Outlet`).

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;
use backends_images::{Outlet, OutletError};
use hmac::{Hmac, Mac as _};
use journal_audit::Format;
use sha2::Sha256;

use super::sink::Chunk;
use crate::{exit, version::VERSION};

/// The first pause after a failure; each further one is twice as long.
const PAUSE_MIN: Duration = Duration::from_millis(250);

/// The longest pause: a receiver that is back gets its records within a minute.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// A receiver of records.
pub(super) struct Webhook {
    outlet: Outlet,
    url: String,
    media_type: &'static str,
    secret: Option<Vec<u8>>,
}

impl Webhook {
    pub(super) fn new(url: &str, format: Format, secret: Option<&Path>) -> anyhow::Result<Self> {
        let read = |path: &Path| {
            let secret = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
            anyhow::Ok(secret.trim_ascii_end().to_vec())
        };
        let outlet = Outlet::new(format!("sockerless/{VERSION}"));
        outlet.check(url)?;
        Ok(Self {
            outlet,
            url: url.to_owned(),
            media_type: format.media_type(),
            secret: secret.map(read).transpose()?,
        })
    }

    /// Posts a chunk until it is taken. Only an address that is never allowed ends the follower.
    #[expect(clippy::print_stderr, reason = "whoever waits wants to know for what")]
    pub(super) async fn deliver(&self, chunk: &Chunk) -> anyhow::Result<()> {
        let mut pause = PAUSE_MIN;
        loop {
            let why = match self.post(chunk).await {
                Ok(status) if (200..300).contains(&status) => return Ok(()),
                Ok(status) => format!("it answered {status}"),
                Err(error @ OutletError::Forbidden { .. }) => return Err(error.into()),
                Err(error) => exit::chain(&error),
            };
            let (first, last, millis) = (chunk.first, chunk.last, pause.as_millis());
            eprintln!("records {first} to {last} were not taken: {why}; again in {millis} ms");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn post(&self, chunk: &Chunk) -> Result<u16, OutletError> {
        let mut headers = vec![
            ("content-type", self.media_type.to_owned()),
            ("x-sockerless-records", format!("{}-{}", chunk.first, chunk.last)),
        ];
        if let Some(secret) = &self.secret {
            headers.push(("x-sockerless-signature", signature(secret, chunk.lines.as_bytes())));
        }
        self.outlet.post(&self.url, &headers, chunk.lines.clone()).await
    }
}

/// Gives the header by which a receiver knows that a body is ours.
fn signature(secret: &[u8], body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests;
