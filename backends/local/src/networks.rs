//! Networks: bridges of this host, and the interfaces of runs in them.

mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use backends_core::{EffectError, Names, Networks, WireWork};
use journal_domain::{Network, Subnet};

use crate::{LocalBackend, errors::chain, registry::locked};

#[async_trait]
impl Networks for LocalBackend {
    async fn make_network(&self, network: &Network) -> Result<(), EffectError> {
        let Err(error) = self.bridges.ensure(network).await else { return Ok(()) };
        // Nobody knows it any more once the failure is on record.
        if let Err(error) = self.bridges.remove(network).await {
            tracing::warn!(network = network.name, %error, "what came of a failed network stays");
        }
        Err(failed(error))
    }

    async fn remove_network(&self, network: &Network) -> Result<(), EffectError> {
        self.bridges.remove(network).await.map_err(failed)
    }

    async fn wire(&self, work: &WireWork) -> Result<(), EffectError> {
        self.wire_run(work).await
    }

    async fn reached(&self) -> Result<Vec<Subnet>, EffectError> {
        self.bridges.reached().await.map_err(failed)
    }

    fn use_names(&self, names: Arc<dyn Names>) {
        *locked(&self.around.names) = Some(names);
    }
}

impl LocalBackend {
    /// Removes the bridges of this backend whose networks are not among `known`, and gives their names.
    pub async fn sweep_bridges(&self, known: &[&Network]) -> Result<Vec<String>, EffectError> {
        let is_known = |name: &str| known.iter().any(|network| network.interface == name);
        self.bridges.sweep(is_known).await.map_err(failed)
    }
}

fn failed(error: impl std::error::Error + 'static) -> EffectError {
    EffectError::Failed(chain(&error))
}
