//! What an event makes of the state: a file for each object. Nothing here can fail.

pub(crate) mod container;
pub(crate) mod copy;
pub(crate) mod exec;
mod health;
pub(crate) mod image;
pub(crate) mod network;
pub(crate) mod pod;
pub(crate) mod pool;
pub(crate) mod request;
mod restarts;
pub(crate) mod system;
pub(crate) mod volume;
