//! What names mean for a container: those of the containers that share a user's network with it.
//!
//! On the default bridge there are no names, as in Docker: only links, which are in the container's own files.

use std::net::IpAddr;

use journal_domain::{ContainerId, Network, NetworkLease};

use crate::{Container, Endpoint, KeptNetwork, State};

impl State {
    /// Gives the addresses that a name has for a container: in its networks, or in the one that the name ends with.
    pub fn resolve(&self, asker: &ContainerId, name: &str) -> Vec<IpAddr> {
        let Some(asker) = self.container(asker) else { return Vec::new() };
        let name = name.trim_end_matches('.');
        let mut addresses: Vec<IpAddr> = Vec::new();
        for (endpoint, kept) in self.named_networks(asker) {
            let suffix = name.len().checked_sub(kept.network.name.len() + 1);
            let bare = suffix.filter(|at| {
                name.is_char_boundary(*at)
                    && name[*at..].starts_with('.')
                    && name[at + 1..].eq_ignore_ascii_case(&kept.network.name)
            });
            let wanted = [Some(name), bare.map(|at| &name[..at])];
            for wanted in wanted.into_iter().flatten() {
                addresses.extend(self.in_network(endpoint, kept, wanted));
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        addresses.retain(|address| seen.insert(*address));
        addresses
    }

    /// Gives the name of who has an address in a container's networks, with the network's.
    pub fn name_at(&self, asker: &ContainerId, address: IpAddr) -> Option<String> {
        let asker = self.container(asker)?;
        self.named_networks(asker).find_map(|(_, kept)| {
            let holder = self.container(kept.addresses.get(&address)?)?;
            Some(format!("{}.{}", holder.name, kept.network.name))
        })
    }

    /// Tells whether a container is in a network that has names.
    pub fn has_names(&self, container: &ContainerId) -> bool {
        self.container(container).is_some_and(|asker| self.named_networks(asker).next().is_some())
    }

    /// Tells whether something leads out of a container's networks.
    pub fn has_way_out(&self, container: &ContainerId) -> bool {
        let leases = self.container(container).into_iter().flat_map(|one| one.leases());
        let mut networks = leases.filter_map(|lease| self.networks.get(&lease.network));
        networks.any(|kept| !kept.network.internal)
    }

    /// Gives the place by which a run reaches what is in none of its networks: in the first of them by name that leads out.
    pub fn way_out<'c>(&self, container: &'c Container) -> Option<&'c NetworkLease> {
        let leading = container.leases().filter_map(|lease| {
            let network = &self.networks.get(&lease.network)?.network;
            let leads = !network.internal && lease.mac.is_some();
            leads.then_some((network.name.as_str(), lease))
        });
        leading.min_by_key(|(name, _)| *name).map(|(_, lease)| lease)
    }

    fn named_networks<'s>(
        &'s self,
        asker: &'s Container,
    ) -> impl Iterator<Item = (&'s Endpoint, &'s KeptNetwork)> {
        asker.endpoints.iter().filter_map(|endpoint| {
            let kept = self.networks.get(&endpoint.lease?.network)?;
            (!kept.network.is_predefined()).then_some((endpoint, &**kept))
        })
    }

    /// Gives the addresses of a name in one network.
    fn in_network(&self, asking: &Endpoint, kept: &KeptNetwork, name: &str) -> Vec<IpAddr> {
        if let Some(target) = asking.request.linked(name) {
            let linked = self.find(target).ok().into_iter();
            return linked.flat_map(|container| in_it(container, &kept.network)).collect();
        }
        let members = kept.members.keys().filter_map(|id| self.container(id));
        let called = members.filter(|container| is_called(container, &kept.network, name));
        called.flat_map(|container| in_it(container, &kept.network)).collect()
    }
}

fn in_it<'c>(container: &'c Container, network: &Network) -> impl Iterator<Item = IpAddr> + 'c {
    let id = network.id;
    let leases = container.leases().filter(move |lease| lease.network == id);
    leases.flat_map(|lease| lease.addresses())
}

fn is_called(container: &Container, network: &Network, name: &str) -> bool {
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    is(container.name.as_str())
        || is(&container.id.short())
        || (!container.spec.hostname.is_empty() && is(&container.spec.hostname))
        || container
            .endpoint(&network.name)
            .is_some_and(|endpoint| endpoint.request.aliases.iter().any(|alias| is(alias)))
}
