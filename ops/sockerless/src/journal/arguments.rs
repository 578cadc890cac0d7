//! What the commands that keep the log can be told.

use std::path::PathBuf;

use clap::Args;

use crate::cli::DataArgument;

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// Fold from each snapshot too, and compare the states that they come to.
    #[arg(long)]
    pub(crate) from_snapshots: bool,
}

/// Where the keys are that do not have to be in the data directory.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct KeyArguments {
    /// File of the key that wraps the keys of sealed values [default: the data directory's name with `.kek` behind it].
    #[arg(long, env = "SOCKERLESS_KEK_FILE", value_name = "FILE")]
    pub(crate) kek_file: Option<PathBuf>,
    /// The key that signs checkpoints of the log [default: audit.key in the data directory].
    #[arg(long, env = "SOCKERLESS_AUDIT_KEY", value_name = "FILE")]
    pub(crate) audit_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// Where to: a directory that is empty or not there. Only its owner can look into it, for the keys are in it.
    #[arg(value_name = "DIR")]
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// Where the keys are; a running server knows that by itself.
    #[command(flatten)]
    pub(crate) keys: KeyArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The backup.
    #[arg(value_name = "DIR")]
    pub(crate) from: PathBuf,
    /// The new data directory: empty or not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Where the keys go; nothing else may be there.
    #[command(flatten)]
    pub(crate) keys: KeyArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ForkArguments {
    /// After which record, or at which time: as in RFC 3339, or how long ago, such as 2h.
    #[arg(long, value_name = "SEQ|TIME")]
    pub(crate) at: String,
    /// The new data directory: empty or not there, on the same volume as the images. The key that wraps the keys of sealed
    /// values is copied to its name with `.kek` behind it.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Leave the images out; containers of the fork can then be looked at, not started.
    #[arg(long)]
    pub(crate) without_images: bool,
    #[command(flatten)]
    pub(crate) data: DataArgument,
    /// File of the key that wraps the keys of sealed values [default: the data directory's name with `.kek` behind it].
    #[arg(long, env = "SOCKERLESS_KEK_FILE", value_name = "FILE")]
    pub(crate) kek_file: Option<PathBuf>,
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
    /// Refuse where records would go that `audit export --mark-exported` has not noted. A running server may be told
    /// so for all.
    #[arg(long, env = "SOCKERLESS_REQUIRE_EXPORT")]
    pub(crate) require_export: bool,
    #[command(flatten)]
    pub(crate) data: DataArgument,
}
