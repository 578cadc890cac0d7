//! A file of the network that a user names by its URL.
//!
//! The user's URL may lead anywhere but to a metadata service, as a registry's name may. Where it redirects to is chosen by
//! whoever answers there, so that may be no further inside than the answer that leads to it came from.

use std::io::Write;

use reqwest::{Response, Url, header};

use super::{
    Registry,
    address::Reach,
    clients::{check_answer, check_url, shown},
    error::{RegistryError, innermost},
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

/// Tells why a file was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It was not found, or must not be asked for.
    #[error("Get {url:?}: {what}")]
    Get {
        /// The URL, without what may be a secret.
        url: String,
        /// What happened.
        what: String,
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
        let parsed = Url::parse(url).map_err(|error| get(url, error.to_string()))?;
        let (mut response, last) = self.answer(parsed).await?;
        if !response.status().is_success() {
            let status = response.status();
            return Err(get(&shown(&last), format!("unexpected status: {status}")));
        }
        let too_large = || FetchError::TooLarge { url: shown(&last), limit_bytes };
        let total = response.content_length();
        if total.is_some_and(|total| total > limit_bytes) {
            return Err(too_large());
        }
        let mut file = FetchedFile {
            name: name(&response, &last),
            modified: modified(&response),
            size_bytes: 0,
        };
        let broken = |error: reqwest::Error| get(&shown(&last), innermost(&error));
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            file.size_bytes += chunk.len() as u64;
            if file.size_bytes > limit_bytes {
                return Err(too_large());
            }
            into.write_all(&chunk).map_err(FetchError::Keep)?;
            told(file.size_bytes, total);
        }
        Ok(file)
    }

    /// Asks, and follows where the answer leads.
    async fn answer(&self, mut url: Url) -> Result<(Response, Url), FetchError> {
        let mut reach = Reach::Loopback;
        for _ in 0..=REDIRECTS_MAX {
            let refused = |error: RegistryError| get(&shown(&url), error.to_string());
            check_url(&url, reach).map_err(refused)?;
            let client = self.clients.get(reach, true).map_err(refused)?;
            let sent = client.get(url.clone()).send().await;
            let response = sent.map_err(|error| get(&shown(&url), innermost(&error)))?;
            reach = check_answer(&url, &response, reach).map_err(refused)?;
            if !response.status().is_redirection() {
                return Ok((response, url));
            }
            let location = response.headers().get(header::LOCATION);
            let next = location.and_then(|value| value.to_str().ok());
            let next = next.and_then(|text| url.join(text).ok());
            url = next.ok_or_else(|| get(&shown(&url), "it redirects nowhere".to_owned()))?;
        }
        Err(get(&shown(&url), format!("stopped after {REDIRECTS_MAX} redirects")))
    }
}

fn get(url: &str, what: String) -> FetchError {
    FetchError::Get { url: url.to_owned(), what }
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
