//! The network of a container.

use std::net::IpAddr;

use backends_core::{RunId, StartError, Workload};
use journal_domain::NetworkMode;
use sandbox_shim::{Endpoint, InterfaceAddress, MacAddress, Network};

use super::refused;

/// Gives the network of a run.
pub(super) fn network(workload: &Workload, mtu_bytes: Option<u32>) -> Result<Network, StartError> {
    match workload.spec.network {
        NetworkMode::Host => return Ok(Network::Host),
        NetworkMode::None => return Ok(Network::None),
        NetworkMode::Default | NetworkMode::Bridge => {}
    }
    let (Some(lease), Some(bridge)) = (workload.lease, &workload.bridge) else {
        return Err(refused("the container has no address on the bridge network"));
    };
    let address =
        InterfaceAddress { address: IpAddr::V4(lease.address), prefix_len: lease.prefix_bits };
    Ok(Network::Bridge {
        endpoints: vec![Endpoint {
            bridge: bridge.interface.clone(),
            host_interface: host_interface(workload.run),
            container_interface: "eth0".to_owned(),
            mac: mac(lease.mac)?,
            mtu_bytes,
            addresses: vec![address],
            gateway: Some(lease.gateway),
            gateway_v6: None,
        }],
    })
}

/// Names the host's end, 15 bytes.
///
/// The kernel takes an interface away some time after its container has ended, so each run has a name of its own:
/// 36 bits of the container's id and the last 16 of the run's number.
pub(crate) fn host_interface(run: RunId) -> String {
    let id = run.container.to_string();
    format!("sl{}{:04x}", &id[..9], run.incarnation & 0xffff)
}

fn mac(address: journal_domain::MacAddress) -> Result<MacAddress, StartError> {
    address.to_string().parse().map_err(|error| refused(format!("{error}")))
}
