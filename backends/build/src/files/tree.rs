//! Where sources are: a context, which may be an archive still, or a tree that something else shows.

use std::{os::fd::BorrowedFd, sync::Arc};

use backends_core::Shown;

use super::{
    find::find,
    listed::Unsure,
    sum::{Sum, sum, sum_listed},
};
use crate::{BuildError, Context};

/// A tree of sources.
#[derive(Clone)]
pub(crate) enum Tree {
    Context(Arc<Context>),
    Shown(Arc<dyn Shown>),
}

impl Tree {
    /// Finds the sources that a path or pattern names, in order.
    pub(crate) fn find(&self, text: &str) -> Result<Vec<String>, BuildError> {
        if let Self::Context(context) = self
            && let Some((listing, _)) = context.listing()
        {
            match find(listing, text) {
                Ok(found) => return Ok(found),
                Err(Unsure::Failed(error)) => return Err(error),
                Err(Unsure::Link) => {}
            }
        }
        find(&self.root()?, text)
    }

    /// Sums up a source.
    pub(crate) fn sum(&self, path: &str) -> Result<Sum, BuildError> {
        if let Self::Context(context) = self
            && let Some((listing, spool)) = context.listing()
        {
            match sum_listed(listing, spool, path) {
                Ok(sum) => return Ok(sum),
                Err(Unsure::Failed(error)) => return Err(error),
                Err(Unsure::Link) => {}
            }
        }
        sum(self.root()?, path)
    }

    /// Gives the root of the files.
    pub(crate) fn root(&self) -> Result<BorrowedFd<'_>, BuildError> {
        match self {
            Self::Context(context) => context.root(),
            Self::Shown(shown) => Ok(shown.root()),
        }
    }
}
