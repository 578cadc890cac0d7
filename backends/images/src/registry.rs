//! The client of registries (OCI distribution specification, Docker registry v2): pull, push, login, search.
//!
//! | module | what it does |
//! |---|---|
//! | `endpoint` | where a registry is: mirrors, Docker Hub's names, registries without TLS |
//! | `address`, `resolver`, `clients` | which addresses may be connected to, and the connections |
//! | `dialogue` | requests to one registry: redirects, retries, tokens |
//! | `challenge`, `token`, `credentials` | how one proves who one is |
//! | `manifest` | manifests and lists, checked |
//! | `login`, `look` | what changes nothing here |
//! | `blob`, `pull` | bytes that come, checked and unpacked as they come |
//! | `push` | bytes that go |
//! | `outlet` | bodies for any URL that the user named, under the same rules |
//!
//! Nothing of what a registry sends is believed: each byte is counted and hashed against the digest that led to it,
//! and only the first digest of all may come from the registry. Credentials are in no message.

mod address;
mod blob;
mod challenge;
mod clients;
mod credentials;
mod dialogue;
mod endpoint;
mod error;
mod fetch;
mod login;
mod look;
mod manifest;
mod outlet;
mod progress;
mod pull;
mod push;
mod resolver;
mod retry;
mod token;

use tokio::sync::Semaphore;

pub use self::{
    address::Reach,
    credentials::{Credentials, CredentialsError},
    endpoint::{EndpointError, InsecureRegistry, Mirror, RegistryOptions},
    error::{Answer, RegistryError},
    fetch::{Download, FetchError, FetchedFile},
    look::{Distribution, Found},
    outlet::{Outlet, OutletError},
    progress::{LayerStep, Progress, PullStep},
    pull::{PullOptions, Pulled},
    push::{PushImage, PushOptions, Pushed},
};
use self::{clients::Clients, dialogue::Dialogue, endpoint::Endpoint, retry::Pauses};

/// Layers that come at once, of all pulls together: dockerd's own limit, which registries are used to.
const DOWNLOADS_MAX: usize = 3;

/// Layers that go at once, of all pushes together: dockerd's limit too.
const UPLOADS_MAX: usize = 5;

/// The client of all registries. One is enough for a process: it keeps connections, and counts what comes at once.
#[derive(Debug)]
pub struct Registry {
    options: RegistryOptions,
    clients: Clients,
    pauses: Pauses,
    downloads: Semaphore,
    uploads: Semaphore,
}

impl Registry {
    /// Makes a client, which connects to nothing yet.
    pub fn new(options: RegistryOptions) -> Self {
        let clients = Clients::new(options.user_agent.clone());
        let (downloads, uploads) = (Semaphore::new(DOWNLOADS_MAX), Semaphore::new(UPLOADS_MAX));
        Self { options, clients, pauses: Pauses::default(), downloads, uploads }
    }

    /// Begins to look for a place that answers for the registry of `reference`.
    fn search(&self, domain: &str, credentials: &Credentials, scopes: Vec<String>) -> Search<'_> {
        let endpoints = self.options.endpoints(domain).into_iter();
        let last = RegistryError::Protocol(format!("{domain} is no registry"));
        Search { registry: self, endpoints, credentials: credentials.clone(), scopes, last }
    }
}

/// The places that answer for a registry, in order.
struct Search<'r> {
    registry: &'r Registry,
    endpoints: std::vec::IntoIter<Endpoint>,
    credentials: Credentials,
    scopes: Vec<String>,
    last: RegistryError,
}

impl<'r> Search<'r> {
    /// Opens a dialogue with the next place; one at which nobody answers is passed over, and so is a mirror that does
    /// not want to. The error is the last one's.
    async fn next(&mut self) -> Result<Dialogue<'r>, RegistryError> {
        for endpoint in self.endpoints.by_ref() {
            let is_mirror = endpoint.mirror;
            let (credentials, scopes) = (self.credentials.clone(), self.scopes.clone());
            match Dialogue::open(self.registry, endpoint, credentials, scopes).await {
                Ok(dialogue) => return Ok(dialogue),
                Err(error) if is_mirror || matches!(error, RegistryError::Connection { .. }) => {
                    self.last = error;
                }
                Err(error) => return Err(error),
            }
        }
        Err(std::mem::replace(&mut self.last, RegistryError::Stopped))
    }

    /// Goes on after a dialogue that could not help: the registry's own no counts, a mirror's does not.
    fn pass_over(
        &mut self,
        dialogue: &Dialogue<'_>,
        error: RegistryError,
    ) -> Result<(), RegistryError> {
        if !dialogue.endpoint.mirror {
            return Err(error);
        }
        self.last = error;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
