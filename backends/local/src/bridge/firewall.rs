//! The nftables table of a bridge, in the kernel's own messages.
//!
//! One table, named after the bridge, made anew as a whole in one transaction:
//!
//! ```text
//! chain forward     { type filter hook forward priority 0; policy accept;
//!                     oifname BRIDGE ct state established,related accept
//!                     oifname BRIDGE iifname BRIDGE accept
//!                     oifname BRIDGE drop }
//! chain postrouting { type nat hook postrouting priority 100; policy accept;
//!                     ip saddr SUBNET oifname != BRIDGE masquerade }
//! ```

mod expression;
mod message;

use std::io;

use journal_domain::BridgeConfig;
use rustix::io::Errno;

use expression::{Comparison, Rule};
use message::{Batch, Hook};

/// Makes the table; one of the same name is replaced.
pub(super) fn install(config: &BridgeConfig) -> io::Result<()> {
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
    batch.add_rule(table, "forward", to_containers().drop());
    let way_out = Rule::default()
        .sent_from(config.subnet, config.prefix_bits)
        .leaving_by(table, Comparison::NotEqual)
        .masquerade();
    batch.add_rule(table, "postrouting", way_out);
    batch.commit()
}

/// Removes the table; one that is not there is as good as removed.
pub(super) fn remove(table: &str) -> io::Result<()> {
    let mut batch = Batch::new();
    batch.delete_table(table);
    match batch.commit() {
        Err(error) if error.raw_os_error() == Some(Errno::NOENT.raw_os_error()) => Ok(()),
        removed => removed,
    }
}
