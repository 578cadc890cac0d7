//! A POSIX shell, with the parts of bash that scripts in use have, as an interpreter over an abstract world.
//!
//! [`run`] runs a shell, or any program that a shell could run, to its end. The syntax tree is brush-parser's; files,
//! clock and tools are `sandbox-tools`'. A process of the shell (a part of a pipeline, a subshell in the background) is a
//! thread with its own copy of the shell's state; whatever blocks ends when its interrupt is raised.
//!
//! No process of the host is ever started here: a file of an image that is a native program is refused, or the tool of its
//! name runs in its place.

mod builtins;
mod errors;
mod exec;
mod expand;
mod fds;
mod jobs;
mod machine;
mod numbers;
mod options;
mod quote;
mod run;
mod shell;
mod traps;
mod vars;

pub use run::{Limits, Modules, run};
