//! The network of a container.

use std::net::IpAddr;

use backends_core::{EndpointWork, RunId, StartError, Workload};
use journal_domain::{EndpointId, Network as Asked, NetworkMode, Networking};
use sandbox_shim::{Endpoint, InterfaceAddress, MacAddress, Network};

use super::{Mtus, namespaces, refused};
use crate::layout::Layout;

/// Gives the network of a run.
pub(super) fn network(
    workload: &Workload,
    layout: &Layout,
    mtus: &Mtus,
) -> Result<Network, StartError> {
    match workload.spec.network {
        NetworkMode::Host => return Ok(Network::Host),
        NetworkMode::None => return Ok(Network::None),
        NetworkMode::Container => {
            let target = shared_network(workload)?;
            return Ok(Network::Join { peer: namespaces::peer(workload, layout, target)? });
        }
        NetworkMode::Default | NetworkMode::Bridge if workload.bridge.is_none() => {
            return Err(refused("the container has no address on the bridge network"));
        }
        NetworkMode::Default | NetworkMode::Bridge | NetworkMode::User => {}
    }
    let mut endpoints = Vec::with_capacity(workload.endpoints.len());
    for work in &workload.endpoints {
        let mtu_bytes = mtus.get(&work.network.id).copied().flatten();
        let host_interface = match work.lease.number {
            0 => host_interface(workload.run),
            _ => host_end(work.lease.endpoint),
        };
        let is_way_out = Some(work.lease.endpoint) == workload.way_out;
        endpoints.push(endpoint(work, host_interface, is_way_out, mtu_bytes)?);
    }
    // The shim numbers interfaces in this order.
    endpoints.sort_by(|one, other| one.container_interface.cmp(&other.container_interface));
    Ok(if endpoints.is_empty() { Network::None } else { Network::Bridge { endpoints } })
}

/// Gives the container whose network a run shares.
pub(crate) fn shared_network(workload: &Workload) -> Result<&str, StartError> {
    let networking = workload.options.as_ref().and_then(|options| options.networking.as_ref());
    let target = networking.and_then(Networking::container);
    target.ok_or_else(|| refused("there is no container to join"))
}

fn endpoint(
    work: &EndpointWork,
    host_interface: String,
    is_way_out: bool,
    mtu_bytes: Option<u32>,
) -> Result<Endpoint, StartError> {
    let lease = &work.lease;
    let mac = lease.mac.ok_or_else(|| refused("a place in a network has no hardware address"))?;
    let leased = [lease.ipv4, lease.ipv6].into_iter().flatten();
    let (mut gateway, mut gateway_v6) = (None, None);
    for leading in leased.clone().filter_map(|leased| leased.gateway).filter(|_| is_way_out) {
        match leading {
            IpAddr::V4(address) => gateway = Some(address),
            IpAddr::V6(address) => gateway_v6 = Some(address),
        }
    }
    let addresses = leased
        .map(|leased| InterfaceAddress { address: leased.address, prefix_len: leased.prefix_bits });
    Ok(Endpoint {
        bridge: work.network.interface.clone(),
        host_interface,
        container_interface: lease.interface(),
        mac: MacAddress::new(mac.0),
        mtu_bytes,
        isolated: !work.network.has(Asked::OPTION_TALK),
        addresses: addresses.collect(),
        gateway,
        gateway_v6,
    })
}

/// Names the host's end of a run's first interface, 15 bytes.
///
/// The kernel takes an interface away some time after its container has ended, so each run has a name of its own:
/// 36 bits of the container's id and the last 16 of the run's number.
pub(crate) fn host_interface(run: RunId) -> String {
    let id = run.container.to_string();
    format!("sl{}{:04x}", &id[..9], run.incarnation & 0xffff)
}

/// Names the host's end of any other interface, 15 bytes: each has an identity of its own.
pub(crate) fn host_end(endpoint: EndpointId) -> String {
    format!("sl{}", &endpoint.to_string()[..13])
}
