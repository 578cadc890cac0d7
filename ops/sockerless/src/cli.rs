//! The command line. A flag wins over its variable, that over the configuration file, that over the default.

use std::{net::SocketAddr, num::NonZeroU64, path::PathBuf, time::Duration};

use api_http::ListenAddress;
use backends_images::{InsecureRegistry, Mirror};
use clap::{Args, Parser, Subcommand, ValueEnum};
use journal_log::Timestamp;
use journal_reads::ReadPolicy;
use serde::Deserialize;

use crate::{
    audit::AuditArguments,
    journal::{BackupArguments, ForkArguments, RestoreArguments, TrimArguments, VerifyArguments},
    settings::{Retain, TlsArguments},
};

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
    /// Export the log for auditors, verify exports, prove records, follow what comes.
    Audit(Box<AuditArguments>),
    /// Keep the certificates of a server on TCP and of its clients.
    Cert(crate::cert::CertArguments),
    /// Tell what was there at a point of the past.
    At(crate::past::AtArguments),
    /// Tell what changed between two points.
    Diff(crate::past::DiffArguments),
    /// Tell everything that is on record about one container, also about one that is gone.
    Explain(crate::past::ExplainArguments),
    /// Tell what is wanted, what was found, and what would be done; do nothing.
    Plan(LinesArguments),
    /// Print a link to the page of a running server, with a token for it.
    Page(crate::page::PageArguments),
    /// Keep the pools of a running server: what runs side by side, and what waits.
    Pool(crate::pool::PoolArguments),
    /// Remove what a stopped server left on the host: its containers' processes, its bridge, its cgroups.
    Down(DownArguments),
    /// Keep the bearer tokens of a server.
    Token(crate::token::TokenArguments),
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
    /// File of the key that wraps the keys of sealed values; made where it is missing
    /// [default: the data directory's name with `.kek` behind it].
    #[arg(long, env = "SOCKERLESS_KEK_FILE", value_name = "FILE")]
    pub(crate) kek_file: Option<PathBuf>,
    /// Where to listen: unix:///path or tcp://host:port; may be given more than once
    /// [default: unix:///run/sockerless.sock for root, unix://$XDG_RUNTIME_DIR/sockerless.sock else].
    #[arg(long, env = "SOCKERLESS_LISTEN", value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) listen: Vec<ListenAddress>,
    /// Where health, metrics and the operations page are answered; off unless it is given.
    #[arg(long, env = "SOCKERLESS_OPS_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) ops_listen: Option<SocketAddr>,
    /// Answer auditors on the operations address too: whoever reaches it then reads every record [default: false].
    #[arg(long, env = "SOCKERLESS_OPS_AUDIT", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) ops_audit: Option<bool>,
    /// The key that signs checkpoints of the log [default: audit.key in the data directory, made at the first start].
    #[arg(long, env = "SOCKERLESS_AUDIT_KEY", value_name = "FILE")]
    pub(crate) audit_key: Option<PathBuf>,
    /// Records after which the log is sealed with a signed checkpoint [default: 4096].
    #[arg(long, env = "SOCKERLESS_AUDIT_SEAL_RECORDS", value_name = "COUNT")]
    pub(crate) audit_seal_records: Option<NonZeroU64>,
    /// Seconds after which a record is sealed at the latest [default: 60].
    #[arg(long, env = "SOCKERLESS_AUDIT_SEAL_SECONDS", value_name = "SECONDS")]
    pub(crate) audit_seal_seconds: Option<NonZeroU64>,
    /// What runs the containers [default: local].
    #[arg(long, env = "SOCKERLESS_BACKEND", value_name = "BACKEND")]
    pub(crate) backend: Option<BackendName>,
    #[command(flatten)]
    pub(crate) tls: TlsArguments,
    /// Who may do what, in TOML; read again when it changes [default: everybody who is let in may do everything].
    #[arg(long, env = "SOCKERLESS_POLICY", value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Allow tcp:// listeners on loopback addresses for whoever reaches them: every user of this machine can
    /// then become root.
    #[arg(long, env = "SOCKERLESS_INSECURE_TCP", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) insecure_tcp: Option<bool>,
    /// How log lines are written [default: text].
    #[arg(long, env = "SOCKERLESS_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// Which log lines are written, such as `info` or `warn,backends_local=debug` [default: info].
    #[arg(long, env = "SOCKERLESS_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// What is put down of calls that change nothing: none, metadata or request, which has the query too
    /// [default: metadata].
    #[arg(long, env = "SOCKERLESS_AUDIT_READS", value_name = "POLICY")]
    pub(crate) audit_reads: Option<ReadPolicy>,
    #[command(flatten)]
    pub(crate) room: RoomArguments,
    /// Give up what is older, below a snapshot: a number of records or a time such as 90d [default: all is kept].
    #[arg(long, env = "SOCKERLESS_RETAIN", value_name = "RECORDS|DURATION")]
    pub(crate) retain: Option<Retain>,
    /// Give up no records that `audit export --mark-exported` has not noted [default: false].
    #[arg(
        long,
        env = "SOCKERLESS_REQUIRE_EXPORT",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub(crate) require_export: Option<bool>,
    /// Serve the state at this record for reading and take no change: for a log that is damaged behind it.
    #[arg(long, value_name = "SEQ")]
    pub(crate) read_only_at: Option<u64>,
    /// Believe what is in the log where its witness is lost or older, and make a new one; it is put on record.
    #[arg(long)]
    pub(crate) rebuild_witness: bool,
    /// The program that holds a container [default: sockerless-shim beside this program].
    #[arg(long, env = "SOCKERLESS_SHIM", value_name = "FILE")]
    pub(crate) shim: Option<PathBuf>,
    /// The program that compiles and runs WebAssembly [default: sockerless-wasm beside this program].
    #[arg(long, env = "SOCKERLESS_WASM", value_name = "FILE")]
    pub(crate) wasm: Option<PathBuf>,
    /// What runs containers whose client names no runtime: native, wasm, or auto, which goes by what their program is
    /// [default: auto].
    #[arg(long, env = "SOCKERLESS_DEFAULT_RUNTIME", value_name = "RUNTIME")]
    pub(crate) default_runtime: Option<RuntimeName>,
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
    /// Be the server of this tenant of the configuration file; the server in front starts it, and it ends with its standard
    /// input.
    #[arg(long, value_name = "NAME", hide = true)]
    pub(crate) tenant: Option<String>,
}

