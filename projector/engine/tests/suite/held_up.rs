//! Snapshots that take their time, or that nobody can keep.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use journal_log::{MemorySnapshots, SnapshotError, SnapshotManifest, SnapshotStore};

use crate::journals::Gate;

/// A store that holds up whoever saves or lists, and counts them.
pub(crate) struct HeldUp {
    inner: MemorySnapshots,
    /// Whoever saves.
    pub(crate) saves: Door,
    /// Whoever lists.
    pub(crate) lists: Door,
    has_room: bool,
}

/// A gate that counts who comes to it, and how many of them were there at once.
#[derive(Clone, Default)]
pub(crate) struct Door {
    pub(crate) gate: Gate,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    came: AtomicU64,
    inside: AtomicU64,
    most: AtomicU64,
}

impl HeldUp {
    /// A store with two open doors before `inner`.
    pub(crate) fn new(inner: &MemorySnapshots) -> Self {
        let (saves, lists) = (Door::default(), Door::default());
        Self { inner: inner.clone(), saves, lists, has_room: true }
    }

    /// A store that is out of order.
    pub(crate) fn without_room(inner: &MemorySnapshots) -> Self {
        Self { has_room: false, ..Self::new(inner) }
    }

    fn check(&self, what: &'static str) -> Result<(), SnapshotError> {
        if self.has_room { Ok(()) } else { Err(SnapshotError::Store(what.into())) }
    }
}

impl Door {
    /// How often somebody came.
    pub(crate) fn came(&self) -> u64 {
        self.counts.came.load(Ordering::SeqCst)
    }

    /// The most that were there at once.
    pub(crate) fn most(&self) -> u64 {
        self.counts.most.load(Ordering::SeqCst)
    }

    fn pass(&self) {
        let Counts { came, inside, most } = &*self.counts;
        came.fetch_add(1, Ordering::SeqCst);
        let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now, Ordering::SeqCst);
        self.gate.pass();
        inside.fetch_sub(1, Ordering::SeqCst);
    }
}

impl SnapshotStore for HeldUp {
    fn save(&self, manifest: &SnapshotManifest, state: &[u8]) -> Result<(), SnapshotError> {
        self.check("no room")?;
        self.saves.pass();
        self.inner.save(manifest, state)
    }

    fn manifests(&self) -> Result<Vec<SnapshotManifest>, SnapshotError> {
        self.check("no disk")?;
        self.lists.pass();
        self.inner.manifests()
    }

    fn load(&self, manifest: &SnapshotManifest) -> Result<Vec<u8>, SnapshotError> {
        self.inner.load(manifest)
    }

    fn remove(&self, manifest: &SnapshotManifest) -> Result<(), SnapshotError> {
        self.inner.remove(manifest)
    }
}
