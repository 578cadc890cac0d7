//! The command line. A flag wins over its variable, that over the configuration file, that over the default.

use std::{net::SocketAddr, path::PathBuf};

use api_http::ListenAddress;
use backends_images::{InsecureRegistry, Mirror};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

/// A Docker Engine endpoint with no Docker Engine behind it.
#[derive(Debug, Parser)]
#[command(name = "sockerless", version = crate::version::VERSION, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the Docker Engine API. No flag is needed.
    Serve(Box<ServeArguments>),
    /// Read the log and keep it: also beside a running server.
    Journal(JournalArguments),
    /// Remove what a stopped server left on the host: its containers' processes, its bridge, its cgroups.
    Down(DownArguments),
    /// Print the version.
    Version,
}

/// What `serve` can be told.
#[derive(Debug, Default, Args)]
pub(crate) struct ServeArguments {
    /// Configuration file in TOML; its keys are these flags' names with `_` for `-`.
    #[arg(long, env = "SOCKERLESS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory of the log, the images and the containers
    /// [default: /var/lib/sockerless for root, $XDG_STATE_HOME/sockerless else].
    #[arg(long, env = "SOCKERLESS_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where to listen: unix:///path or tcp://host:port; may be given more than once
    /// [default: unix:///run/sockerless.sock for root, unix://$XDG_RUNTIME_DIR/sockerless.sock else].
    #[arg(long, env = "SOCKERLESS_LISTEN", value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) listen: Vec<ListenAddress>,
    /// Where health and metrics are answered; off unless it is given.
    #[arg(long, env = "SOCKERLESS_OPS_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) ops_listen: Option<SocketAddr>,
    /// What runs the containers [default: local].
    #[arg(long, env = "SOCKERLESS_BACKEND", value_name = "BACKEND")]
    pub(crate) backend: Option<BackendName>,
    /// Allow tcp:// listeners on loopback addresses without a certificate: every user of this machine can
    /// then become root.
    #[arg(long, env = "SOCKERLESS_INSECURE_TCP", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) insecure_tcp: Option<bool>,
    /// How log lines are written [default: text].
    #[arg(long, env = "SOCKERLESS_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// Which log lines are written, such as `info` or `warn,backends_local=debug` [default: info].
    #[arg(long, env = "SOCKERLESS_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// The program that holds a container [default: sockerless-shim beside this program].
    #[arg(long, env = "SOCKERLESS_SHIM", value_name = "FILE")]
    pub(crate) shim: Option<PathBuf>,
    /// A mirror of Docker Hub, asked before it; may be given more than once.
    #[arg(long, env = "SOCKERLESS_REGISTRY_MIRROR", value_name = "URL", value_delimiter = ',')]
    pub(crate) registry_mirror: Vec<Mirror>,
    /// A registry, or a block of addresses, that may be without TLS or with a certificate that nobody vouches for; may be
    /// given more than once. This host's own always may.
    #[arg(
        long,
        env = "SOCKERLESS_INSECURE_REGISTRY",
        value_name = "HOST[:PORT]|CIDR",
        value_delimiter = ','
    )]
    pub(crate) insecure_registry: Vec<InsecureRegistry>,
}

/// A place that runs containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BackendName {
    /// Linux namespaces on this host.
    Local,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the log is.
#[derive(Debug, Args)]
pub(crate) struct DataArgument {
    /// Data directory of the server [default: as of `serve`].
    #[arg(long, env = "SOCKERLESS_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct JournalArguments {
    #[command(subcommand)]
    pub(crate) command: JournalCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// List records, the oldest first.
    Ls(ListArguments),
    /// Check every record and every link, and fold them all.
    Verify(VerifyArguments),
    /// Count records and bytes.
    Stats(DataArgument),
    /// Copy the log and its snapshots as they are at one moment.
    Backup(BackupArguments),
    /// Make a data directory of a backup.
    Restore(RestoreArguments),
    /// Make a data directory whose state is the one at a point, and which touches nothing of this one's.
    Fork(ForkArguments),
    /// Give up the beginning of the log, below a snapshot.
    Trim(TrimArguments),
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// Fold from each snapshot too, and compare the states that they come to.
    #[arg(long)]
    pub(crate) from_snapshots: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// Where to: a directory that is empty or not there.
    #[arg(value_name = "DIR")]
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataArgument,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The backup.
    #[arg(value_name = "DIR")]
    pub(crate) from: PathBuf,
    /// The new data directory: empty or not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ForkArguments {
    /// After which record, or at which RFC 3339 time.
    #[arg(long, value_name = "SEQ|TIME")]
    pub(crate) at: String,
    /// The new data directory: empty or not there, on the same volume as the images.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Leave the images out; containers of the fork can then be looked at, not started.
    #[arg(long)]
    pub(crate) without_images: bool,
    #[command(flatten)]
    pub(crate) data: DataArgument,
}

#[derive(Debug, Args)]
pub(crate) struct TrimArguments {
    /// The first record to keep: its number, its RFC 3339 time, or how long ago that is, such as 30d. More is kept where
    /// the snapshot below it is older.
    #[arg(long, value_name = "SEQ|TIME|DURATION")]
    pub(crate) before: String,
    /// Why; it goes on record.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
    /// Refuse where records would go that `exported-through` in the data directory does not cover.
    #[arg(long)]
    pub(crate) require_export: bool,
    #[command(flatten)]
    pub(crate) data: DataArgument,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// The first record [default: the first that there is].
    #[arg(long, value_name = "SEQ")]
    pub(crate) from: Option<u64>,
    /// The last record.
    #[arg(long, value_name = "SEQ")]
    pub(crate) to: Option<u64>,
    /// Print one JSON object a line, with everything that is in the record.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DownArguments {
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// Delete the data directory too: the log, the images, the containers' files.
    #[arg(long)]
    pub(crate) delete_data: bool,
}
