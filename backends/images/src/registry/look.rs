//! What a registry has, without bringing it here: `docker manifest inspect`, `docker search`.

use serde::{Deserialize, Serialize};

use super::{
    Registry,
    credentials::Credentials,
    dialogue::{Ask, Dialogue, read_body},
    endpoint::{HUB_SEARCH_URL, login_domain},
    error::RegistryError,
    manifest::{Content, Document, promised},
};
use crate::{
    config::{CONFIG_BYTES_MAX, ImageConfig},
    descriptor::{self, Kind},
    digest::Digest,
    platform::Platform,
    reference::Reference,
};

/// Bytes of the results of a search: a hundred of them have about a hundred kilobytes.
const SEARCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a name leads to in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// The type of the manifest or list.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub size_bytes: u64,
    /// The platforms that the image is for.
    pub platforms: Vec<Platform>,
}

/// An image that a search has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Found {
    /// How many like it.
    pub star_count: i64,
    /// Whether the registry vouches for it.
    pub is_official: bool,
    /// Its name.
    pub name: String,
    /// Whether it is built by the registry.
    pub is_automated: bool,
    /// What it is.
    pub description: String,
}

impl Registry {
    /// Looks what a name leads to.
    pub async fn look(
        &self,
        reference: &Reference,
        credentials: &Credentials,
    ) -> Result<Distribution, RegistryError> {
        let scope = format!("repository:{}:pull", reference.path());
        let mut search = self.search(reference.domain(), credentials, vec![scope]);
        loop {
            let dialogue = search.next().await?;
            match dialogue.look(reference).await {
                Ok(found) => return Ok(found),
                Err(error) => search.pass_over(&dialogue, error)?,
            }
        }
    }

    /// Searches for images. Few registries but Docker Hub can.
    pub async fn find(
        &self,
        term: &str,
        limit: u32,
        credentials: &Credentials,
    ) -> Result<Vec<Found>, RegistryError> {
        #[derive(Deserialize)]
        struct Answer {
            results: Vec<Found>,
        }
        let (domain, term) = match term.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (login_domain(first), rest)
            }
            Some(_) | None => (login_domain(""), term),
        };
        let mut last = RegistryError::Protocol(format!("{domain} is no registry"));
        for mut endpoint in self.options.endpoints(&domain).into_iter().filter(|e| !e.mirror) {
            if domain == login_domain("") {
                endpoint = endpoint.at(HUB_SEARCH_URL)?;
            }
            let mut url = endpoint.url("v1/search")?;
            url.query_pairs_mut().append_pair("q", term).append_pair("n", &limit.to_string());
            let dialogue = Dialogue::new(self, endpoint, credentials.clone(), Vec::new());
            let body = match dialogue.send_once(&Ask::get(url)).await {
                Ok(response) => read_body(response, SEARCH_BYTES_MAX).await?,
                Err(error @ RegistryError::Connection { .. }) => {
                    last = error;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let answer: Answer = serde_json::from_slice(&body)
                .map_err(|_| RegistryError::Protocol(format!("{domain} cannot be searched")))?;
            return Ok(answer.results);
        }
        Err(last)
    }
}

impl Dialogue<'_> {
    async fn look(&self, reference: &Reference) -> Result<Distribution, RegistryError> {
        let document = self.document(reference, None).await?;
        let platforms = match &document.content {
            Content::List(list) => {
                let images =
                    list.manifests().iter().filter(|one| descriptor::kind(one) != Kind::Other);
                images.filter_map(descriptor::platform).collect()
            }
            Content::Image(manifest) => {
                let config = promised(manifest.config(), reference)?;
                let bytes = self.small_blob(reference.path(), config, CONFIG_BYTES_MAX).await?;
                // What is no image is for no platform.
                ImageConfig::parse(&bytes).ok().map(platform).into_iter().collect()
            }
        };
        let Document { bytes, digest, media_type, .. } = document;
        Ok(Distribution { media_type, digest, size_bytes: bytes.len() as u64, platforms })
    }
}

fn platform(config: ImageConfig) -> Platform {
    let ImageConfig { os, architecture, variant, .. } = config;
    Platform { os, architecture, variant }
}
