//! Pools, what runs in them, and what waits.
//!
//! Who has a place is no fact of its own: it follows from where a container is in its life, so it is kept in step with each
//! change of one.

use std::sync::Arc;

use journal_domain::{ContainerId, EndpointId, Pool, PoolName, Refusal, Share};
use journal_log::Timestamp;
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

use super::container::Container;

/// The pools that are here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Pools {
    by_name: RedBlackTreeMapSync<PoolName, Arc<KeptPool>>,
    /// Those in which somebody waits.
    waited_for: RedBlackTreeSetSync<PoolName>,
}

/// A pool as the log tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPool {
    /// What it is.
    pub pool: Pool,
    /// Whether it takes nothing new.
    pub draining: bool,
    /// Its containers, whether they run or not.
    members: RedBlackTreeSetSync<ContainerId>,
    /// Those that have a place, and what they have of CPUs and memory.
    running: RedBlackTreeMapSync<ContainerId, Share>,
    /// What all of those have together.
    used: Share,
    /// Those that wait, in the order of their numbers.
    queue: RedBlackTreeMapSync<u64, ContainerId>,
    /// The number of the next one that waits.
    next_number: u64,
}

/// A start that waits for its pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// Its number in the pool's queue.
    pub number: u64,
    /// The attachment of the run.
    pub endpoint: EndpointId,
    /// Since when it waits.
    pub since: Timestamp,
}

// === impl Pools ===

impl Pools {
    /// Gives a pool.
    pub fn get(&self, name: &PoolName) -> Option<&KeptPool> {
        self.by_name.get(name).map(|kept| &**kept)
    }

    /// Finds a pool by what a client calls it.
    pub fn find(&self, name: &str) -> Result<&KeptPool, Refusal> {
        let found = name.parse().ok().and_then(|name| self.get(&name));
        found.ok_or_else(|| Refusal::NoSuchPool(name.to_owned()))
    }

    /// Gives the pool of somebody's containers, by the names that they go by.
    pub fn of_tenant<'n>(&self, names: impl Iterator<Item = &'n str> + Clone) -> Option<&KeptPool> {
        self.iter()
            .find(|kept| names.clone().any(|name| kept.pool.tenants.iter().any(|one| one == name)))
    }

    /// Goes through all pools, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &KeptPool> {
        self.by_name.values().map(|kept| &**kept)
    }

    /// Counts the pools.
    pub fn len(&self) -> usize {
        self.by_name.size()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Goes through the pools in which somebody waits.
    pub(crate) fn waited_for(&self) -> impl Iterator<Item = &KeptPool> {
        self.waited_for.iter().filter_map(|name| self.get(name))
    }

    pub(crate) fn set(&mut self, pool: &Pool) {
        let mut kept = match self.by_name.get(&pool.name) {
            Some(kept) => KeptPool::clone(kept),
            None => KeptPool::new(pool.clone()),
        };
        (kept.pool, kept.draining) = (pool.clone(), false);
        self.by_name.insert_mut(pool.name.clone(), Arc::new(kept));
    }

    pub(crate) fn drain(&mut self, name: &PoolName) {
        self.change(name, |kept| kept.draining = true);
    }

    pub(crate) fn forget(&mut self, name: &PoolName) {
        self.by_name.remove_mut(name);
        self.waited_for.remove_mut(name);
    }

    /// Notes that a container is of a pool.
    pub(crate) fn join(&mut self, name: &PoolName, container: ContainerId) {
        self.change(name, |kept| kept.members.insert_mut(container));
    }

    /// Notes that a container is gone.
    pub(crate) fn leave(&mut self, container: &Container) {
        let Some(name) = container.pool() else { return };
        self.change(name, |kept| {
            kept.members.remove_mut(&container.id);
            kept.hold(container.id, None);
            if let Some(queued) = container.queued {
                kept.queue.remove_mut(&queued.number);
            }
        });
        self.settle(name);
    }

    /// Puts a container at the end of a queue and gives its number in it.
    pub(crate) fn enqueue(&mut self, name: &PoolName, container: ContainerId) -> u64 {
        let mut number = 0;
        self.change(name, |kept| {
            number = kept.next_number;
            kept.next_number += 1;
            kept.queue.insert_mut(number, container);
        });
        self.settle(name);
        number
    }

    /// Follows a container that has changed and was in the queue under `before`.
    pub(crate) fn follow(&mut self, container: &Container, before: Option<u64>) {
        let Some(name) = container.pool() else { return };
        let Some(kept) = self.get(name) else { return };
        let share = container.is_live().then(|| container.share());
        let left = before.filter(|_| container.queued.is_none());
        if kept.running.get(&container.id) == share.as_ref() && left.is_none() {
            return;
        }
        self.change(name, |kept| {
            kept.hold(container.id, share);
            if let Some(number) = left {
                kept.queue.remove_mut(&number);
            }
        });
        self.settle(name);
    }

    fn change(&mut self, name: &PoolName, change: impl FnOnce(&mut KeptPool)) {
        if let Some(shared) = self.by_name.get_mut(name) {
            change(Arc::make_mut(shared));
        }
    }

    /// Keeps the index of those in which somebody waits true.
    fn settle(&mut self, name: &PoolName) {
        if self.get(name).is_some_and(|kept| !kept.queue.is_empty()) {
            self.waited_for.insert_mut(name.clone());
        } else {
            self.waited_for.remove_mut(name);
        }
    }
}

