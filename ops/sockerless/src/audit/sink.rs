//! Where followed records go: a file, a webhook, standard output.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use anyhow::Context as _;
use journal_audit::{Filter, Format, Formatter};

use super::{arguments::FollowArguments, webhook::Webhook};

/// Bytes that are looked through for the end of the last whole line.
const TAIL_BYTES_MAX: u64 = 4 << 20;

/// Records on their way.
pub(super) struct Chunk {
    pub(super) first: u64,
    pub(super) last: u64,
    /// Their lines; none where none is of the part that is followed.
    pub(super) lines: String,
}

/// Where records go.
pub(super) enum Sink {
    Standard { names: String },
    File(File),
    Webhook(Box<Webhook>),
}

impl Sink {
    /// Opens what the arguments name.
    pub(super) fn of(arguments: &FollowArguments) -> anyhow::Result<Self> {
        let format = arguments.part.format;
        if let Some(url) = &arguments.webhook {
            let webhook = Webhook::new(url, format, arguments.secret_file.as_deref())?;
            return Ok(Self::Webhook(Box::new(webhook)));
        }
        let names = names(format);
        let Some(path) = &arguments.file else { return Ok(Self::Standard { names }) };
        let file = open(path, &names).with_context(|| format!("writing {}", path.display()))?;
        Ok(Self::File(file))
    }

    /// Hands records on; when it returns they were taken.
    pub(super) async fn deliver(&mut self, chunk: &Chunk) -> anyhow::Result<()> {
        if chunk.lines.is_empty() {
            return Ok(());
        }
        match self {
            Self::Standard { names } => {
                let mut out = io::stdout().lock();
                out.write_all(std::mem::take(names).as_bytes())?;
                out.write_all(chunk.lines.as_bytes())?;
                Ok(out.flush()?)
            }
            Self::File(file) => {
                file.write_all(chunk.lines.as_bytes()).context("writing records")?;
                file.sync_data().context("syncing records")
            }
            Self::Webhook(webhook) => webhook.deliver(chunk).await,
        }
    }
}

/// Gives the line of names that some forms begin with.
fn names(format: Format) -> String {
    match format {
        Format::Csv => Formatter::new(format, "").opening(&Filter::default(), "", ""),
        Format::Jsonl | Format::CloudEvents | Format::Ocsf => String::new(),
    }
}

/// Opens a file behind its last whole line: what is behind that was never noted, and comes again.
fn open(path: &Path, names: &str) -> io::Result<File> {
    let mut file = File::options().create(true).read(true).append(true).open(path)?;
    let size = file.metadata()?.len();
    if size == 0 {
        file.write_all(names.as_bytes())?;
        return Ok(file);
    }
    let from = size.saturating_sub(TAIL_BYTES_MAX);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last as u64 + 1);
    if whole < tail.len() as u64 {
        file.set_len(from + whole)?;
    }
    Ok(file)
}
