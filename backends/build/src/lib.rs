//! Docker's classic builder: a Dockerfile and a context become images, step by step.
//!
//! | module | what it does |
//! |---|---|
//! | `dockerfile` | lines, flags and words of a Dockerfile, as the docker daemon reads them |
//! | `ignore`, `pattern` | `.dockerignore`, and the patterns of names |
//! | `arguments` | what `ARG` and a client's build arguments give to which step |
//! | `files` | files of a tree found, summed up, and copied into another |
//! | `stage` | a step of a stage, a file for each kind |
//! | `builder` | stages, their order, and what a client is told |
//!
//! What a step needs of the world it asks of a [`Site`]: images by name, a program run in a container, a layer written. This
//! crate runs nothing and records nothing by itself.

mod arguments;
mod builder;
mod context;
mod dockerfile;
mod error;
mod files;
mod ignore;
mod pattern;
mod site;
mod stage;

pub use builder::{BuildOptions, build};
pub use context::Context;
pub use dockerfile::{Dockerfile, Instruction, ParseError};
pub use error::BuildError;
pub use ignore::{Ignore, IgnoreError};
pub use site::{Base, Fetched, Made, Ran, Run, Site};

#[cfg(test)]
mod tests;
