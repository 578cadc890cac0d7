//! The built-in tools of the wasm engine's shell, as busybox has them, over an abstract world.
//!
//! A tool is a function of a [`Call`]: what it was given (arguments, environment, streams) and a [`World`] that holds
//! the files, the clock and the other processes. [`find`] knows a tool by its name, [`call`] runs it to its end and
//! flushes what it wrote. Everything is synchronous: a process is a thread, and whatever blocks ends when its
//! [`Interrupt`] is raised.
//!
//! No process of the host is ever started here, and no tool reaches anything but through its call.

mod archive;
mod files;
mod jq;
mod shell;
mod system;
mod table;

pub use sandbox_world::call::{Call, Outcome, Stop, Tool, call};
pub use sandbox_world::clock::strftime_utc;
pub use sandbox_world::files::{
    DirEntry, FileKind, FileSystem, Metadata, OpenOptions, OwnerChange, Space, Time, TimesChange,
};
pub use sandbox_world::format::Conversion;
pub use sandbox_world::host_files::HostFiles;
pub use sandbox_world::host_stream::HostStream;
pub use sandbox_world::host_world::HostWorld;
pub use sandbox_world::interrupt::{Interrupt, Interrupted, Wake};
pub use sandbox_world::null::Null;
pub use sandbox_world::pipe::{PIPE_SIZE_BYTES, PipeReader, PipeWriter, pipe};
pub use sandbox_world::process::{Child, Process};
pub use sandbox_world::stream::Stream;
pub use sandbox_world::world::{Identity, ProcessInfo, System, World};
pub use table::{find, names};