// === impl KeptPool ===

impl KeptPool {
    fn new(pool: Pool) -> Self {
        Self {
            pool,
            draining: false,
            members: RedBlackTreeSetSync::default(),
            running: RedBlackTreeMapSync::default(),
            used: Share::default(),
            queue: RedBlackTreeMapSync::default(),
            next_number: 0,
        }
    }

    /// Counts its containers, whether they run or not.
    pub fn members(&self) -> usize {
        self.members.size()
    }

    /// Counts those that have a place: they run, are about to, or run again by themselves.
    pub fn running(&self) -> usize {
        self.running.size()
    }

    /// Counts those that wait.
    pub fn waiting(&self) -> usize {
        self.queue.size()
    }

    /// Gives what those that have a place have of CPUs and memory together.
    pub const fn used(&self) -> Share {
        self.used
    }

    /// Gives the place of a start among those that wait; the first is 1.
    pub fn position(&self, queued: &Queued) -> usize {
        self.queue.range(..=queued.number).count()
    }

    /// Gives those that wait, in their order.
    pub fn queue(&self) -> impl Iterator<Item = &ContainerId> {
        self.queue.values()
    }

    /// Gives the one that waits at the head.
    pub(crate) fn head(&self) -> Option<&ContainerId> {
        self.queue().next()
    }

    /// Tells whether one more could run.
    pub(crate) fn has_room_for(&self, share: Share) -> bool {
        let counted = u32::try_from(self.running.size()).unwrap_or(u32::MAX);
        self.pool.running_max.is_none_or(|max| counted < max.get())
            && self.holds(self.used.plus(share))
    }

    /// Tells whether a container that has a place could have another share.
    pub(crate) fn has_room_instead(&self, id: &ContainerId, share: Share) -> bool {
        let own = self.running.get(id).copied().unwrap_or_default();
        self.holds(self.used.minus(own).plus(own.max(share)))
    }

    fn holds(&self, all: Share) -> bool {
        let Pool { nano_cpus, memory_bytes, .. } = &self.pool;
        nano_cpus.is_none_or(|total| all.nano_cpus <= total.get())
            && memory_bytes.is_none_or(|total| all.memory_bytes <= total.get())
    }

    /// Notes what a container has, or that it has no place.
    fn hold(&mut self, id: ContainerId, share: Option<Share>) {
        let before = self.running.get(&id).copied().unwrap_or_default();
        self.used = self.used.minus(before).plus(share.unwrap_or_default());
        match share {
            Some(share) => self.running.insert_mut(id, share),
            None => {
                self.running.remove_mut(&id);
            }
        }
    }
}
