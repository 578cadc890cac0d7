//! Name resolution that gives no address a registry may not lead to.
//!
//! The connection is made to what is given here, so nothing can change between the check and the connection.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::Reach;

/// Resolves names to addresses up to `inmost`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver {
    pub(super) inmost: Reach,
}

/// Tells that a name has addresses, and none that may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("{name} is at {address}, where a registry must not lead")]
pub(super) struct Forbidden {
    pub(super) name: String,
    pub(super) address: String,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let inmost = self.inmost;
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let all: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let admitted = |address: &&SocketAddr| {
                Reach::of(address.ip()).is_some_and(|reach| reach <= inmost)
            };
            let good: Vec<SocketAddr> = all.iter().filter(admitted).copied().collect();
            match all.first() {
                Some(address) if good.is_empty() => {
                    let address = address.ip().to_string();
                    Err(Box::new(Forbidden { name, address }) as Box<_>)
                }
                Some(_) | None => Ok(Box::new(good.into_iter()) as Addrs),
            }
        })
    }
}
