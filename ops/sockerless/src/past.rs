//! `sockerless at`, `diff` and `explain`: the past, beside a running server or without one.
//!
//! A running server is asked through its control socket. Where there is none, the log in the directory is looked at as
//! it is: nothing is written, mended or locked.

mod at;
mod diff;
mod explain;
mod source;

use std::{
    io::{self, ErrorKind, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::DataArgument;

pub(crate) use self::{at::at, diff::diff, explain::explain, source::Source};

/// What `at` can be told.
#[derive(Debug, Args)]
pub(crate) struct AtArguments {
    /// The point: the place of a record, a time (RFC 3339, or `@` and seconds since 1970), or how long ago (10m).
    #[arg(value_name = "POINT")]
    pub(crate) point: String,
    #[command(subcommand)]
    pub(crate) what: AtCommand,
    /// Data directory of the server [default: as of `serve`].
    #[arg(long, env = "SOCKERLESS_DATA", value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AtCommand {
    /// List the containers that ran.
    Ps {
        /// List those that did not run too.
        #[arg(long, short)]
        all: bool,
    },
    /// List the containers that belong together: pods, and who shares a user network or another's network.
    Units,
    /// List the images.
    Images,
    /// Tell everything that the log knows of a container or an image.
    Inspect {
        /// A name, an id or the beginning of one.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// What `diff` can be told.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// The point that is compared with: the place of a record, a time, or how long ago.
    #[arg(value_name = "FROM")]
    pub(crate) from: String,
    /// The point that is compared.
    #[arg(value_name = "TO")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `explain` can be told.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// A container: its name, its id or the beginning of one; also one that was removed.
    #[arg(value_name = "CONTAINER")]
    pub(crate) container: String,
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// Print one JSON object a line, with everything that was said.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Prints an answer for people, or as one line of JSON.
fn print(
    out: &mut impl Write,
    answer: &(impl Serialize + std::fmt::Display),
    json: bool,
) -> io::Result<()> {
    if json { writeln!(out, "{}", serde_json::to_string(answer)?) } else { write!(out, "{answer}") }
}

/// Takes it for the end where whoever reads us has seen enough.
fn until_closed(printed: anyhow::Result<()>) -> anyhow::Result<()> {
    match printed {
        Err(error)
            if error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) =>
        {
            Ok(())
        }
        printed => printed,
    }
}
