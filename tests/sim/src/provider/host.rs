//! What is there beside the workloads: networks and the interfaces in them, volumes, layers of images.
//!
//! A call about one of these is done by the server's own process, as the contract of `Backend` has it: it never comes late
//! or after its process has died, and one that failed has left nothing of what it was to make.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
};

use backends_core::{EffectError, EndpointWork, WireChange, WireWork, Workload};
use journal_domain::{
    Digest, EndpointId, MountPoint, Network, NetworkId, NetworkLease, VolumeName,
};

/// Networks, interfaces, volumes and layers.
#[derive(Debug, Default)]
pub(crate) struct Host {
    networks: BTreeSet<NetworkId>,
    /// Which workload has which address of a network.
    addresses: BTreeMap<(NetworkId, IpAddr), usize>,
    /// The interfaces of workloads that run.
    interfaces: BTreeMap<usize, BTreeMap<EndpointId, NetworkLease>>,
    volumes: BTreeSet<VolumeName>,
    layers: BTreeSet<Digest>,
}

// === impl Host ===

impl Host {
    pub(crate) fn make_network(&mut self, network: &Network) {
        self.networks.insert(network.id);
    }

    /// Lets a network be there that no log knows.
    pub(crate) fn plant_network(&mut self, id: NetworkId) {
        self.networks.insert(id);
    }

    pub(crate) fn remove_network(&mut self, id: &NetworkId) -> Result<(), EffectError> {
        if self.addresses.keys().any(|(network, _)| network == id) {
            return Err(EffectError::Failed("somebody is still in the network".to_owned()));
        }
        self.networks.remove(id);
        Ok(())
    }

    /// Removes the networks that a server which starts does not know, but for those that somebody is in.
    pub(crate) fn sweep_networks(&mut self, is_known: impl Fn(&NetworkId) -> bool) {
        let used: BTreeSet<NetworkId> = self.addresses.keys().map(|(id, _)| *id).collect();
        self.networks.retain(|id| is_known(id) || used.contains(id));
    }

    pub(crate) const fn networks(&self) -> &BTreeSet<NetworkId> {
        &self.networks
    }

    pub(crate) fn make_volume(&mut self, name: &VolumeName) {
        self.volumes.insert(name.clone());
    }

    pub(crate) fn remove_volume(&mut self, name: &VolumeName) {
        self.volumes.remove(name);
    }

    pub(crate) const fn volumes(&self) -> &BTreeSet<VolumeName> {
        &self.volumes
    }

    pub(crate) fn add_layers(&mut self, digests: impl IntoIterator<Item = Digest>) {
        self.layers.extend(digests);
    }

    pub(crate) fn drop_layers(&mut self, digests: &[Digest]) {
        for digest in digests {
            self.layers.remove(digest);
        }
    }

    pub(crate) fn has_layer(&self, digest: &Digest) -> bool {
        self.layers.contains(digest)
    }

    /// Says why a workload cannot be started here as it is asked for.
    pub(super) fn refuses(&self, workload: &Workload) -> Option<String> {
        let options = workload.options.as_ref();
        let points = options.map_or(&[][..], |options| &options.mount_points);
        let mut volumes = points.iter().filter_map(MountPoint::volume);
        if let Some(missing) = volumes.find(|name| !self.volumes.contains(*name)) {
            return Some(format!("there is no volume {missing}"));
        }
        if let Some(missing) = workload.spec.layers.iter().find(|layer| !self.has_layer(layer)) {
            return Some(format!("there is no layer {missing}"));
        }
        workload.endpoints.iter().find_map(|endpoint| self.refuses_endpoint(endpoint, None))
    }

    fn refuses_endpoint(&self, work: &EndpointWork, task: Option<usize>) -> Option<String> {
        let EndpointWork { network, lease } = work;
        if !network.is_predefined() && !self.networks.contains(&network.id) {
            return Some(format!("there is no network {}", network.name));
        }
        lease.addresses().find_map(|address| {
            let holder = self.addresses.get(&(lease.network, address)).copied();
            let other = holder.is_some() && holder != task;
            other.then(|| format!("somebody else has {address}"))
        })
    }

    /// Gives a workload the interfaces that it begins with.
    pub(super) fn begin(&mut self, task: usize, endpoints: &[EndpointWork]) {
        endpoints.iter().for_each(|endpoint| self.plug(task, &endpoint.lease));
    }

    /// Gives a workload an interface, or takes one from it.
    pub(super) fn wire(&mut self, task: usize, work: &WireWork) -> Result<(), EffectError> {
        match &work.change {
            WireChange::Come(coming) => {
                if let Some(reason) = self.refuses_endpoint(coming, Some(task)) {
                    return Err(EffectError::Failed(reason));
                }
                self.plug(task, &coming.lease);
            }
            WireChange::Go(leaving) => self.unplug(task, &leaving.lease.endpoint),
        }
        Ok(())
    }

    /// Takes back what a workload has that is over.
    pub(super) fn end(&mut self, task: usize) {
        self.interfaces.remove(&task);
        self.addresses.retain(|_, holder| *holder != task);
    }

    /// Gives the interfaces of a workload.
    pub(crate) fn interfaces(&self, task: usize) -> impl Iterator<Item = &NetworkLease> {
        self.interfaces.get(&task).into_iter().flat_map(BTreeMap::values)
    }

    fn plug(&mut self, task: usize, lease: &NetworkLease) {
        if lease.mac.is_none() {
            return;
        }
        for address in lease.addresses() {
            self.addresses.insert((lease.network, address), task);
        }
        self.interfaces.entry(task).or_default().insert(lease.endpoint, *lease);
    }

    pub(super) fn unplug(&mut self, task: usize, endpoint: &EndpointId) {
        let held = self.interfaces.get_mut(&task).and_then(|held| held.remove(endpoint));
        for address in held.iter().flat_map(NetworkLease::addresses) {
            if let Some(lease) = &held {
                self.addresses.remove(&(lease.network, address));
            }
        }
    }
}

/// Gives what an image has in the store.
pub(crate) fn parts(image: &Arc<journal_domain::Image>) -> impl Iterator<Item = Digest> + '_ {
    image.layers.iter().map(|layer| layer.diff_id).chain([image.id])
}
