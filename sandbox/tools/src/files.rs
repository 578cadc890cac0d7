//! Tools that look at files and change them.

pub(crate) mod change;
pub(crate) mod copy;
pub(crate) mod dd;
pub(crate) mod find;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod make;
pub(crate) mod remove;
pub(crate) mod stat;
pub(crate) mod usage;
