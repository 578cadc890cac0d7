//! The nftables table of a bridge, in the kernel's own messages.
//!
//! One table, named after the bridge, made anew as a whole in one transaction:
//!
//! ```text
//! chain forward     { type filter hook forward priority 0; policy accept;
//!                     oifname BRIDGE ct state established,related accept
//!                     oifname BRIDGE iifname BRIDGE accept
//!                     (what published ports lead there: see `translation`)
//!                     oifname BRIDGE drop }
//! chain postrouting { type nat hook postrouting priority 100; policy accept;
//!                     ip saddr SUBNET oifname != BRIDGE masquerade }
//! ```

mod expression;
mod message;
mod translation;

use std::io;

use journal_domain::BridgeConfig;
use rustix::io::Errno;

pub(crate) use translation::Translation;

use expression::{Comparison, Rule};
use message::{Batch, Hook};

/// Makes the table, with or without translation of published ports; one of the same name is replaced.
pub(super) fn install(config: &BridgeConfig, translates: bool) -> io::Result<()> {
    let table = config.interface.as_str();
    let mut batch = Batch::new();
    // Adding a table that is there changes nothing, so the deletion finds one in any case.
    batch.add_table(table);
    batch.delete_table(table);
    batch.add_table(table);
    batch.add_chain(table, "forward", "filter", Hook::FORWARD);
    batch.add_chain(table, "postrouting", "nat", Hook::POSTROUTING);
    let to_containers = || Rule::default().leaving_by(table, Comparison::Equal);
    batch.add_rule(table, "forward", to_containers().of_known_connection().accept());
    batch.add_rule(
        table,
        "forward",
        to_containers().entering_by(table, Comparison::Equal).accept(),
    );
    if translates {
        translation::add_way_in(&mut batch, table);
        translation::add_way_round(&mut batch, table);
        translation::add_chains(&mut batch, table);
    }
    batch.add_rule(table, "forward", to_containers().drop());
    let way_out = Rule::default()
        .sent_from(config.subnet, config.prefix_bits)
        .leaving_by(table, Comparison::NotEqual)
        .masquerade();
    batch.add_rule(table, "postrouting", way_out);
    batch.commit()
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

/// Removes the table; one that is not there is as good as removed.
pub(super) fn remove(table: &str) -> io::Result<()> {
    let mut batch = Batch::new();
    batch.delete_table(table);
    missing_is_removed(batch.commit())
}

fn missing_is_removed(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.raw_os_error() == Some(Errno::NOENT.raw_os_error()) => Ok(()),
        removed => removed,
    }
}
