//! What the operations page is made of, and where it is.

use std::sync::Arc;

use api_docker::{Context, Gate, Level, docker_api};
use api_http::{ListenAddress, Server};
use api_ops::{ControlRoute, PageSource};
use journal_keys::KeyStore;

use super::tenants::TenantDoors;
use crate::page::PagePlace;

/// What is said to a call of the page that would change something; none gets that far.
const READ_ONLY: &str = "the operations page changes nothing";

/// Gives the page a Docker API of its own over the same engine: without keys, so that no sealed value is opened for it, and
/// behind a gate that takes nothing.
pub(super) fn source(context: &Context, tenants: &TenantDoors) -> PageSource {
    let gate = Gate::open();
    gate.set(Level::ReadOnly, READ_ONLY);
    let (handle, clock) = (context.handle.clone(), Arc::clone(&context.clock));
    let backend = context.backend.info().name;
    let own = Context { gate, keys: KeyStore::closed(), ..context.clone() };
    let tenants = tenants.clone();
    let source = PageSource::new(handle, clock, backend, docker_api(own));
    source.with_tenants(move || tenants.lines())
}

/// Answers on the control socket where the page is for browsers, which open no unix socket.
pub(super) fn address(operations: Option<&Server>) -> ControlRoute {
    let addresses = operations.map(Server::addresses).unwrap_or_default().iter();
    let places: Vec<PagePlace> = addresses
        .filter(|address| matches!(address, ListenAddress::Tcp(_)))
        .map(|address| PagePlace { address: address.to_string() })
        .collect();
    api_ops::question("page", move || std::future::ready(Ok(places.clone())))
}
