//! A file of the network that a user names by its URL.
//!
//! The user's URL may lead anywhere but to a metadata service, as a registry's name may. Where it redirects to is chosen by
//! whoever answers there, so that may be no further inside than the answer that leads to it came from.

use std::{error::Error, io::Write};

use bytes::Bytes;
use http::StatusCode;
use reqwest::{Response, Url, header};

use super::{
    Registry,
    address::Reach,
    clients::{check_answer, check_url, shown},
    error::{MESSAGE_BYTES_MAX, RegistryError, clean, innermost},
    resolver::Forbidden,
};

/// Redirects that are followed, as Go's client does.
const REDIRECTS_MAX: usize = 10;

/// What is told of a file beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedFile {
    /// The name at the end of the URL's path, or that the answer gives; absent where neither has one.
    pub name: Option<String>,
    /// When it was changed last, in seconds since the Unix epoch, where the answer says it.
    pub modified: Option<i64>,
    /// Its bytes.
    pub size_bytes: u64,
}

/// A file whose bytes are on their way.
#[derive(Debug)]
pub struct Download {
    response: Response,
    url: Url,
    limit_bytes: u64,
    taken_bytes: u64,
    /// As the answer says it; what the client tells later is what is left.
    total_bytes: Option<u64>,
}

/// Tells why a file was not fetched. URLs are shown without what may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It is no URL.
    #[error("parse {url:?}: {what}")]
    Malformed {
        /// What was given.
        url: String,
        /// What is wrong with it.
        what: String,
    },
    /// It leads to where it must not.
    #[error("Get {url:?}: {what}")]
    Forbidden {
        /// The URL.
        url: String,
        /// Why that is refused.
        what: String,
    },
    /// Nobody answered, or not to the end.
    #[error("Get {url:?}: {what}")]
    Get {
        /// The URL.
        url: String,
        /// What happened.
        what: String,
    },
    /// The answer is no.
    #[error("failed to GET {url} with status {status}: {said}")]
    Status {
        /// The URL.
        url: String,
        /// The status.
        status: StatusCode,
        /// The beginning of what else was said.
        said: String,
    },
    /// It is larger than may be.
    #[error("{url} has more than {limit_bytes} bytes")]
    TooLarge {
        /// The URL.
        url: String,
        /// How large it may be.
        limit_bytes: u64,
    },
    /// Its bytes could not be kept.
    #[error("the file could not be kept")]
    Keep(#[source] std::io::Error),
}

impl Registry {
    /// Fetches a file into `into`, up to `limit_bytes`, and tells `told` how many bytes there are by now and in all.
    pub async fn fetch(
        &self,
        url: &str,
        mut into: impl Write + Send,
        limit_bytes: u64,
        mut told: impl FnMut(u64, Option<u64>) + Send,
    ) -> Result<FetchedFile, FetchError> {
        let mut download = self.open(url, limit_bytes).await?;
        while let Some(chunk) = download.chunk().await? {
            into.write_all(&chunk).map_err(FetchError::Keep)?;
            told(download.taken_bytes(), download.total_bytes());
        }
        Ok(FetchedFile {
            name: name(&download.response, &download.url),
            modified: modified(&download.response),
            size_bytes: download.taken_bytes,
        })
    }

    /// Asks for a file of up to `limit_bytes`, and gives it when its answer has begun.
    pub async fn open(&self, url: &str, limit_bytes: u64) -> Result<Download, FetchError> {
        let parsed = Url::parse(url).map_err(|error| FetchError::Malformed {
            url: url.to_owned(),
            what: error.to_string(),
        })?;
        let (response, last) = self.answer(parsed).await?;
        if !response.status().is_success() {
            return Err(refused(response, &last).await);
        }
        let total_bytes = response.content_length();
        let download = Download { response, url: last, limit_bytes, taken_bytes: 0, total_bytes };
        match total_bytes {
            Some(total) if total > limit_bytes => Err(download.too_large()),
            Some(_) | None => Ok(download),
        }
    }

