//! Containers that belong together: what a backend without networks of its own has to run as one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use journal_domain::ContainerId;

use crate::{Container, State};

/// Containers that reach each other by a network that only they share.
///
/// A platform that runs groups of containers (a task, a container group) makes one of them, once all are asked to run; the
/// local backend starts each by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit<'a> {
    /// The containers, in the order in which they were created; at least two.
    pub members: Vec<&'a Arc<Container>>,
    /// What ties them together, in order.
    pub ties: BTreeSet<Tie<'a>>,
}

/// What ties containers together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie<'a> {
    /// A pod, by its name.
    Pod(&'a str),
    /// A network of the user's, by its name.
    Network(&'a str),
    /// The network of another container (`--network container:NAME`), by its name.
    Container(&'a str),
}

/// A forest of containers: who points at nobody else stands for all that lead to it.
#[derive(Debug, Default)]
struct Groups(BTreeMap<ContainerId, ContainerId>);

impl State {
    /// Gives the containers that belong together, in the order of their first members; who is alone is in none.
    ///
    /// The predefined networks tie nobody to anybody: every container may be in them.
    pub fn units(&self) -> Vec<Unit<'_>> {
        let mut ties: BTreeMap<Tie<'_>, Vec<ContainerId>> = BTreeMap::new();
        for container in self.containers.values() {
            for (tie, other) in self.ties(container) {
                let tied = ties.entry(tie).or_default();
                tied.extend(other.into_iter().chain([container.id]));
            }
        }
        let mut groups = Groups::default();
        for tied in ties.values() {
            tied.windows(2).for_each(|pair| groups.join(pair[0], pair[1]));
        }
        let mut units: BTreeMap<ContainerId, Unit<'_>> = BTreeMap::new();
        for (tie, tied) in &ties {
            // Who is alone in a network is tied to nobody by it.
            let [first, .., _] = &tied[..] else { continue };
            let Some(group) = groups.of(*first) else { continue };
            let unit = units.entry(group);
            let unit = unit.or_insert_with(|| Unit { members: Vec::new(), ties: BTreeSet::new() });
            unit.ties.insert(*tie);
        }
        for container in self.containers.values() {
            let unit = groups.of(container.id).and_then(|group| units.get_mut(&group));
            unit.into_iter().for_each(|unit| unit.members.push(container));
        }
        let mut units: Vec<Unit<'_>> = units.into_values().collect();
        units.iter_mut().for_each(|unit| unit.members.sort_by_key(|one| one.created_seq));
        units.sort_by_key(|unit| unit.members.first().map(|one| one.created_seq));
        units
    }

    /// Gives what a container is tied by, and to whom where that is one other container.
    fn ties<'a>(
        &'a self,
        container: &'a Container,
    ) -> impl Iterator<Item = (Tie<'a>, Option<ContainerId>)> {
        let pod = container.pod().and_then(|place| self.pods().get(&place.pod));
        let pod = pod.map(|kept| (Tie::Pod(kept.pod.name.as_str()), None));
        let peer = container.shares_network_of().and_then(|target| self.find(target).ok());
        let peer = peer.map(|peer| (Tie::Container(peer.name.as_str()), Some(peer.id)));
        let networks = container.endpoints.iter().filter_map(|endpoint| {
            let kept = self.networks().find(endpoint.network()).ok()?;
            let is_users = !kept.network.is_predefined();
            is_users.then_some((Tie::Network(kept.network.name.as_str()), None))
        });
        pod.into_iter().chain(peer).chain(networks)
    }
}

// === impl Unit ===

impl Unit<'_> {
    /// Tells whether each of them shall run: until then a platform that runs them as one has nothing to start.
    pub fn is_complete(&self) -> bool {
        self.members.iter().all(|container| container.is_active())
    }
}

// === impl Groups ===

impl Groups {
    /// Gives who stands for a container's group; nobody where it was joined with nobody.
    fn of(&self, id: ContainerId) -> Option<ContainerId> {
        let mut last = *self.0.get(&id)?;
        while let Some(next) = self.0.get(&last).filter(|next| **next != last) {
            last = *next;
        }
        Some(last)
    }

    fn join(&mut self, one: ContainerId, other: ContainerId) {
        if one == other {
            return;
        }
        let mut root = |id| {
            self.0.entry(id).or_insert(id);
            self.of(id).unwrap_or(id)
        };
        let (one, other) = (root(one), root(other));
        // The lower stands for both, so that a walk is no longer than it has to be.
        self.0.insert(one.max(other), one.min(other));
    }
}
