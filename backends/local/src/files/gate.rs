//! Who uses a container's files: copies together, or a start or a removal alone.
//!
//! A start makes anew what a copy looks at, and a removal takes it away. Both wait for copies that go on, as the docker
//! daemon's do, but not for as long as a client pleases: after a while the copies are ended.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::registry::locked;

/// How long a start or a removal waits for copies. Ten seconds are some gigabytes on their way.
const COPIES_WAIT_MAX: Duration = Duration::from_secs(10);

/// The gate of a container's files.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    lock: Arc<RwLock<()>>,
    cut: Mutex<CancellationToken>,
}

/// A copy's hold on the files; starts and removals wait for its end.
#[derive(Debug)]
pub(crate) struct Hold {
    /// Says when they wait no longer.
    pub(crate) cut: CancellationToken,
    _guard: OwnedRwLockReadGuard<()>,
}

// === impl Gate ===

impl Gate {
    /// Begins a copy.
    pub(crate) async fn hold(&self) -> Hold {
        let guard = Arc::clone(&self.lock).read_owned().await;
        Hold { cut: locked(&self.cut).clone(), _guard: guard }
    }

    /// Waits until no copy goes on, or ends those that do, and keeps others away.
    pub(crate) async fn close(&self) -> OwnedRwLockWriteGuard<()> {
        let mut closed = std::pin::pin!(Arc::clone(&self.lock).write_owned());
        if let Ok(closed) = timeout(COPIES_WAIT_MAX, &mut closed).await {
            return closed;
        }
        // Those that come later wait behind this one, and get the new token.
        std::mem::take(&mut *locked(&self.cut)).cancel();
        closed.await
    }
}
