//! Where the registry of a name is: its address, its mirrors, and whether it may be without TLS.

use std::net::IpAddr;

use reqwest::Url;

/// The registry of names without one.
const HUB: &str = "docker.io";
/// Where that answers.
const HUB_URL: &str = "https://registry-1.docker.io/";
/// Names of it that clients log in to.
const HUB_ALIASES: [&str; 4] = ["", "docker.io", "index.docker.io", "registry-1.docker.io"];
/// Where images of it are searched.
pub(super) const HUB_SEARCH_URL: &str = "https://index.docker.io/";

/// Which registries are asked, and how.
#[derive(Debug, Clone, Default)]
pub struct RegistryOptions {
    /// Mirrors of Docker Hub, asked before it.
    pub mirrors: Vec<Mirror>,
    /// Registries that may be without TLS, or with a certificate that nobody vouches for. This host's always may.
    pub insecure: Vec<InsecureRegistry>,
    /// The name and version that this program tells registries.
    pub user_agent: String,
}

/// The URL of a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror(Url);

/// A registry that may be without TLS: a host with or without a port, or a block of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsecureRegistry {
    /// Such as `registry.lan:5000`.
    Host(String),
    /// Such as `10.0.0.0/8`.
    Block(IpAddr, u8),
}

/// Tells that a text is no mirror, or no registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct EndpointError {
    text: String,
    expected: &'static str,
}

/// A place that answers for a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Ends with a slash.
    pub(super) base: Url,
    /// Whether its certificate must be vouched for.
    pub(super) verified: bool,
    /// Whether it only stands in for the registry: it is not told who asks.
    pub(super) mirror: bool,
}

impl RegistryOptions {
    /// Gives the places to ask for a registry, in order.
    pub(super) fn endpoints(&self, domain: &str) -> Vec<Endpoint> {
        let url = |text: String| Url::parse(&text).ok();
        let at = |base, verified, mirror| Endpoint { base, verified, mirror };
        if domain == HUB {
            let mirrors = self.mirrors.iter().map(|mirror| {
                let verified = !self.is_insecure(&authority(&mirror.0));
                at(mirror.0.clone(), verified, true)
            });
            let hub = url(HUB_URL.to_owned()).map(|base| at(base, true, false));
            return mirrors.chain(hub).collect();
        }
        let insecure = self.is_insecure(domain);
        let schemes: &[_] = if insecure { &["https", "http"] } else { &["https"] };
        let bases = schemes.iter().filter_map(|scheme| url(format!("{scheme}://{domain}/")));
        bases.map(|base| at(base, !insecure, false)).collect()
    }

    fn is_insecure(&self, domain: &str) -> bool {
        let host = host_of(domain);
        let address: Option<IpAddr> = host.parse().ok();
        host == "localhost"
            || address.is_some_and(|address| address.is_loopback())
            || self.insecure.iter().any(|known| match known {
                InsecureRegistry::Host(known) => known == domain || known == host,
                InsecureRegistry::Block(block, bits) => {
                    address.is_some_and(|address| is_in(address, *block, *bits))
                }
            })
    }
}

/// Gives the registry that a client means when it logs in: a host, or a URL as old clients have it.
pub(super) fn login_domain(server: &str) -> String {
    let rest = server.trim();
    let rest = rest.strip_prefix("https://").or(rest.strip_prefix("http://")).unwrap_or(rest);
    let host = rest.split('/').next().unwrap_or_default();
    if HUB_ALIASES.contains(&host) { HUB.to_owned() } else { host.to_owned() }
}

impl std::str::FromStr for Mirror {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let expected = "the URL of a mirror, such as https://mirror.example.com";
        let wrong = || EndpointError { text: text.to_owned(), expected };
        let url = Url::parse(&format!("{}/", text.trim_end_matches('/'))).map_err(|_| wrong())?;
        let plain = url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
            return Err(wrong());
        }
        Ok(Self(url))
    }
}

impl std::str::FromStr for InsecureRegistry {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let expected = "a registry, such as registry.lan:5000 or 10.0.0.0/8";
        let wrong = || EndpointError { text: text.to_owned(), expected };
        let Some((address, bits)) = text.split_once('/') else {
            let is_host = |c: char| c.is_ascii_alphanumeric() || "-_.:[]".contains(c);
            let host = !text.is_empty() && text.chars().all(is_host);
            return host.then(|| Self::Host(text.to_owned())).ok_or_else(wrong);
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let bits: u8 = bits.parse().map_err(|_| wrong())?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        if bits > bits_max { Err(wrong()) } else { Ok(Self::Block(address, bits)) }
    }
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Gives the host of a registry without its port and without brackets.
fn host_of(domain: &str) -> &str {
    match domain.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => domain.split(':').next().unwrap_or(domain),
    }
}

fn is_in(address: IpAddr, block: IpAddr, bits: u8) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        IpAddr::V6(address) => u128::from(address),
    };
    let differ = number(address) ^ number(block);
    address.is_ipv4() == block.is_ipv4() && differ.leading_zeros() >= u32::from(bits)
}

#[cfg(test)]
mod tests;
