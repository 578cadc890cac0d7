//! The names of containers in their networks, read from the state as it is at each look-up.

use std::net::IpAddr;

use backends_core::Names;
use journal_domain::ContainerId;
use projector_containers::Containers;
use projector_engine::Handle;

/// Names, for a backend that has no state of its own.
#[derive(Debug)]
pub(crate) struct StateNames(pub(crate) Handle<Containers>);

impl Names for StateNames {
    fn resolve(&self, asker: &ContainerId, name: &str) -> Vec<IpAddr> {
        self.0.snapshot().state.resolve(asker, name)
    }

    fn name_at(&self, asker: &ContainerId, address: IpAddr) -> Option<String> {
        self.0.snapshot().state.name_at(asker, address)
    }

    fn has_names(&self, container: &ContainerId) -> bool {
        self.0.snapshot().state.has_names(container)
    }

    fn has_way_out(&self, container: &ContainerId) -> bool {
        self.0.snapshot().state.has_way_out(container)
    }

    fn servers(&self, container: &ContainerId) -> Vec<IpAddr> {
        let world = self.0.snapshot();
        let container = world.state.container(container);
        let servers = container.into_iter().flat_map(|container| &container.spec.dns);
        servers.filter_map(|server| server.parse().ok()).collect()
    }
}
