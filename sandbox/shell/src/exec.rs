//! Commands run.

mod assign;
mod compound;
mod cond;
mod list;
mod process;
mod program;
mod redirect;
mod script;
mod simple;
mod trace;
mod world;

pub(crate) use process::status_of;
pub(crate) use program::{DEFAULT_PATH, base, is_shell};
pub(crate) use world::{ProcessWorld, fd_of};
