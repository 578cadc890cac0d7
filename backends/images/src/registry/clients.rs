//! HTTP clients, one for each way of connecting: how far inside it may lead, and whether certificates count.

use std::{net::IpAddr, sync::OnceLock, time::Duration};

use reqwest::{Client, Response, Url, redirect::Policy};
use rustls::crypto::ring;

use super::{address::Reach, error::RegistryError, resolver::Resolver};

/// How long a connection may take to come about. A registry that is far away and busy needs seconds.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// How long a registry may be silent within an answer. A blob that comes out of cold storage needs most of a minute.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// Connections to one host that wait for further use: as many as blobs come at once.
const IDLE_MAX: usize = 8;

/// The clients; each is made when it is needed first, for reading the host's certificates takes time.
#[derive(Debug, Default)]
pub(super) struct Clients {
    user_agent: String,
    made: [OnceLock<Client>; 6],
}

impl Clients {
    pub(super) fn new(user_agent: String) -> Self {
        // A library cannot be sure to be the first to choose, and whatever was chosen will do.
        drop(ring::default_provider().install_default());
        Self { user_agent, made: Default::default() }
    }

    /// Gives the client that connects to addresses up to `inmost`.
    pub(super) fn get(&self, inmost: Reach, verified: bool) -> Result<&Client, RegistryError> {
        let place = &self.made[inmost as usize * 2 + usize::from(verified)];
        if let Some(client) = place.get() {
            return Ok(client);
        }
        let client = self.make(inmost, verified).map_err(|error| {
            let reason = super::error::innermost(&error);
            RegistryError::Protocol(format!("no TLS client can be made on this host: {reason}"))
        })?;
        Ok(place.get_or_init(|| client))
    }

    fn make(&self, inmost: Reach, verified: bool) -> reqwest::Result<Client> {
        Client::builder()
            .user_agent(&self.user_agent)
            // Redirects are followed by hand, after a look at where they lead.
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(SILENCE_LIMIT)
            .pool_max_idle_per_host(IDLE_MAX)
            .tls_danger_accept_invalid_certs(!verified)
            .dns_resolver(Resolver { inmost })
            .build()
    }
}

/// Refuses a URL whose host is an address that nothing up to `inmost` has; names are seen to by the resolver.
pub(super) fn check_url(url: &Url, inmost: Reach) -> Result<(), RegistryError> {
    let refused = |reason: String| RegistryError::Forbidden { url: shown(url), reason };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused("it is neither http nor https".to_owned()));
    }
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match literal {
        Ok(address) => check_address(url, address, inmost),
        Err(_) => Ok(()),
    }
}

/// Refuses an answer that came from where it must not; gives how far inside it came from.
pub(super) fn check_answer(
    url: &Url,
    response: &Response,
    inmost: Reach,
) -> Result<Reach, RegistryError> {
    let Some(address) = response.remote_addr() else {
        return Err(RegistryError::Forbidden {
            url: shown(url),
            reason: "the address of the connection is not known".to_owned(),
        });
    };
    check_address(url, address.ip(), inmost)?;
    Ok(Reach::of(address.ip()).unwrap_or(inmost))
}

fn check_address(url: &Url, address: IpAddr, inmost: Reach) -> Result<(), RegistryError> {
    match Reach::of(address) {
        Some(reach) if reach <= inmost => Ok(()),
        Some(_) | None => Err(RegistryError::Forbidden {
            url: shown(url),
            reason: format!("{address} is an address where a registry must not lead"),
        }),
    }
}

/// Writes a URL without what stands behind its path, which may be a signature.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Neither can fail: the URL has a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}
