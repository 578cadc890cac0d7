//! Networks, who is in them, and what a backend has still to do for them.

use std::{net::IpAddr, sync::Arc};

use journal_domain::{
    ContainerId, EndpointId, Network, NetworkConfiguration, NetworkId, NetworkLease, PoolRequest,
    Refusal,
};
use journal_log::Timestamp;
use projector_machine::Since;
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

/// The networks that are here, those that are always here among them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Networks {
    by_id: RedBlackTreeMapSync<NetworkId, Arc<KeptNetwork>>,
    by_name: RedBlackTreeMapSync<String, NetworkId>,
    pending: RedBlackTreeSetSync<NetworkId>,
}

/// A network as the log tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptNetwork {
    /// What it is.
    pub network: Arc<Network>,
    /// What it is to the configuration of others, where it is something to that.
    #[serde(with = "Since::<22>")]
    pub configuration: Option<NetworkConfiguration>,
    /// When it was created.
    pub created: Timestamp,
    /// Whether a backend has made it.
    pub is_made: bool,
    /// Whether it shall go.
    pub removing: bool,
    /// The containers whose runs are in it, and their places.
    pub members: RedBlackTreeMapSync<ContainerId, EndpointId>,
    /// Who has which address.
    pub addresses: RedBlackTreeMapSync<IpAddr, ContainerId>,
}

// === impl Networks ===

impl Networks {
    /// Gives a network by its whole id, also one that goes.
    pub fn get(&self, id: &NetworkId) -> Option<&Arc<KeptNetwork>> {
        self.by_id.get(id)
    }

    /// Gives a network by its name.
    pub fn named(&self, name: &str) -> Option<&Arc<KeptNetwork>> {
        self.by_name.get(name).and_then(|id| self.by_id.get(id))
    }

    /// Goes through the networks that are made and do not go, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<KeptNetwork>> {
        self.by_id.values().filter(|kept| !kept.has_work())
    }

    /// Finds a network by name, by id, or by a unique prefix of an id.
    pub fn find(&self, target: &str) -> Result<&Arc<KeptNetwork>, Refusal> {
        let missing = || Refusal::NoSuchNetwork(target.to_owned());
        let whole = || target.parse::<NetworkId>().ok().and_then(|id| self.by_id.get(&id));
        let found = self.named(target).or_else(whole).filter(|kept| !kept.has_work());
        if let Some(found) = found {
            return Ok(found);
        }
        if target.is_empty() {
            return Err(missing());
        }
        let mut matching =
            self.iter().filter(|kept| kept.network.id.to_string().starts_with(target));
        let found = matching.next().ok_or_else(missing)?;
        match matching.count() {
            0 => Ok(found),
            more => Err(Refusal::InvalidParameter(format!(
                "network {target} is ambiguous ({} matches found based on ID prefix)",
                more + 1
            ))),
        }
    }

    /// Goes through all of it, for a hash.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&NetworkId, &Arc<KeptNetwork>)> {
        self.by_id.iter()
    }

    /// Counts the networks, also those that go.
    pub(crate) fn count(&self) -> usize {
        self.by_id.size()
    }

    /// Goes through the networks that a backend has something to do for.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Arc<KeptNetwork>> {
        self.pending.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Goes through the networks that have the configuration of another, also those that go.
    pub(crate) fn configured_by(&self, name: &str) -> impl Iterator<Item = &Arc<KeptNetwork>> {
        self.by_id.values().filter(move |kept| kept.configured_from() == Some(name))
    }

    pub(crate) fn add(
        &mut self,
        network: Arc<Network>,
        configuration: Option<NetworkConfiguration>,
        created: Timestamp,
    ) {
        let is_only = matches!(configuration, Some(NetworkConfiguration::Only { .. }));
        let is_made = network.is_predefined() || is_only;
        let (id, name) = (network.id, network.name.clone());
        let kept = KeptNetwork {
            network,
            configuration,
            created,
            is_made,
            removing: false,
            members: RedBlackTreeMapSync::new_sync(),
            addresses: RedBlackTreeMapSync::new_sync(),
        };
        self.by_name.insert_mut(name, id);
        self.by_id.insert_mut(id, Arc::new(kept));
        self.change(&id, |_| {});
    }

    pub(crate) fn forget(&mut self, id: &NetworkId) {
        if let Some(kept) = self.by_id.get(id) {
            self.by_name.remove_mut(&kept.network.name);
        }
        self.by_id.remove_mut(id);
        self.pending.remove_mut(id);
    }

    /// Notes that a run has a place in a network.
    pub(crate) fn hold(&mut self, container: ContainerId, lease: &NetworkLease) {
        self.change(&lease.network, |kept| {
            kept.members.insert_mut(container, lease.endpoint);
            for address in lease.addresses() {
                kept.addresses.insert_mut(address, container);
            }
        });
    }

    /// Notes that a run has its place in a network no more.
    pub(crate) fn release(&mut self, container: ContainerId, lease: &NetworkLease) {
        self.change(&lease.network, |kept| {
            kept.members.remove_mut(&container);
            for address in lease.addresses() {
                kept.addresses.remove_mut(&address);
            }
        });
    }

    /// Changes a network and keeps the index of pending work true.
    pub(crate) fn change(&mut self, id: &NetworkId, change: impl FnOnce(&mut KeptNetwork)) {
        let Some(shared) = self.by_id.get_mut(id) else { return };
        let kept = Arc::make_mut(shared);
        change(kept);
        if kept.has_work() {
            self.pending.insert_mut(*id);
        } else {
            self.pending.remove_mut(id);
        }
    }
}

// === impl KeptNetwork ===

impl KeptNetwork {
    /// Tells whether a backend still has to do something for it.
    pub const fn has_work(&self) -> bool {
        self.removing || !self.is_made
    }

    /// Gives the addresses that a network has which is a configuration alone; `None` of any other.
    pub fn configured_pools(&self) -> Option<&[PoolRequest]> {
        match &self.configuration {
            Some(NetworkConfiguration::Only { pools }) => Some(pools),
            Some(NetworkConfiguration::From { .. }) | None => None,
        }
    }

    /// Gives the name of the network whose configuration it has.
    pub fn configured_from(&self) -> Option<&str> {
        match &self.configuration {
            Some(NetworkConfiguration::From { network }) => Some(network),
            Some(NetworkConfiguration::Only { .. }) | None => None,
        }
    }

    /// Tells whether nobody may be given an address: it is the network's own, kept back, or somebody has it.
    pub(crate) fn is_taken(&self, address: IpAddr) -> bool {
        (self.addresses.contains_key(&address) && !journal_log::planted!("address-given-twice"))
            || self.network.pools.iter().any(|pool| {
                pool.gateway == address || pool.reserved.values().any(|other| *other == address)
            })
    }
}
