//! What readers ask of a snapshot.

pub(crate) mod filter;
pub(crate) mod hash;
pub(crate) mod lookup;
pub(crate) mod names;
pub(crate) mod pending;
pub(crate) mod summary;
pub(crate) mod units;
