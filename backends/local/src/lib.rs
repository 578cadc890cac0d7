//! The embedded backend: containers as processes of this host, each held by a `sockerless-shim` of its own.
//!
//! [`LocalBackend`] starts a shim for each run, talks to it over its socket, and reports what becomes of it. The shim
//! makes the namespaces, writes the output and keeps the exit code; it goes on when the server ends, and the next
//! server finds it again by the run's directory. The server itself is never forked, and makes only what containers
//! share: directories and bridges.
//!
//! It decides nothing, and keeps no truth beside the disk: what it holds in memory are connections.

mod adopt;
mod backend;
mod bridge;
mod config;
mod connection;
mod descriptor;
mod disk_usage;
mod errors;
mod exec;
mod exec_io;
mod files;
mod host;
mod info;
mod layers;
mod layout;
mod look;
mod names;
mod networks;
mod options;
mod probe;
mod record;
mod registry;
mod remove;
mod rootless;
mod run;
mod shim;
mod start;
mod streams;
mod tear_down;
mod top;
mod trace;
mod trash;
mod usage;
mod volumes;
mod wipe;

pub use backend::{LocalBackend, OpenError};
pub use bridge::{ChooseBridgeError, choose_bridge};
pub use options::LocalOptions;
pub use rootless::{EnterError, Entered, enter, is_needed, leave};
pub use tear_down::TearDownError;
