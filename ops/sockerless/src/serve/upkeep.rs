//! The care of the log: giving up its beginning, and copying it, on a running server and without one.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use api_ops::{CopyAsked, Done, Maintenance, TrimAsked};
use journal_log::{Actor, Seq, Timestamp};
use journal_rocks::{DirSnapshots, Upkeep};
use projector_containers::Containers;
use projector_engine::{Clock, Handle, PastError, Point, SystemClock, TrimPlan, TrimRequest};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::log::{self, Beginning, Log, SNAPSHOTS};
use crate::{exit, version::VERSION};

/// A file in the data directory whose text is the last record that was exported for good.
const EXPORTED: &str = "exported-through";

/// The care of one open log.
pub(crate) struct LogUpkeep {
    handle: Handle<Containers>,
    upkeep: Upkeep,
    data: std::path::PathBuf,
    /// One thing at a time.
    turn: Mutex<()>,
}

/// A log that was opened without a server.
pub(crate) struct Offline {
    log: Log,
}

// === impl LogUpkeep ===

impl LogUpkeep {
    pub(super) fn new(log: &Log, data: &Path) -> Self {
        let (handle, upkeep) = (log.handle.clone(), log.upkeep.clone());
        Self { handle, upkeep, data: data.to_owned(), turn: Mutex::new(()) }
    }

    /// Gives up what `asked` says, as far as a snapshot and the policy allow.
    pub(crate) async fn give_up(self: Arc<Self>, asked: TrimAsked) -> anyhow::Result<Value> {
        let _turn = self.turn.lock().await;
        let now = SystemClock::new().now();
        let before = self.first_kept(&asked.before, now).await?;
        let own = Arc::clone(&self);
        let plan = tokio::task::spawn_blocking(move || own.plan(before)).await??;
        if asked.require_export {
            self.check_export(&plan)?;
        }
        let actor = Actor { principal: "operator".into(), ..Actor::default() };
        let request = TrimRequest { actor, reason: asked.reason, now };
        let noted = self.handle.record_trim(&plan, request).await;
        let stamp = noted.map_err(|error| anyhow!("the trim was not recorded: {error}"))?;
        let (own, done) = (Arc::clone(&self), plan.clone());
        let sizes = tokio::task::spawn_blocking(move || {
            let sizes = own.upkeep.trim(done.begin).map_err(|error| anyhow!(error))?;
            own.handle.forget_snapshots(&done)?;
            anyhow::Ok(sizes)
        });
        let sizes = sizes.await?.context("deleting what the record of the trim gives up")?;
        Ok(json!({
            "seq": stamp.seq.get(),
            "first": plan.begin.seq.next().get(),
            "records": plan.begin.seq.get() - plan.first.previous().get(),
            "snapshot": plan.root.seq.get(),
            "bytes_before": sizes.before_bytes,
            "bytes_after": sizes.after_bytes,
        }))
    }

    /// Finds the first record that is to be kept.
    async fn first_kept(&self, text: &str, now: Timestamp) -> anyhow::Result<Seq> {
        if let Ok(number) = text.parse() {
            return Ok(Seq::new(number));
        }
        let at = match ago(text) {
            Some(ago) => {
                let ago = u64::try_from(ago.as_nanos()).unwrap_or(u64::MAX);
                Timestamp::from_unix_nanos(now.as_unix_nanos().saturating_sub(ago))
            }
            None => text.parse().with_context(|| {
                format!(
                    "{text:?} is no record, no RFC 3339 time and no duration such as 30d or 12h"
                )
            })?,
        };
        match self.handle.world_at(Point::Time(at)).await {
            Ok(world) => Ok(world.seq.next()),
            Err(PastError::BeforeFirst | PastError::Trimmed { .. }) => {
                bail!("there is nothing to give up: no record is older than {at}")
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a snapshot where everything may go, and plans. It blocks.
    fn plan(&self, before: Seq) -> anyhow::Result<TrimPlan> {
        if before > self.handle.snapshot().seq {
            let saved = self.handle.save_snapshot(VERSION);
            saved.map_err(|error| anyhow!(error)).context("making the snapshot to begin with")?;
        }
        Ok(self.handle.plan_trim(before)?)
    }

    fn check_export(&self, plan: &TrimPlan) -> anyhow::Result<()> {
        let path = self.data.join(EXPORTED);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let exported: u64 = text.trim().parse().unwrap_or(0);
        let through = plan.begin.seq.get();
        if exported < through {
            bail!(
                "records up to {through} would be given up, and only those up to {exported} are exported by what {} says",
                path.display()
            );
        }
        Ok(())
    }

    async fn copy_to(self: Arc<Self>, asked: CopyAsked) -> anyhow::Result<Value> {
        let _turn = self.turn.lock().await;
        let (upkeep, data) = (self.upkeep.clone(), self.data.clone());
        tokio::task::spawn_blocking(move || copy(&upkeep, &data, &asked.to)).await??;
        Ok(json!({}))
    }
}

impl Maintenance for LogUpkeep {
    fn trim(self: Arc<Self>, asked: TrimAsked) -> Done {
        Box::pin(async { self.give_up(asked).await.map_err(|error| told(&error)) })
    }

    fn copy(self: Arc<Self>, asked: CopyAsked) -> Done {
        Box::pin(async { self.copy_to(asked).await.map_err(|error| told(&error)) })
    }
}

// === impl Offline ===

impl Offline {
    /// Opens the log in `data` as its owner, which is a record; it blocks.
    pub(crate) fn open(data: &Path, beginning: Beginning) -> anyhow::Result<Self> {
        Ok(Self { log: log::open(data, Arc::new(SystemClock::new()), beginning)? })
    }

    /// Does what `open` does, where there is a log.
    pub(crate) fn open_existing(data: &Path, beginning: Beginning) -> anyhow::Result<Self> {
        if !data.join(log::JOURNAL).exists() {
            bail!("there is no log in {}", data.display());
        }
        Self::open(data, beginning)
    }

    /// Gives who submits and reads.
    pub(crate) fn handle(&self) -> &Handle<Containers> {
        &self.log.handle
    }

    /// Gives the care of the log.
    pub(crate) fn upkeep(&self, data: &Path) -> Arc<LogUpkeep> {
        Arc::new(LogUpkeep::new(&self.log, data))
    }

    /// Ends the writing and gives the log up.
    pub(crate) async fn close(self) {
        self.log.handle.stop();
        self.log.handle.ended().await;
    }
}

/// Copies an open log with its snapshots into `to`. It blocks.
pub(crate) fn copy(upkeep: &Upkeep, data: &Path, to: &Path) -> anyhow::Result<()> {
    let snapshots = DirSnapshots::look(&data.join(SNAPSHOTS));
    let target = to.join(SNAPSHOTS);
    let beside = || {
        snapshots.copy_to(&target, Seq::FIRST..=Seq::LAST)?;
        Ok(())
    };
    upkeep.copy_to(&to.join(log::JOURNAL), beside).map_err(|error| anyhow!(error))
}

fn told(error: &anyhow::Error) -> String {
    exit::chain(error.as_ref())
}

/// Reads a time span such as `30d`; weeks, days, hours, minutes and seconds are known.
fn ago(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "w" => 7 * 86_400,
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}
