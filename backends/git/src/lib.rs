//! Git repositories as contexts of builds: fetched by the `git` program, as the docker daemon does it.
//!
//! | module | what it does |
//! |---|---|
//! | `source` | what a client names: a repository, what of it, a directory in it |
//! | `home` | the settings of git, which are all that it reads |
//! | `program` | one run of git, within its limits |
//! | `relay` | git's only way to the network, which leads where a user's URL may lead |
//! | `watch` | how large a tree has become |
//! | `check_out` | the runs, one after the other |
//!
//! A repository is written by whoever likes to: nothing of it is run, no setting of the host counts, and nothing that it
//! names is connected to but by the rules for URLs. SSH is left out: it would show the keys of whoever runs the server.

mod check_out;
mod error;
mod home;
mod program;
mod relay;
mod source;
mod watch;

pub use check_out::check_out;
pub use error::GitError;
pub use source::{Source, is_git};

#[cfg(test)]
mod tests;
