//! The state: the fold of all events, in persistent maps, so that a snapshot costs a few counters.

pub(crate) mod container;
pub(crate) mod exec;
pub(crate) mod health;
pub(crate) mod host_ports;
pub(crate) mod images;
pub(crate) mod network;
pub(crate) mod networks;
pub(crate) mod pods;
pub(crate) mod pools;
pub(crate) mod request;
pub(crate) mod restarts;
pub(crate) mod timers;
pub(crate) mod tombstone;
pub(crate) mod used_keys;
pub(crate) mod volumes;

use std::sync::Arc;

use journal_domain::{
    ContainerId, ContainerName, CopyId, ExecId, ImageSource, StreamId, StreamKind, StreamTarget,
    TransferId,
};
use journal_log::{Seq, Timestamp};
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

use self::{
    container::Container, exec::Exec, host_ports::HostPorts, images::Images, network::Bridge,
    networks::Networks, pods::Pods, pools::Pools, timers::Timers, tombstone::Tombstones,
    used_keys::UsedKeys, volumes::Volumes,
};

/// Everything that is known of containers, execs, images, volumes, networks, pods and pools.
///
/// All maps are ordered, so that two folds of the same events are the same bytes when serialised.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    pub(crate) containers: RedBlackTreeMapSync<ContainerId, Arc<Container>>,
    pub(crate) created: RedBlackTreeMapSync<Seq, ContainerId>,
    pub(crate) names: RedBlackTreeMapSync<ContainerName, ContainerId>,
    pub(crate) execs: RedBlackTreeMapSync<ExecId, Arc<Exec>>,
    pub(crate) images: Images,
    pub(crate) volumes: Volumes,
    pub(crate) bridge: Option<Bridge>,
    pub(crate) networks: Networks,
    pub(crate) pods: Pods,
    pub(crate) pools: Pools,
    pub(crate) host_ports: HostPorts,
    pub(crate) streams: RedBlackTreeMapSync<StreamId, (StreamTarget, StreamKind)>,
    pub(crate) transfers: RedBlackTreeMapSync<TransferId, ImageSource>,
    pub(crate) copies: RedBlackTreeMapSync<CopyId, ContainerId>,
    pub(crate) ended_execs: RedBlackTreeSetSync<(Timestamp, ExecId)>,
    pub(crate) timers: Timers,
    pub(crate) tombstones: Tombstones,
    pub(crate) used_keys: UsedKeys,
    pub(crate) pending_containers: RedBlackTreeSetSync<ContainerId>,
    pub(crate) pending_execs: RedBlackTreeSetSync<ExecId>,
}

// === impl State ===

impl State {
    /// Gives a container by its whole id.
    pub fn container(&self, id: &ContainerId) -> Option<&Arc<Container>> {
        self.containers.get(id)
    }

    /// Gives an exec by its whole id.
    pub fn exec(&self, id: &ExecId) -> Option<&Arc<Exec>> {
        self.execs.get(id)
    }

    /// Gives the images.
    pub const fn images(&self) -> &Images {
        &self.images
    }

    /// Gives the volumes.
    pub const fn volumes(&self) -> &Volumes {
        &self.volumes
    }

    /// Gives the networks.
    pub const fn networks(&self) -> &Networks {
        &self.networks
    }

    /// Gives the pods.
    pub const fn pods(&self) -> &Pods {
        &self.pods
    }

    /// Gives the pools.
    pub const fn pools(&self) -> &Pools {
        &self.pools
    }

    /// Gives the default bridge, once it is chosen.
    pub const fn bridge(&self) -> Option<&Bridge> {
        self.bridge.as_ref()
    }

    /// Gives what an open stream belongs to.
    pub fn stream(&self, id: &StreamId) -> Option<StreamTarget> {
        self.streams.get(id).map(|(target, _)| *target)
    }

    /// Gives what brings the images of an open transfer.
    pub fn transfer(&self, id: &TransferId) -> Option<ImageSource> {
        self.transfers.get(id).copied()
    }

    /// Tells whether a container does a step of a build that is under way.
    pub fn is_step(&self, container: &Container) -> bool {
        let build = container.options.as_ref().and_then(|options| options.build);
        build.is_some_and(|build| self.transfers.contains_key(&build))
    }

    /// Gives what clients' keys stand for.
    pub const fn used_keys(&self) -> &UsedKeys {
        &self.used_keys
    }

    /// Gives what is remembered of containers that are gone.
    pub const fn tombstones(&self) -> &Tombstones {
        &self.tombstones
    }

    /// Goes through all containers, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Arc<Container>> {
        self.created.iter().rev().filter_map(|(_, id)| self.containers.get(id))
    }

    /// Counts the containers.
    pub fn container_count(&self) -> usize {
        self.containers.size()
    }

    /// Changes a container in place and keeps its pool and the index of pending work true.
    pub(crate) fn change(&mut self, id: &ContainerId, change: impl FnOnce(&mut Container)) {
        let Some(shared) = self.containers.get_mut(id) else { return };
        let container = Arc::make_mut(shared);
        let number = container.queued.map(|queued| queued.number);
        change(container);
        self.pools.follow(container, number);
        let pending = container.has_work();
        if pending != self.pending_containers.contains(id) {
            if pending {
                self.pending_containers.insert_mut(*id);
            } else {
                self.pending_containers.remove_mut(id);
            }
        }
    }

    /// Changes an exec in place and keeps the index of pending work true.
    pub(crate) fn change_exec(&mut self, id: &ExecId, change: impl FnOnce(&mut Exec)) {
        let Some(shared) = self.execs.get_mut(id) else { return };
        let exec = Arc::make_mut(shared);
        change(exec);
        if exec.has_work() {
            self.pending_execs.insert_mut(*id);
        } else {
            self.pending_execs.remove_mut(id);
        }
    }
}
