//! The default bridge and its addresses.

use std::net::Ipv4Addr;

use journal_domain::{BridgeConfig, ContainerId};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

/// The default bridge and who holds which address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    /// Its addresses and its interface.
    pub config: BridgeConfig,
    leases: RedBlackTreeMapSync<Ipv4Addr, ContainerId>,
}

// === impl Bridge ===

impl Bridge {
    pub(crate) fn new(config: BridgeConfig) -> Self {
        Self { config, leases: RedBlackTreeMapSync::new_sync() }
    }

    /// Goes through the addresses and their holders, the lowest first.
    pub fn leases(&self) -> impl Iterator<Item = (&Ipv4Addr, &ContainerId)> {
        self.leases.iter()
    }

    /// Finds the lowest free address, as Docker gives an address back at once.
    pub(crate) fn free_address(&self) -> Option<Ipv4Addr> {
        let (first, last) = self.config.pool();
        let mut candidate = u32::from(first);
        for held in self.leases.keys().map(|address| u32::from(*address)) {
            if held > candidate || journal_log::planted!("address-given-twice") {
                break;
            }
            candidate = held + 1;
        }
        (candidate <= u32::from(last)).then(|| Ipv4Addr::from(candidate))
    }

    pub(crate) fn hold(&mut self, address: Ipv4Addr, holder: ContainerId) {
        self.leases.insert_mut(address, holder);
    }

    pub(crate) fn release(&mut self, address: Ipv4Addr) {
        self.leases.remove_mut(&address);
    }
}
