//! What stands between a tool and whoever runs it.

pub(crate) mod call;
pub(crate) mod files;
pub(crate) mod host_files;
pub(crate) mod host_stream;
pub(crate) mod host_world;
pub(crate) mod interrupt;
pub(crate) mod null;
pub(crate) mod pipe;
pub(crate) mod process;
pub(crate) mod stream;
pub(crate) mod world;
