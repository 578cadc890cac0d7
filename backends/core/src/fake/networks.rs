//! Networks of nothing but a name: what was made, removed and wired is kept for the test to look at.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use journal_domain::{ContainerId, Network, NetworkId, Subnet};

use super::{FakeBackend, Outage};
use crate::{EffectError, Names, Networks, WireChange, WireWork};

/// The driver's option that has a network not be made, with the reason for its value.
const REFUSED: &str = "fake.refused";

/// The one that has nobody join the network while running, with the reason for its value.
const SHUT: &str = "fake.shut";

/// What there is of networks.
#[derive(Debug, Default)]
pub(super) struct FakeNetworks {
    made: BTreeMap<NetworkId, String>,
    /// Containers, networks, and whether they came or went.
    wired: Vec<(ContainerId, String, bool)>,
    names: Option<Arc<dyn Names>>,
}

// === impl FakeBackend ===

impl FakeBackend {
    /// Gives the names of the networks that are there.
    pub fn networks(&self) -> Vec<String> {
        self.world().networks.made.values().cloned().collect()
    }

    /// Gives the interfaces that came and went while their containers ran.
    pub fn wired(&self) -> Vec<(ContainerId, String, bool)> {
        self.world().networks.wired.clone()
    }

    /// Gives what knows the names of containers.
    pub fn names(&self) -> Option<Arc<dyn Names>> {
        self.world().networks.names.clone()
    }
}

#[async_trait]
impl Networks for FakeBackend {
    async fn make_network(&self, network: &Network) -> Result<(), EffectError> {
        let mut world = self.world();
        Outage::answer(world.line.call())?;
        if let Some(reason) = network.options.get(REFUSED) {
            return Err(EffectError::Failed(reason.clone()));
        }
        world.networks.made.insert(network.id, network.name.clone());
        Ok(())
    }

    async fn remove_network(&self, network: &Network) -> Result<(), EffectError> {
        let mut world = self.world();
        Outage::answer(world.line.call())?;
        world.networks.made.remove(&network.id);
        Ok(())
    }

    async fn wire(&self, work: &WireWork) -> Result<(), EffectError> {
        let mut world = self.world();
        Outage::answer(world.line.call())?;
        let network = &work.change.endpoint().network;
        let comes = matches!(work.change, WireChange::Come(_));
        if let Some(reason) = network.options.get(SHUT).filter(|_| comes) {
            return Err(EffectError::Failed(reason.clone()));
        }
        world.networks.wired.push((work.run.container, network.name.clone(), comes));
        Ok(())
    }

    async fn reached(&self) -> Result<Vec<Subnet>, EffectError> {
        Ok(Vec::new())
    }

    fn use_names(&self, names: Arc<dyn Names>) {
        self.world().networks.names = Some(names);
    }
}
