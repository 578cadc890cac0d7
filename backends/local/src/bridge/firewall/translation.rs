//! Address translation for published ports, in the kernel: two maps of the bridge's table, and the rules that ask them.
//!
//! ```text
//! map ports        { typeof meta l4proto . th dport : ip daddr . th dport }
//! map placed_ports { typeof ip daddr . meta l4proto . th dport : ip daddr . th dport }
//! chain prerouting { type nat hook prerouting priority -100; policy accept;
//!                    ip daddr & 255.0.0.0 != 127.0.0.0 dnat to ip daddr . meta l4proto . th dport map @placed_ports
//!                    ip daddr & 255.0.0.0 != 127.0.0.0 fib daddr type local dnat to meta l4proto . th dport map @ports }
//! chain output     { type nat hook output priority -100; policy accept; the same }
//! chain forward    { …; oifname BRIDGE ct status dnat accept; … }
//! chain postrouting { …; iifname BRIDGE oifname BRIDGE ct status dnat masquerade }
//! ```
//!
//! Connections of the host to its own 127.0.0.0/8 are left to the process that listens: to lead them to the bridge, the
//! kernel would have to take such addresses from containers too, and only a rule would keep those from the host's own
//! services.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use sandbox_shim::{BoundPort, PortProtocol};

use super::{
    expression::{Comparison, End, PROTOCOL_TCP, PROTOCOL_UDP, Rule},
    message::{Batch, Hook},
};

/// The map of ports that are published on every address of the host.
const EVERYWHERE: &str = "ports";

/// The map of ports that are published on one address.
const PLACED: &str = "placed_ports";

/// Bytes of a map's key and value, in words of four as the kernel's registers are.
const EVERYWHERE_KEY_BYTES: u32 = 8;
const PLACED_KEY_BYTES: u32 = 12;
const TARGET_BYTES: u32 = 8;

/// Numbers by which tools know what a key or a value is made of; the kernel only keeps them.
const TYPE_ADDRESS: u32 = 7;
const TYPE_PROTOCOL: u32 = 12;
const TYPE_PORT: u32 = 13;
const TYPE_BITS: u32 = 6;

/// An entry of a map: a place on the host and what it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Translation {
    protocol: PortProtocol,
    host: SocketAddrV4,
    target: SocketAddrV4,
}

// === impl Translation ===

impl Translation {
    /// Gives what the kernel can do for a port; `None` where only the process that listens can lead to the container.
    pub(crate) fn of(port: &BoundPort) -> Option<Self> {
        let (SocketAddr::V4(host), SocketAddr::V4(target)) = (port.host, port.target) else {
            return None;
        };
        (!host.ip().is_loopback()).then_some(Self { protocol: port.protocol, host, target })
    }

    /// Tells whether both are for the same place on the host.
    pub(crate) fn same_place(&self, other: &Self) -> bool {
        self.protocol == other.protocol && self.host == other.host
    }

    fn map(&self) -> &'static str {
        if self.host.ip().is_unspecified() { EVERYWHERE } else { PLACED }
    }

    fn key(&self) -> Vec<u8> {
        let protocol = match self.protocol {
            PortProtocol::Tcp => PROTOCOL_TCP,
            PortProtocol::Udp => PROTOCOL_UDP,
        };
        let mut key = Vec::with_capacity(PLACED_KEY_BYTES as usize);
        if !self.host.ip().is_unspecified() {
            key.extend(self.host.ip().octets());
        }
        key.extend([protocol, 0, 0, 0]);
        key.extend(port_word(self.host.port()));
        key
    }

    fn value(&self) -> Vec<u8> {
        [self.target.ip().octets(), port_word(self.target.port())].concat()
    }
}

