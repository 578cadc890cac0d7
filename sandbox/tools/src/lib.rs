//! The built-in tools of the wasm engine's shell, as busybox has them, over an abstract world.
//!
//! A tool is a function of a [`Call`]: what it was given (arguments, environment, streams) and a [`World`] that holds
//! the files, the clock and the other processes. [`find`] knows a tool by its name, [`call`] runs it to its end and
//! flushes what it wrote. Everything is synchronous: a process is a thread, and whatever blocks ends when its
//! [`Interrupt`] is raised.
//!
//! No process of the host is ever started here, and no tool reaches anything but through its call.

mod seam;
mod table;
mod text;

pub use seam::call::{Call, Outcome, Stop, Tool, call};
pub use seam::files::{
    DirEntry, FileKind, FileSystem, Metadata, OpenOptions, OwnerChange, Space, Time, TimesChange,
};
pub use seam::host_files::HostFiles;
pub use seam::host_stream::HostStream;
pub use seam::host_world::HostWorld;
pub use seam::interrupt::{Interrupt, Interrupted, Wake};
pub use seam::null::Null;
pub use seam::pipe::{PIPE_SIZE_BYTES, PipeReader, PipeWriter, pipe};
pub use seam::process::{Child, Process};
pub use seam::stream::Stream;
pub use seam::world::{Identity, ProcessInfo, System, World};
pub use table::{find, names};
