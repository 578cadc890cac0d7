//! A connection's place under the limit; it travels with the transport through an upgrade.

use std::fmt;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use crate::observer::Observer;

/// One place under a limit, given back when the last copy is dropped.
#[derive(Clone)]
pub(crate) struct Permit {
    _place: Arc<Place>,
}

struct Place {
    observer: Arc<dyn Observer>,
    _permit: OwnedSemaphorePermit,
}

impl Permit {
    pub(crate) fn new(permit: OwnedSemaphorePermit, observer: Arc<dyn Observer>) -> Self {
        observer.connection_opened();
        Self { _place: Arc::new(Place { observer, _permit: permit }) }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.observer.connection_closed();
    }
}
