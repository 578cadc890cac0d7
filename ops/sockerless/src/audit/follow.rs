//! `sockerless audit follow`: every record is handed on at least once.
//!
//! What was handed on is noted only after it was taken, so a follower that ends in between hands it on again. A server
//! that is not there is waited for.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};
use api_ops::{AuditAsk, AuditQuery};
use http::StatusCode;
use journal_audit::Format;

use super::{
    arguments::FollowArguments,
    ask::{Place, target},
    cursor, export,
    sink::{Chunk, Sink},
};
use crate::control;

/// Records handed on at once. A record has a kilobyte or so, and is 1 MiB at most.
const CHUNK_RECORDS: u64 = 64;

/// How long there may be nothing new before it is looked again: what an auditor waits at most.
const PAUSE: Duration = Duration::from_millis(500);

/// Hands records on until the process is ended.
pub(super) fn follow(arguments: FollowArguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let follower = Follower {
        data: Place::of(&arguments.place)?.data,
        query: export::query(&arguments.part),
        cursor: arguments.cursor.clone(),
    };
    let sink = Sink::of(&arguments)?;
    runtime.block_on(follower.run(sink))
}

struct Follower {
    data: PathBuf,
    query: AuditQuery,
    cursor: Option<PathBuf>,
}

impl Follower {
    async fn run(self, mut sink: Sink) -> anyhow::Result<()> {
        let noted = self.cursor.as_deref().map(cursor::read).transpose()?;
        let mut next = noted.flatten().unwrap_or(1);
        loop {
            let Some(end) = self.end().await? else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            if next > end + 1 {
                bail!(
                    "the cursor says {next}, and the log ends with record {end}: it is another log's"
                );
            }
            if next > end {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let last = end.min(next + CHUNK_RECORDS - 1);
            let Some(text) = self.read(next, last).await? else { continue };
            let chunk = Chunk { first: next, last, lines: entries(self.query.format, &text)? };
            sink.deliver(&chunk).await?;
            next = last + 1;
            if let Some(path) = &self.cursor {
                cursor::write(path, next)?;
            }
        }
    }

    /// Asks where the log ends; nothing where no server is there.
    async fn end(&self) -> anyhow::Result<Option<u64>> {
        let Some(note) = self.ask(&AuditAsk::Checkpoint).await? else { return Ok(None) };
        export::size_in(&note).map(Some).context("the log's checkpoint has no size")
    }

    async fn read(&self, first: u64, last: u64) -> anyhow::Result<Option<String>> {
        let part = AuditQuery { from: Some(first), to: Some(last), ..self.query.clone() };
        self.ask(&AuditAsk::Export(part)).await
    }

    /// Asks the server; a server that is not there, or ends while it answers, gives nothing.
    async fn ask(&self, ask: &AuditAsk) -> anyhow::Result<Option<String>> {
        let mut text = Vec::new();
        let target = target(ask);
        let asked = control::pieces(&self.data, &target, |piece| {
            text.extend_from_slice(piece);
            Ok(())
        });
        match asked.await {
            Ok(true) => Ok(Some(String::from_utf8(text).context("the answer is not text")?)),
            Ok(false) => Ok(None),
            Err(error) => match error.downcast_ref::<control::Refused>() {
                Some(refused) if refused.status != StatusCode::SERVICE_UNAVAILABLE => Err(error),
                Some(_) | None => {
                    tokio::time::sleep(PAUSE).await;
                    Ok(None)
                }
            },
        }
    }
}

/// Takes what is no entry off: the lines that an export begins and ends with.
fn entries(format: Format, text: &str) -> anyhow::Result<String> {
    let lines = match format {
        Format::Csv => text.split_once("\r\n").map(|(_, rest)| rest).unwrap_or_default(),
        Format::Jsonl => {
            // A connection that was cut has no last line.
            let inner = text.strip_suffix('\n').and_then(|text| text.rsplit_once('\n'));
            let whole = inner.filter(|(_, last)| last.starts_with("{\"end\""));
            let (inner, _) = whole.context("the server broke its answer off")?;
            inner.split_once('\n').map(|(_, rest)| rest).unwrap_or_default()
        }
        Format::CloudEvents | Format::Ocsf => text,
    };
    let is_ended = lines.is_empty() || lines.ends_with('\n');
    Ok(if is_ended { lines.to_owned() } else { format!("{lines}\n") })
}
