//! The command line of `sockerless cert`.

use std::{num::NonZeroU32, path::PathBuf};

use clap::{Args, Subcommand};

use crate::cli::DataArgument;

#[derive(Debug, Args)]
pub(crate) struct CertArguments {
    #[command(subcommand)]
    pub(crate) command: CertCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertCommand {
    /// Make the authority.
    Init(InitArguments),
    /// Issue the server's certificate; one that is there is replaced.
    Server(ServerArguments),
    /// Issue a client's certificate: a directory with ca.pem, cert.pem and key.pem, as docker wants it.
    Client(ClientArguments),
    /// Revoke certificates: a running server lets them in no more, and answers no more of their requests.
    Revoke(RevokeArguments),
    /// List every certificate that was issued.
    List(ListArguments),
}

/// Where the authority is.
#[derive(Debug, Args)]
pub(crate) struct FolderArgument {
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// Directory of the authority [default: tls in the data directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArgument,
    /// The authority's name.
    #[arg(long, value_name = "NAME", default_value = "sockerless")]
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct ServerArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArgument,
    /// A name or an address by which clients reach the server; may be given more than once
    /// [default: this host's name, localhost, 127.0.0.1, ::1].
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Vec<String>,
    /// Days that it is good.
    #[arg(long, value_name = "DAYS", default_value = "825")]
    pub(crate) days: NonZeroU32,
}

#[derive(Debug, Args)]
pub(crate) struct ClientArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArgument,
    /// Who it is: alice becomes cert:alice on record.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The group that the client belongs to.
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Days that it is good.
    #[arg(long, value_name = "DAYS", default_value = "365")]
    pub(crate) days: NonZeroU32,
    /// Where its files are put [default: clients/NAME in the authority's directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RevokeArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArgument,
    /// A serial number, or a client's name for all certificates of it.
    #[arg(value_name = "SERIAL|NAME")]
    pub(crate) which: String,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArgument,
    /// Print one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}
