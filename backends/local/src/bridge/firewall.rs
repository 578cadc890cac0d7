//! The nftables table of a bridge, in the kernel's own messages.
//!
//! One table for each bridge, named after it, made anew as a whole in one transaction; a bridge with addresses of IPv6 has
//! another for that family. Since each drops what goes into its bridge from another, networks are kept apart.
//!
//! ```text
//! chain forward     { type filter hook forward priority 0; policy accept;
//!                     oifname != BRIDGE accept
//!                     iifname BRIDGE accept
//!                     ct state established,related accept
//!                     (what published ports lead there: see `translation`)
//!                     drop }
//! chain postrouting { type nat hook postrouting priority 100; policy accept;
//!                     ip saddr SUBNET oifname != BRIDGE masquerade }
//! ```
//!
//! Every packet that goes through the host passes the forward chains of all networks, so what concerns another is told by the
//! first rule; and where packets between ports of a bridge pass them too (`br_netfilter`), those are the next that are let go.

mod expression;
mod message;
mod translation;

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
};

use journal_domain::Network;
use rustix::io::Errno;

pub(crate) use translation::Translation;

use expression::{Comparison, Rule};
use message::{Batch, Hook};

/// The table in a container's network that leads its questions for names to whoever answers.
const NAMES_TABLE: &str = "sockerless_names";

/// Where published ports are translated that lead into a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Translates {
    /// By maps of the network's own table.
    Here,
    /// By those of another table.
    Elsewhere,
    /// Not by the kernel.
    Nowhere,
}

/// Makes the table of a network; one of the same name is replaced.
pub(super) fn install(network: &Network, translates: Translates) -> io::Result<()> {
    let table = network.interface.as_str();
    let mut batch = Batch::new();
    add_forwarding(&mut batch, network, translates != Translates::Nowhere);
    if translates != Translates::Nowhere && !network.internal {
        translation::add_way_round(&mut batch, table);
    }
    if translates == Translates::Here {
        translation::add_chains(&mut batch, table);
    }
    if let Some((subnet, bits)) = masqueraded(network) {
        let way_out = Rule::default()
            .sent_from(subnet, bits)
            .leaving_by(table, Comparison::NotEqual)
            .masquerade();
        batch.add_rule(table, "postrouting", way_out);
    }
    batch.commit()
}

/// Makes the table of a network for packets of IPv6; one of the same name is replaced.
pub(super) fn install_ipv6(network: &Network) -> io::Result<()> {
    let table = network.interface.as_str();
    let mut batch = Batch::of_ipv6();
    add_forwarding(&mut batch, network, false);
    if !network.internal && network.has(Network::OPTION_MASQUERADE) {
        let way_out = Rule::default()
            .entering_by(table, Comparison::Equal)
            .leaving_by(table, Comparison::NotEqual)
            .masquerade();
        batch.add_rule(table, "postrouting", way_out);
    }
    batch.commit()
}

/// Makes the table anew, with the rules for what goes through the host into the network.
fn add_forwarding(batch: &mut Batch, network: &Network, is_published: bool) {
    let table = network.interface.as_str();
    // Adding a table that is there changes nothing, so the deletion finds one in any case.
    batch.add_table(table);
    batch.delete_table(table);
    batch.add_table(table);
    batch.add_chain(table, "forward", "filter", Hook::FORWARD);
    batch.add_chain(table, "postrouting", "nat", Hook::POSTROUTING);
    let from_inside = || Rule::default().entering_by(table, Comparison::Equal);
    let elsewhere = || Rule::default().leaving_by(table, Comparison::NotEqual);
    if network.internal {
        let out = from_inside().leaving_by(table, Comparison::NotEqual);
        batch.add_rule(table, "forward", out.drop());
    }
    batch.add_rule(table, "forward", elsewhere().accept());
    batch.add_rule(table, "forward", from_inside().accept());
    if !network.internal {
        batch.add_rule(table, "forward", Rule::default().of_known_connection().accept());
    }
    if is_published && !network.internal {
        translation::add_way_in(batch, table);
    }
    batch.add_rule(table, "forward", Rule::default().drop());
}

/// Gives the addresses that nobody outside shall see.
fn masqueraded(network: &Network) -> Option<(Ipv4Addr, u8)> {
    let pool = network.pool(true).filter(|_| !network.internal)?;
    let IpAddr::V4(address) = pool.subnet.address else { return None };
    network.has(Network::OPTION_MASQUERADE).then_some((address, pool.subnet.prefix_bits))
}

/// Finds out whether the kernel translates addresses: makes a table of that kind and takes it away in one transaction.
pub(crate) fn probe() -> io::Result<()> {
    let table = format!("slprobe{}", std::process::id());
    let mut batch = Batch::new();
    batch.add_table(&table);
    translation::add_chains(&mut batch, &table);
    batch.delete_table(&table);
    batch.commit()
}

/// Gives the messages that have a container's questions for names come to a port of its own, and how many of them the
/// kernel acknowledges. They are for the container's network, where whoever enters it sends them.
pub(crate) fn names_rules(address: Ipv4Addr, port: u16) -> (Vec<u8>, u32) {
    let mut batch = Batch::new();
    batch.add_table(NAMES_TABLE);
    translation::add_names(&mut batch, NAMES_TABLE, address, port);
    batch.into_messages()
}

/// Has published ports lead to containers.
pub(super) fn add_entries(table: &str, entries: &[Translation]) -> io::Result<()> {
    let mut batch = Batch::new();
    translation::add_entries(&mut batch, table, entries);
    batch.commit()
}

/// Takes published ports back; a table that is not there has none.
pub(super) fn remove_entries(table: &str, entries: &[Translation]) -> io::Result<()> {
    let mut batch = Batch::new();
    translation::remove_entries(&mut batch, table, entries);
    missing_is_removed(batch.commit())
}

/// Takes all published ports back; a table that is not there has none.
pub(super) fn clear_entries(table: &str) -> io::Result<()> {
    let mut batch = Batch::new();
    translation::clear(&mut batch, table);
    missing_is_removed(batch.commit())
}

/// Removes the tables; one that is not there is as good as removed.
pub(super) fn remove(table: &str) -> io::Result<()> {
    for mut batch in [Batch::new(), Batch::of_ipv6()] {
        batch.delete_table(table);
        missing_is_removed(batch.commit())?;
    }
    Ok(())
}

fn missing_is_removed(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.raw_os_error() == Some(Errno::NOENT.raw_os_error()) => Ok(()),
        removed => removed,
    }
}
