//! What a running server has read of files, and reads again when they change.

use std::sync::Arc;

use arc_swap::ArcSwap;

/// A value that was read of files, with what tells their state then from another.
#[derive(Debug)]
pub struct Reread<S, T>(ArcSwap<(S, T)>);

impl<S: PartialEq, T: Clone> Reread<S, T> {
    /// Keeps what was read.
    ///
    /// The stamp is taken before the files are read: one that changes meanwhile is read again the next time.
    pub fn new(stamp: S, value: T) -> Self {
        Self(ArcSwap::from_pointee((stamp, value)))
    }

    /// Gives the value at `stamp`: where that is another than the last one, what `read` makes of the value before.
    pub fn at(&self, stamp: S, read: impl FnOnce(T) -> T) -> T {
        let kept = self.0.load();
        if stamp == kept.0 {
            return kept.1.clone();
        }
        let value = read(kept.1.clone());
        self.0.store(Arc::new((stamp, value.clone())));
        value
    }
}
