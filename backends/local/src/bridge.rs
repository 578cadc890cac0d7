//! The bridge that containers join, made when the first of them starts.
//!
//! A Linux bridge with the network's first address, forwarding, and an nftables table of its own for addresses on the
//! way out. All of it is made by netlink: no tool of the host is needed.

mod choose;
mod firewall;
mod link;
mod ports;

use std::{
    io,
    sync::{Arc, Mutex},
};

use journal_domain::BridgeConfig;
use tokio::task::spawn_blocking;

use crate::registry::locked;

pub use choose::{ChooseBridgeError, choose_bridge};
pub(crate) use firewall::probe as probe_translation;
pub(crate) use link::LinkError;
use link::Links;
pub(crate) use ports::PublishedPorts;

/// Tells the kernel to pass packets on from one interface to another.
const FORWARDING: &str = "/proc/sys/net/ipv4/ip_forward";

/// The bridge of this backend.
#[derive(Debug)]
pub(crate) struct Bridge {
    ports: Arc<PublishedPorts>,
    ready: Mutex<Option<Ready>>,
    /// Held while it is made, so that a burst of starts makes it once.
    making: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Ready {
    config: BridgeConfig,
    mtu_bytes: Option<u32>,
}

/// Why there is no bridge.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BridgeError {
    #[error("making the bridge {interface} failed")]
    Link {
        interface: String,
        #[source]
        source: LinkError,
    },
    #[error("turning on the forwarding of packets failed")]
    Forwarding(#[source] io::Error),
    #[error("making the nftables table {interface} failed")]
    Firewall {
        interface: String,
        #[source]
        source: io::Error,
    },
    #[error("the server is ending")]
    Ending,
}

// === impl Bridge ===

impl Bridge {
    pub(crate) fn new(ports: Arc<PublishedPorts>) -> Self {
        Self { ports, ready: Mutex::default(), making: tokio::sync::Mutex::default() }
    }

    /// Makes sure that the bridge is there; gives the size of its largest packet where that is not the usual one.
    pub(crate) async fn ensure(&self, config: &BridgeConfig) -> Result<Option<u32>, BridgeError> {
        let ready = || locked(&self.ready).clone().filter(|ready| ready.config == *config);
        if let Some(ready) = ready() {
            return Ok(ready.mtu_bytes);
        }
        let _making = self.making.lock().await;
        if let Some(ready) = ready() {
            return Ok(ready.mtu_bytes);
        }
        let mtu_bytes = make(config, &self.ports).await?;
        *locked(&self.ready) = Some(Ready { config: config.clone(), mtu_bytes });
        Ok(mtu_bytes)
    }

    /// Has the next start look again whether the bridge is there.
    pub(crate) fn forget(&self) {
        *locked(&self.ready) = None;
    }
}

async fn make(
    config: &BridgeConfig,
    ports: &Arc<PublishedPorts>,
) -> Result<Option<u32>, BridgeError> {
    let in_link = |source| BridgeError::Link { interface: config.interface.clone(), source };
    let links = Links::open().map_err(in_link)?;
    let mtu_bytes = links.uplink_mtu().await.map_err(in_link)?;
    links.make_bridge(config, mtu_bytes).await.map_err(in_link)?;
    let (config, ports) = (config.clone(), Arc::clone(ports));
    spawn_blocking(move || open_the_way_out(&config, &ports))
        .await
        .map_err(|_| BridgeError::Ending)??;
    Ok(mtu_bytes)
}

fn open_the_way_out(config: &BridgeConfig, ports: &PublishedPorts) -> Result<(), BridgeError> {
    ports
        .install(config)
        .map_err(|source| BridgeError::Firewall { interface: config.interface.clone(), source })?;
    let on = std::fs::read(FORWARDING).is_ok_and(|value| value.starts_with(b"1"));
    if on { Ok(()) } else { std::fs::write(FORWARDING, "1").map_err(BridgeError::Forwarding) }
}

/// Removes a bridge and its table. What is not there is as good as removed.
pub(crate) async fn remove(interface: &str) -> Result<(), BridgeError> {
    let in_link = |source| BridgeError::Link { interface: interface.to_owned(), source };
    let links = Links::open().map_err(in_link)?;
    links.remove(interface).await.map_err(in_link)?;
    let name = interface.to_owned();
    let removed = spawn_blocking(move || firewall::remove(&name)).await;
    removed
        .map_err(|_| BridgeError::Ending)?
        .map_err(|source| BridgeError::Firewall { interface: interface.to_owned(), source })
}

#[cfg(test)]
mod tests;