    /// Asks, and follows where the answer leads.
    async fn answer(&self, mut url: Url) -> Result<(Response, Url), FetchError> {
        let mut reach = Reach::Loopback;
        for _ in 0..=REDIRECTS_MAX {
            let forbidden = |error: RegistryError| FetchError::Forbidden {
                url: shown(&url),
                what: error.to_string(),
            };
            check_url(&url, reach).map_err(forbidden)?;
            let client = self.clients.get(reach, true);
            let client = client.map_err(|error| get(&url, error.to_string()))?;
            let sent = client.get(url.clone()).send().await;
            let response = sent.map_err(|error| broken(&url, &error))?;
            reach = check_answer(&url, &response, reach).map_err(forbidden)?;
            if !response.status().is_redirection() {
                return Ok((response, url));
            }
            let location = response.headers().get(header::LOCATION);
            let next = location.and_then(|value| value.to_str().ok());
            let next = next.and_then(|text| url.join(text).ok());
            url = next.ok_or_else(|| get(&url, "it redirects nowhere".to_owned()))?;
        }
        Err(get(&url, format!("stopped after {REDIRECTS_MAX} redirects")))
    }
}

// === impl Download ===

impl Download {
    /// Gives the next bytes; none at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        let chunk = self.response.chunk().await;
        let Some(chunk) = chunk.map_err(|error| broken(&self.url, &error))? else {
            return Ok(None);
        };
        self.taken_bytes += chunk.len() as u64;
        if self.taken_bytes > self.limit_bytes {
            return Err(self.too_large());
        }
        Ok(Some(chunk))
    }

    /// Tells how many bytes have come.
    pub const fn taken_bytes(&self) -> u64 {
        self.taken_bytes
    }

    /// Tells how many bytes there are, where the answer says it.
    pub const fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }

    fn too_large(&self) -> FetchError {
        FetchError::TooLarge { url: shown(&self.url), limit_bytes: self.limit_bytes }
    }
}

/// Reads the beginning of what is said beside a no.
async fn refused(mut response: Response, url: &Url) -> FetchError {
    let mut said = Vec::new();
    while said.len() < MESSAGE_BYTES_MAX {
        let Ok(Some(chunk)) = response.chunk().await else { break };
        said.extend_from_slice(&chunk);
    }
    let said = clean(String::from_utf8_lossy(&said).trim());
    FetchError::Status { url: shown(url), status: response.status(), said }
}

/// Tells why nobody answered; a name may have addresses that must not be connected to.
fn broken(url: &Url, error: &(dyn Error + 'static)) -> FetchError {
    let mut causes = std::iter::successors(Some(error), |cause| (*cause).source());
    if causes.any(|cause| cause.is::<Forbidden>()) {
        return FetchError::Forbidden { url: shown(url), what: innermost(error) };
    }
    get(url, innermost(error))
}

fn get(url: &Url, what: String) -> FetchError {
    FetchError::Get { url: shown(url), what }
}

/// Gives the last part of the path, or what the answer calls the file. Either is a name and no path.
fn name(response: &Response, url: &Url) -> Option<String> {
    let of_path = url.path_segments().and_then(|mut parts| parts.next_back()).map(decoded);
    let disposition = response.headers().get(header::CONTENT_DISPOSITION);
    let of_answer = disposition.and_then(|value| value.to_str().ok()).and_then(|value| {
        let (_, name) = value.split_once("filename=")?;
        Some(name.split(';').next()?.trim().trim_matches('"').to_owned())
    });
    let is_name = |name: &String| {
        !name.is_empty() && !matches!(name.as_str(), "." | "..") && !name.contains(['/', '\0'])
    };
    of_path.filter(is_name).or(of_answer.filter(is_name))
}

fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn modified(response: &Response) -> Option<i64> {
    let text = response.headers().get(header::LAST_MODIFIED)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second())
}
