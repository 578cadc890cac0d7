//! Tools that say what is around: time, users, host, processes.

pub(crate) mod date;
pub(crate) mod wget;
pub(crate) mod who;
