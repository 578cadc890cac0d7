//! Published ports of the runs that this server holds, and their entries in the kernel.
//!
//! The kernel's part is an improvement: where it is missing, or until it is there, the process that listens carries
//! everything. So a failure here is told in the log and fails nothing.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

use backends_core::RunId;
use journal_domain::Network;
use sandbox_shim::BoundPort;
use tokio::task::spawn_blocking;

use super::{
    firewall::{self, Translates, Translation},
    namespace::NetworkNamespace,
};
use crate::registry::locked;

/// Entries that go to the kernel in one transaction: a hundred kilobytes, half of what a netlink socket takes at once.
const ENTRIES_AT_ONCE: usize = 1024;

/// The published ports of all runs.
#[derive(Debug)]
pub(crate) struct PublishedPorts {
    table: String,
    /// The network that has the table. What blocks is called there.
    hub: NetworkNamespace,
    /// What the kernel has been told. It is locked while the kernel is told, so that both stay the same.
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    runs: HashMap<RunId, Vec<Translation>>,
    /// The kernel has no maps, or cannot translate.
    is_unable: bool,
}

// === impl PublishedPorts ===

impl PublishedPorts {
    /// Begins without any; what a server before this one has told the kernel is taken back.
    pub(crate) fn new(table: String, hub: NetworkNamespace) -> Self {
        let cleared = hub.within(|| firewall::clear_entries(&table));
        if let Err(error) = cleared.and_then(|cleared| cleared) {
            tracing::debug!(%error, table, "there are no published ports of before");
        }
        Self { table, hub, told: Mutex::default() }
    }

    /// Makes the default bridge's table anew, with the entries of all runs.
    pub(crate) fn install(&self, network: &Network) -> io::Result<()> {
        let mut told = locked(&self.told);
        told.is_unable = match firewall::install(network, Translates::Here) {
            Ok(()) => false,
            Err(error) => {
                firewall::install(network, Translates::Nowhere)?;
                tracing::warn!(%error, "the kernel does not translate addresses; published ports are carried by a process");
                true
            }
        };
        let entries: Vec<Translation> = told.runs.values().flatten().copied().collect();
        if !told.is_unable {
            self.tell(&entries, firewall::add_entries);
        }
        Ok(())
    }

    /// Has the kernel lead the ports of a run to it.
    pub(crate) async fn publish(self: &Arc<Self>, run: RunId, ports: &[BoundPort]) {
        let entries: Vec<Translation> = ports.iter().filter_map(Translation::of).collect();
        if entries.is_empty() {
            return;
        }
        self.in_hub(move |own| own.add(run, entries)).await;
    }

    /// Takes the ports of a run that has ended from the kernel.
    pub(crate) async fn withdraw(self: &Arc<Self>, run: RunId) {
        if !locked(&self.told).runs.contains_key(&run) {
            return;
        }
        self.in_hub(move |own| own.remove(run)).await;
    }

    async fn in_hub(self: &Arc<Self>, work: impl FnOnce(&Self) + Send + 'static) {
        let own = Arc::clone(self);
        // The thread fails only while the server ends.
        let done = spawn_blocking(move || own.hub.within(|| work(&own))).await;
        if let Ok(Err(error)) = done {
            tracing::warn!(%error, table = self.table, "the network of the bridges cannot be entered");
        }
    }

    fn add(&self, run: RunId, entries: Vec<Translation>) {
        let mut told = locked(&self.told);
        // A port that another run has given up, and of whose end this server has not heard yet.
        let mut left = Vec::new();
        for other in told.runs.values_mut() {
            let (gone, kept): (Vec<_>, Vec<_>) = other
                .drain(..)
                .partition(|held| entries.iter().any(|entry| entry.same_place(held)));
            left.extend(gone);
            *other = kept;
        }
        if !told.is_unable {
            self.tell(&left, firewall::remove_entries);
            self.tell(&entries, firewall::add_entries);
        }
        told.runs.insert(run, entries);
    }

    fn remove(&self, run: RunId) {
        let mut told = locked(&self.told);
        let entries = told.runs.remove(&run).unwrap_or_default();
        if !told.is_unable {
            self.tell(&entries, firewall::remove_entries);
        }
    }

    fn tell(&self, entries: &[Translation], how: impl Fn(&str, &[Translation]) -> io::Result<()>) {
        for some in entries.chunks(ENTRIES_AT_ONCE) {
            if let Err(error) = how(&self.table, some) {
                tracing::warn!(%error, table = self.table, "the kernel was not told of published ports");
            }
        }
    }
}
