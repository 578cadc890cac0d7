//! The command line of `sockerless audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use journal_audit::{Format, VerifyingKey};

use crate::cli::DataArgument;

#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Write records out, up to a checkpoint that is signed for it.
    Export(ExportArguments),
    /// Verify an export in JSON lines with the export and the public key alone. Exit code 65 says that it is not good.
    Verify(VerifyArguments),
    /// Prove that a record is in the log (C2SP tlog-proof), or that the log only grew since a checkpoint (JSON).
    Prove(ProveArguments),
    /// Sign what there is, and print the checkpoint (C2SP tlog-checkpoint).
    Checkpoint(PlaceArguments),
    /// Print the public key that checkpoints are verified with.
    Key(PlaceArguments),
    /// Hand every record on, at least once, and go on where it was left; ends with SIGINT or SIGTERM.
    Follow(FollowArguments),
}

/// Which log, and its key.
#[derive(Debug, Args)]
pub(crate) struct PlaceArguments {
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// The key that signs, for a directory without a server [default: audit.key in the data directory].
    #[arg(long, env = "SOCKERLESS_AUDIT_KEY", value_name = "FILE")]
    pub(crate) audit_key: Option<PathBuf>,
}

/// Which part of the log.
#[derive(Debug, Args)]
pub(crate) struct PartArguments {
    /// The form: jsonl (which can be verified), csv, cloudevents or ocsf.
    #[arg(long, default_value_t = Format::Jsonl)]
    pub(crate) format: Format,
    /// Records of this time or later, RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Records before this time, RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Commands of this principal, such as uid:0.
    #[arg(long, value_name = "PRINCIPAL")]
    pub(crate) actor: Option<String>,
    /// Records about a container: its name, its identity, or the first 12 letters of it.
    #[arg(long, value_name = "CONTAINER")]
    pub(crate) container: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    #[command(flatten)]
    pub(crate) part: PartArguments,
    /// The first record.
    #[arg(long, value_name = "SEQ", conflicts_with = "cursor")]
    pub(crate) from_seq: Option<u64>,
    /// A file that says where to begin, and is told where it ended; made where it is not there.
    #[arg(long, value_name = "FILE")]
    pub(crate) cursor: Option<PathBuf>,
    /// Give each line its proof: a changed record is then named even where the whole log was made anew.
    #[arg(long)]
    pub(crate) proofs: bool,
    /// Where to write [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Note in the data directory that everything up to here was exported, for `journal trim`.
    #[arg(long, requires = "output")]
    pub(crate) mark_exported: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// The export; - is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) export: PathBuf,
    /// The public key, as `audit key` prints it, or a file that holds it.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: KeyArgument,
    /// A checkpoint from elsewhere that the records have to fit too; may be given more than once.
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Vec<PathBuf>,
    /// An older checkpoint: the log must have grown from it and not have been changed.
    #[arg(long, value_name = "FILE")]
    pub(crate) older: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ProveArguments {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// The record.
    #[arg(value_name = "SEQ", required_unless_present = "older", conflicts_with = "older")]
    pub(crate) seq: Option<u64>,
    /// A checkpoint that the log is to be proven to have grown from.
    #[arg(long, value_name = "FILE")]
    pub(crate) older: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FollowArguments {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    #[command(flatten)]
    pub(crate) part: PartArguments,
    /// A file that remembers what was handed on; made where it is not there.
    #[arg(long, value_name = "FILE")]
    pub(crate) cursor: Option<PathBuf>,
    /// Send the lines to this URL by POST, some at a time. A failure is tried again until it is taken.
    #[arg(long, value_name = "URL", conflicts_with = "file")]
    pub(crate) webhook: Option<String>,
    /// A file with the secret of the webhook: deliveries are signed with HMAC-SHA256 then.
    #[arg(long, value_name = "FILE", requires = "webhook")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Append the lines to this file [default: standard output].
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
}

/// A public key, or a file with one.
#[derive(Debug, Clone)]
pub(crate) struct KeyArgument(pub(crate) VerifyingKey);

impl std::str::FromStr for KeyArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed: Result<VerifyingKey, _> = text.parse();
        let parsed = parsed.or_else(|error| match std::fs::read_to_string(text) {
            Ok(text) => text.parse(),
            Err(_) => Err(error),
        });
        parsed.map(Self).map_err(|error| format!("{error}, and no file with one"))
    }
}
