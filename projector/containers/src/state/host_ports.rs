//! Ports of the host that containers have asked for by number or been given, while they run.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use journal_domain::{BoundPort, ContainerId, HostPlace, Protocol};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

/// A port of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct HostPort {
    pub(crate) protocol: Protocol,
    pub(crate) number: u16,
    pub(crate) address: IpAddr,
}

/// Which container has which port of the host.
///
/// It knows nothing of other programs of the host, nor that one address is among all of them: whether a port can be
/// had is known only when it is bound.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostPorts(RedBlackTreeMapSync<HostPort, ContainerId>);

// === impl HostPort ===

impl HostPort {
    /// Gives the port that leads to a run now.
    pub(crate) fn of(bound: &BoundPort) -> Self {
        let protocol = bound.port.protocol;
        Self { protocol, number: bound.host.port(), address: bound.host.ip() }
    }

    /// Gives the ports that a place stands for; none where any port will do, or one of several.
    pub(crate) fn fixed(protocol: Protocol, place: &HostPlace) -> impl Iterator<Item = Self> {
        let number = place.fixed_port();
        let everywhere = || vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
        let addresses: Vec<IpAddr> = place.address.map_or_else(everywhere, |one| vec![one]);
        let addresses = addresses.into_iter().filter(move |_| number.is_some());
        addresses.map(move |address| Self { protocol, number: number.unwrap_or_default(), address })
    }
}

// === impl HostPorts ===

impl HostPorts {
    pub(crate) fn is_held(&self, port: &HostPort) -> bool {
        self.0.contains_key(port)
    }

    /// Gives a free port to `holder`; one that somebody has stays theirs, for the start of `holder` fails.
    pub(crate) fn hold(&mut self, port: HostPort, holder: ContainerId) {
        if !self.is_held(&port) {
            self.0.insert_mut(port, holder);
        }
    }

    /// Gives a port back, if `holder` is who has it.
    pub(crate) fn release(&mut self, port: &HostPort, holder: ContainerId) {
        if self.0.get(port) == Some(&holder) {
            self.0.remove_mut(port);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&HostPort, &ContainerId)> {
        self.0.iter()
    }
}
