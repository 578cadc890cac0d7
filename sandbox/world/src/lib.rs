//! The world of a process of the wasm engine's shell, and what its tools have in common.
//!
//! [`world::World`] is what a process sees: files, clock, host, other processes. A [`call::Call`] is one run of a
//! tool: what it was given and the world. Everything is synchronous: a process is a thread, and whatever blocks ends when
//! its [`interrupt::Interrupt`] is raised. [`host_files::HostFiles`] is the file system of processes whose `/` is the
//! container's.
//!
//! The rest is for tools: arguments as `getopt` reads them ([`options`]), input by lines ([`input`]), POSIX regular
//! expressions ([`pattern`]), and small things such as modes, numbers and times.
//!
//! No process of the host is ever started here.

pub mod call;
pub mod clock;
pub mod escapes;
pub mod files;
pub mod format;
mod host_connect;
pub mod host_files;
pub mod host_stream;
pub mod host_world;
pub mod input;
pub mod interrupt;
pub mod modes;
pub mod null;
pub mod numbers;
pub mod options;
pub mod owners;
pub mod paths;
pub mod pattern;
pub mod pipe;
pub mod process;
pub mod stream;
pub mod version;
pub mod wildcard;
pub mod world;
