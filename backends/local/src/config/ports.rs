//! Ports of the host that shall lead into a container.

use backends_core::Workload;
use journal_domain::Protocol;
use sandbox_shim::{PortProtocol, PortRequest, Publishing};

/// Gives the ports that a shim has to bind; `None` where there are none, as in networks without addresses.
pub(super) fn publishing(workload: &Workload) -> Option<Publishing> {
    let asked = workload.options.as_ref()?.publishing.as_ref()?;
    let endpoint = workload.main_endpoint().filter(|_| workload.spec.network.has_interfaces())?;
    let lease = &endpoint.lease;
    let address = lease.addresses().next()?;
    let places = asked.places(&workload.spec.exposed_ports);
    let ports: Vec<PortRequest> = places
        .map(|(port, place)| PortRequest {
            protocol: match port.protocol {
                Protocol::Tcp => PortProtocol::Tcp,
                Protocol::Udp => PortProtocol::Udp,
            },
            container_port: port.number,
            address: place.address.or_else(|| endpoint.network.binding_address()),
            first_port: place.first_port,
            last_port: place.last_port,
        })
        .collect();
    (!ports.is_empty()).then(|| Publishing {
        subject: lease.failure_subject(&workload.name),
        target: address,
        ports,
    })
}