/// What `serve` can be told about the room on its disk. Sizes are as `8MiB` or `2g`.
#[derive(Debug, Default, Clone, Copy, Args)]
pub(crate) struct RoomArguments {
    /// Refuse what brings new bytes when less than this is free: creates, execs, pulls, loads, imports, copies
    /// [default: 2GiB or a twentieth of the disk, whichever is more].
    #[arg(long, env = "SOCKERLESS_SOFT_MARK", value_name = "SIZE", value_parser = size)]
    pub(crate) soft_mark: Option<u64>,
    /// Take only what frees room when less than this is free [default: 512MiB, never above the soft mark].
    #[arg(long, env = "SOCKERLESS_HARD_MARK", value_name = "SIZE", value_parser = size)]
    pub(crate) hard_mark: Option<u64>,
    /// Size of a file that only takes room and is deleted at the hard mark, so that removals can still be recorded;
    /// 0 for none [default: 256MiB].
    #[arg(long, env = "SOCKERLESS_BALLAST", value_name = "SIZE", value_parser = size)]
    pub(crate) ballast: Option<u64>,
}

/// Reads a size.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let bytes = api_types::parse_size_bytes(text).map_err(|error| error.to_string())?;
    u64::try_from(bytes).map_err(|_| format!("invalid size: '{text}'"))
}

/// Reads a number of CPUs such as `2.5`, in billionths of one.
pub(crate) fn cpus(text: &str) -> Result<NonZeroU64, String> {
    /// More than any machine has, and far below what a number of billionths holds.
    const CPUS_MAX: f64 = 1e6;
    let invalid = || format!("'{text}' is no number of CPUs: it is as 2 or 0.5");
    let cpus: f64 = text.parse().map_err(|_| invalid())?;
    let nano = if (0.0..=CPUS_MAX).contains(&cpus) { (cpus * 1e9).round() as u64 } else { 0 };
    nano.try_into().map_err(|_| invalid())
}

/// Reads a time span such as `30d`: weeks, days, hours, minutes and seconds are known.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let invalid = || format!("invalid duration: '{text}' is not as 30d or 12h");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(invalid)?;
    let seconds = match unit {
        "w" => 7 * 86_400,
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return Err(invalid()),
    };
    let span = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds));
    span.map(Duration::from_secs).ok_or_else(invalid)
}

/// A place that runs containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BackendName {
    /// Linux namespaces on this host.
    Local,
}

/// What runs the programs of containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RuntimeName {
    /// What they are decides.
    Auto,
    /// The kernel.
    Native,
    /// An engine of WebAssembly.
    Wasm,
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
    /// List calls that changed nothing, the oldest first.
    Reads(ReadsArguments),
    /// Bring a damaged log back from everything that still has its records. The server must not run.
    Repair(RepairArguments),
    /// Pass over records that nobody has any more, for good, and put that on record. The server must not run.
    Skip(SkipArguments),
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
pub(crate) struct RepairArguments {
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// A backup to take missing records from: a data directory, or the journal in one.
    #[arg(long, value_name = "DIR")]
    pub(crate) from_backup: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SkipArguments {
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// The first record that is lost.
    #[arg(long, value_name = "SEQ")]
    pub(crate) seq: u64,
    /// Why; it is put on record.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
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
pub(crate) struct ReadsArguments {
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// From this time on, as in RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// Up to this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Timestamp>,
    /// Print one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LinesArguments {
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// Print one JSON object a line.
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
