//! What this host's file system would not do.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Tells what the store could not do.
#[derive(Debug, thiserror::Error)]
#[error("{action} {} failed", path.display())]
pub struct StoreError {
    action: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl StoreError {
    /// Makes the error of `action`, a verb with -ing, on `path`.
    pub(crate) fn of(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self { action, path: path.to_owned(), source }
    }
}
