//! The bridges that containers join: the default one, made when the first of them starts, and one for each network of users.
//!
//! A Linux bridge with the network's own address, forwarding, and an nftables table of its own for addresses on the
//! way out. All of it is made by netlink: no tool of the host is needed.

mod choose;
mod firewall;
mod link;
mod namespace;
mod ports;

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

use journal_domain::{BridgeConfig, Network, NetworkId, Subnet};
use tokio::task::spawn_blocking;

use crate::registry::locked;

pub use choose::{ChooseBridgeError, choose_bridge};
pub(crate) use firewall::{names_rules, probe as probe_translation};
use link::USUAL_MTU_BYTES;
pub(crate) use link::{LinkError, Links};
pub(crate) use namespace::NetworkNamespace;
pub(crate) use ports::PublishedPorts;

/// Tells the kernel to pass packets on from one interface to another.
const FORWARDING: &str = "/proc/sys/net/ipv4/ip_forward";

/// The same for IPv6.
const FORWARDING_IPV6: &str = "/proc/sys/net/ipv6/conf/all/forwarding";

/// The bridges of this backend.
#[derive(Debug)]
pub(crate) struct Bridges {
    /// The name of the default bridge, which marks all of them as this backend's.
    owner: String,
    /// The network that has them.
    pub(crate) hub: NetworkNamespace,
    ports: Arc<PublishedPorts>,
    /// Those that are known to be there.
    ready: Mutex<HashMap<NetworkId, Ready>>,
    /// Held while one is made, so that a burst of starts makes it once.
    making: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Ready {
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
    #[error("the interface {interface} is there, and is not this server's: choose another name")]
    Foreign { interface: String },
    #[error("turning on the forwarding of packets failed")]
    Forwarding(#[source] io::Error),
    #[error("making the nftables table {interface} failed")]
    Firewall {
        interface: String,
        #[source]
        source: io::Error,
    },
    #[error("the network of the bridges cannot be entered")]
    Hub(#[source] io::Error),
    #[error("the server is ending")]
    Ending,
}

// === impl Bridges ===

impl Bridges {
    pub(crate) fn new(owner: String, hub: NetworkNamespace, ports: Arc<PublishedPorts>) -> Self {
        let (ready, making) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { owner, hub, ports, ready, making }
    }

    /// Makes sure that a bridge is there; gives the size of its largest packet where that is not the usual one.
    pub(crate) async fn ensure(&self, network: &Network) -> Result<Option<u32>, BridgeError> {
        let ready = || locked(&self.ready).get(&network.id).cloned();
        if let Some(ready) = ready() {
            return Ok(ready.mtu_bytes);
        }
        let _making = self.making.lock().await;
        if let Some(ready) = ready() {
            return Ok(ready.mtu_bytes);
        }
        let mtu_bytes = self.make(network).await?;
        locked(&self.ready).insert(network.id, Ready { mtu_bytes });
        Ok(mtu_bytes)
    }

    /// Makes sure that the default bridge is there, and with it the maps of published ports.
    pub(crate) async fn ensure_default(
        &self,
        config: &BridgeConfig,
    ) -> Result<Option<u32>, BridgeError> {
        let [bridge, ..] = Network::predefined(config);
        self.ensure(&bridge).await
    }

    /// Removes a bridge.
    pub(crate) async fn remove(&self, network: &Network) -> Result<(), BridgeError> {
        let _making = self.making.lock().await;
        locked(&self.ready).remove(&network.id);
        let name = &network.interface;
        let links = Links::open(&self.hub).map_err(|source| in_link(name, source))?;
        if !links.is_foreign(network, &self.owner).await.map_err(|source| in_link(name, source))? {
            remove(name, &self.hub).await?;
        }
        Ok(())
    }

    /// Removes the bridges of this backend that `is_known` knows nothing of, and gives their names: those that a log made which
    /// was not kept to its end, as after a restored backup. One that a container is still at stays.
    pub(crate) async fn sweep(
        &self,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, BridgeError> {
        let _making = self.making.lock().await;
        let in_link = |source| in_link(&self.owner, source);
        let links = Links::open(&self.hub).map_err(in_link)?;
        let mut swept = Vec::new();
        for name in links.owned_by(&self.owner).await.map_err(in_link)? {
            let stays = name == self.owner || is_known(&name);
            if !stays && !links.has_ports(&name).await.map_err(in_link)? {
                remove(&name, &self.hub).await?;
                swept.push(name);
            }
        }
        Ok(swept)
    }

    /// Gives what the host reaches.
    pub(crate) async fn reached(&self) -> Result<Vec<Subnet>, LinkError> {
        let reached = Links::open(&NetworkNamespace::default())?.routed().await?.into_iter();
        Ok(reached.map(|one| Subnet::new(one.address.into(), one.prefix_bits)).collect())
    }

    /// Has the next start look again whether the bridges are there.
    pub(crate) fn forget(&self) {
        locked(&self.ready).clear();
    }

    async fn make(&self, network: &Network) -> Result<Option<u32>, BridgeError> {
        let name = &network.interface;
        let in_link = |source| in_link(name, source);
        let links = Links::open(&self.hub).map_err(in_link)?;
        // The default bridge is named by its log: what is called so is this server's, or that of the log that it was
        // forked from, in whose place it is.
        let is_named = !network.is_predefined();
        if is_named && links.is_foreign(network, &self.owner).await.map_err(in_link)? {
            return Err(BridgeError::Foreign { interface: name.clone() });
        }
        let mtu_bytes = match network.mtu_bytes().filter(|_| !network.is_predefined()) {
            Some(mtu_bytes) => Some(mtu_bytes).filter(|mtu_bytes| *mtu_bytes != USUAL_MTU_BYTES),
            None => links.uplink_mtu().await.map_err(in_link)?,
        };
        links.make_bridge(network, &self.owner, mtu_bytes).await.map_err(in_link)?;
        let (network, ports) = (network.clone(), Arc::clone(&self.ports));
        let hub = self.hub.clone();
        let open = move || hub.within(|| open_the_way_out(&network, &ports));
        let opened = spawn_blocking(open).await.map_err(|_| BridgeError::Ending)?;
        opened.map_err(BridgeError::Hub)??;
        Ok(mtu_bytes)
    }
}

fn in_link(interface: &str, source: LinkError) -> BridgeError {
    BridgeError::Link { interface: interface.to_owned(), source }
}

fn open_the_way_out(network: &Network, ports: &PublishedPorts) -> Result<(), BridgeError> {
    let interface = || network.interface.clone();
    let in_firewall = |source| BridgeError::Firewall { interface: interface(), source };
    if network.is_predefined() {
        ports.install(network).map_err(in_firewall)?;
    } else {
        firewall::install(network, firewall::Translates::Elsewhere).map_err(in_firewall)?;
    }
    if network.ipv6 {
        firewall::install_ipv6(network).map_err(in_firewall)?;
        turn_on(FORWARDING_IPV6)?;
    }
    turn_on(FORWARDING)
}

fn turn_on(switch: &str) -> Result<(), BridgeError> {
    let on = std::fs::read(switch).is_ok_and(|value| value.starts_with(b"1"));
    if on { Ok(()) } else { std::fs::write(switch, "1").map_err(BridgeError::Forwarding) }
}

/// Removes every bridge of a backend, the default one among them.
pub(crate) async fn remove_all(owner: &str, hub: &NetworkNamespace) -> Result<(), BridgeError> {
    let links = Links::open(hub).map_err(|source| in_link(owner, source))?;
    for name in links.owned_by(owner).await.map_err(|source| in_link(owner, source))? {
        remove(&name, hub).await?;
    }
    remove(owner, hub).await
}

/// Removes a bridge and its table. What is not there is as good as removed.
async fn remove(interface: &str, hub: &NetworkNamespace) -> Result<(), BridgeError> {
    let links = Links::open(hub).map_err(|source| in_link(interface, source))?;
    links.remove(interface).await.map_err(|source| in_link(interface, source))?;
    let (name, hub) = (interface.to_owned(), hub.clone());
    let removed = spawn_blocking(move || hub.within(|| firewall::remove(&name))).await;
    removed
        .map_err(|_| BridgeError::Ending)?
        .map_err(BridgeError::Hub)?
        .map_err(|source| BridgeError::Firewall { interface: interface.to_owned(), source })
}

#[cfg(test)]
mod tests;
