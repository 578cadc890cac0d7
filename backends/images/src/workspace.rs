//! A directory for what is not finished: it is beside the layers, so that what is made in it can be moved there, and it is gone
//! with this value or at the next start.

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt as _, path::Path};

use crate::{staging::Staged, store_error::StoreError};

/// Who may enter: a client's files may hold programs that change the user.
const MODE: u32 = 0o700;

/// A directory that nobody else uses.
#[derive(Debug)]
pub struct Workspace {
    staged: Staged,
}

impl Workspace {
    /// Makes one in `dir`.
    pub(crate) fn new(dir: &Path) -> Result<Self, StoreError> {
        let staged = Staged::new(dir);
        let made = DirBuilder::new().mode(MODE).create(staged.path());
        made.map_err(StoreError::of("creating", staged.path()))?;
        Ok(Self { staged })
    }

    /// Gives its path.
    pub fn path(&self) -> &Path {
        self.staged.path()
    }
}
