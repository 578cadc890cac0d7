//! Which network the default bridge gets, chosen once in the life of a cluster.

use std::{fs::File, io, net::Ipv4Addr, path::Path};

use journal_domain::{BridgeConfig, Network, NetworkId};
use rustix::fs::FlockOperation;
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

use super::{
    link::{LinkError, Links},
    namespace::NetworkNamespace,
};
use crate::{config::HostFiles, options::bridge_interface};

/// The prefix of the first networks that are tried, 172.17.0.0 to 172.31.0.0, as Docker's are.
const WIDE_PREFIX_BITS: u8 = 16;

/// The prefix of those that are tried after them, 192.168.0.0 to 192.168.240.0.
const NARROW_PREFIX_BITS: u8 = 20;

/// Why no network could be chosen.
#[derive(Debug, thiserror::Error)]
pub enum ChooseBridgeError {
    /// The host's routes could not be read.
    #[error("the host's networks cannot be read")]
    Read(#[source] io::Error),
    /// The bridge could not be made.
    #[error("the bridge {interface} cannot be made: {reason}")]
    Make {
        /// Its name.
        interface: String,
        /// Why.
        reason: String,
    },
    /// Every candidate overlaps a route of the host.
    #[error("every private network that a bridge could have is in use on this host")]
    Exhausted,
}

/// An address and how much of it names the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subnet {
    pub(crate) address: Ipv4Addr,
    pub(crate) prefix_bits: u8,
}

/// Chooses the default bridge of `cluster`: a private network that overlaps no route of the host.
///
/// The bridge is made at once, where the host allows it, so that the next cluster on this host does not choose the
/// same. A bridge that the cluster has already is kept. `hub` is the network it is in, as in
/// [`LocalOptions`](crate::LocalOptions).
pub async fn choose_bridge(
    cluster: [u8; 16],
    hub: Option<&Path>,
) -> Result<BridgeConfig, ChooseBridgeError> {
    let interface = bridge_interface(cluster);
    let failed = |error: LinkError| ChooseBridgeError::Make {
        interface: interface.clone(),
        reason: crate::errors::chain(&error),
    };
    let _turn = take_turn().await.map_err(ChooseBridgeError::Read)?;
    let hub = NetworkNamespace::open(hub).map_err(ChooseBridgeError::Read)?;
    let links = Links::open(&hub).map_err(failed)?;
    let own = links.subnet_of(&interface).await.map_err(failed)?.filter(Subnet::is_gateway);
    if let Some(own) = own {
        return Ok(own.config(cluster, interface.clone()));
    }
    let mut taken = links.routed().await.map_err(failed)?;
    if hub.descriptor().is_some() {
        let host = Links::open(&NetworkNamespace::default()).map_err(failed)?;
        taken.extend(host.routed().await.map_err(failed)?);
    }
    let servers = HostFiles::read().name_servers();
    let servers = servers.iter().filter_map(|server| server.parse().ok());
    taken.extend(servers.map(|address| Subnet { address, prefix_bits: 32 }));
    let free = first_free(&taken).ok_or(ChooseBridgeError::Exhausted)?;
    let config = free.config(cluster, interface.clone());
    let [bridge, ..] = Network::predefined(&config);
    match links.make_bridge(&bridge, &interface, None).await {
        Err(error) if error.is_denied() => {}
        made => made.map_err(failed)?,
    }
    Ok(config)
}

/// Waits until no other server on this network chooses.
///
/// The lock is on the network namespace itself, which is what the choice is about.
async fn take_turn() -> io::Result<File> {
    let locked = spawn_blocking(|| {
        let namespace = File::open("/proc/thread-self/ns/net")?;
        rustix::fs::flock(&namespace, FlockOperation::LockExclusive)?;
        Ok(namespace)
    });
    locked.await.map_err(io::Error::other)?
}

pub(super) fn first_free(taken: &[Subnet]) -> Option<Subnet> {
    candidates().find(|candidate| !taken.iter().any(|other| candidate.overlaps(other)))
}

fn candidates() -> impl Iterator<Item = Subnet> {
    let wide = (17..=31).map(|second| Subnet {
        address: Ipv4Addr::new(172, second, 0, 0),
        prefix_bits: WIDE_PREFIX_BITS,
    });
    let narrow = (0..=240).step_by(16).map(|third| Subnet {
        address: Ipv4Addr::new(192, 168, third, 0),
        prefix_bits: NARROW_PREFIX_BITS,
    });
    wide.chain(narrow)
}

// === impl Subnet ===

impl Subnet {
    /// The network's own address.
    fn base(&self) -> u32 {
        u32::from(self.address) & mask(self.prefix_bits)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let mask = mask(self.prefix_bits.min(other.prefix_bits));
        u32::from(self.address) & mask == u32::from(other.address) & mask
    }

    /// Whether it is what this backend gives a bridge: the first address of a network that has room for containers.
    fn is_gateway(&self) -> bool {
        (8..=29).contains(&self.prefix_bits) && u32::from(self.address) == self.base() + 1
    }

    fn config(&self, cluster: [u8; 16], interface: String) -> BridgeConfig {
        BridgeConfig {
            network: network_id(cluster),
            interface,
            subnet: Ipv4Addr::from(self.base()),
            prefix_bits: self.prefix_bits,
        }
    }
}

fn mask(prefix_bits: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix_bits.min(32))).unwrap_or(0)
}

/// The network's identity follows from the cluster's, so that choosing again gives the same.
fn network_id(cluster: [u8; 16]) -> NetworkId {
    let mut hash = Sha256::new();
    hash.update(b"sockerless default bridge");
    hash.update(cluster);
    NetworkId::from_bytes(hash.finalize().into())
}