/// Adds the maps and the chains that ask them to a table.
pub(super) fn add_chains(batch: &mut Batch, table: &str) {
    let place = TYPE_PROTOCOL << TYPE_BITS | TYPE_PORT;
    let target = (TYPE_ADDRESS << TYPE_BITS | TYPE_PORT, TARGET_BYTES);
    batch.add_map(table, EVERYWHERE, (place, EVERYWHERE_KEY_BYTES), target);
    let placed = TYPE_ADDRESS << (2 * TYPE_BITS) | place;
    batch.add_map(table, PLACED, (placed, PLACED_KEY_BYTES), target);
    for (chain, hook) in [("prerouting", Hook::PREROUTING), ("output", Hook::OUTPUT)] {
        batch.add_chain(table, chain, "nat", hook);
        let beyond =
            || Rule::default().sent_to(Ipv4Addr::new(127, 0, 0, 0), 8, Comparison::NotEqual);
        batch.add_rule(table, chain, beyond().translate_by_place(PLACED));
        batch.add_rule(table, chain, beyond().meant_for_this_host().translate_by_port(EVERYWHERE));
    }
}

/// The port of servers of names.
const NAMES_PORT: u16 = 53;

/// Adds chains that lead what a container sends to the usual port of an address to another port of it, and have the answers
/// come from the usual one.
///
/// ```text
/// chain queries { type filter hook output priority -300; policy accept;
///                 ip daddr ADDRESS udp dport 53 udp dport set PORT (and the same for TCP) }
/// chain answers { type filter hook output priority -150; policy accept;
///                 ip saddr ADDRESS udp sport PORT udp sport set 53 (and the same for TCP) }
/// ```
///
/// Ports are exchanged in the packets: address translation would have the kernel remember every connection of the container.
/// For a container that has connections remembered, by rules of its own at priority -200, both directions show the same port.
pub(super) fn add_names(batch: &mut Batch, table: &str, address: Ipv4Addr, port: u16) {
    for (chain, hook, end, from, to) in [
        ("queries", Hook::BEFORE_CONNECTIONS, End::Receiver, NAMES_PORT, port),
        ("answers", Hook::AFTER_CONNECTIONS, End::Sender, port, NAMES_PORT),
    ] {
        batch.add_chain(table, chain, "filter", hook);
        for protocol in [PROTOCOL_UDP, PROTOCOL_TCP] {
            let rule = Rule::default().with_address(end, address);
            batch.add_rule(table, chain, rule.exchange_port(end, protocol, from, to));
        }
    }
}

/// Lets packets into the bridge that a published port has led there; no others come to this rule.
pub(super) fn add_way_in(batch: &mut Batch, table: &str) {
    let rule = Rule::default().of_translated_connection();
    batch.add_rule(table, "forward", rule.accept());
}

/// Gives a container that uses a published port of its neighbour an address that the neighbour answers by way of the host.
pub(super) fn add_way_round(batch: &mut Batch, table: &str) {
    let rule = Rule::default()
        .entering_by(table, Comparison::Equal)
        .leaving_by(table, Comparison::Equal)
        .of_translated_connection();
    batch.add_rule(table, "postrouting", rule.masquerade());
}

/// Adds entries to the maps.
pub(super) fn add_entries(batch: &mut Batch, table: &str, entries: &[Translation]) {
    for map in [EVERYWHERE, PLACED] {
        let of_map = entries.iter().filter(|entry| entry.map() == map);
        let elements: Vec<_> = of_map.map(|entry| (entry.key(), Some(entry.value()))).collect();
        batch.add_elements(table, map, &elements);
    }
}

/// Removes entries from the maps.
pub(super) fn remove_entries(batch: &mut Batch, table: &str, entries: &[Translation]) {
    for map in [EVERYWHERE, PLACED] {
        let of_map = entries.iter().filter(|entry| entry.map() == map);
        let elements: Vec<_> = of_map.map(|entry| (entry.key(), None)).collect();
        batch.delete_elements(table, map, &elements);
    }
}

/// Empties both maps.
pub(super) fn clear(batch: &mut Batch, table: &str) {
    batch.flush_map(table, EVERYWHERE);
    batch.flush_map(table, PLACED);
}

fn port_word(port: u16) -> [u8; 4] {
    let [high, low] = port.to_be_bytes();
    [high, low, 0, 0]
}
