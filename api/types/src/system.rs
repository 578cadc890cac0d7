//! Wire types of the system routes.

mod disk_usage;
mod event;
mod info;
mod version;

pub use disk_usage::DiskUsage;
pub use event::{EventActor, EventMessage};
pub use info::{
    Commit, PluginsInfo, RegistryConfig, RegistryIndex, Runtime, SwarmInfo, SystemInfo,
};
pub use version::{ComponentVersion, Platform, SystemVersion};
