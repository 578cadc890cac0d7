//! The care of an open log: its beginning is given up, and it is copied, on a running server and without one.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, anyhow, bail};
use api_ops::{CopyAsked, Done, Maintenance, TrimAsked};
use journal_keys::{KeyStore, copy_keys};
use journal_log::{Actor, Seq, Timestamp};
use journal_rocks::{DirSnapshots, Upkeep};
use projector_containers::Containers;
use projector_engine::{Clock as _, Handle, PastError, Point, SystemClock, TrimPlan, TrimRequest};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{
    audit::Sealing,
    backend::Running,
    keys::KEYS,
    log::{JOURNAL, Log, SNAPSHOTS},
};
use crate::{
    audit::{self, Book},
    cli, exit, fatal, folder,
    places::{AUDIT_KEY, KEK, Places},
    settings::{Retain, Settings},
    version::VERSION,
};

/// What is told where a log cannot begin with a snapshot.
const SNAPSHOT_FAILED: &str = "making the snapshot to begin with";

/// The care of one open log.
pub(crate) struct LogUpkeep {
    pub(super) handle: Handle<Containers>,
    pub(super) upkeep: Upkeep,
    pub(super) places: Places,
    /// What of the log a running server holds.
    pub(super) live: Option<Live>,
    /// Whether what was not exported stays, whoever asks.
    pub(super) require_export: bool,
    /// One thing at a time.
    pub(super) turn: Mutex<()>,
}

/// What writes beside the log of a running server.
pub(crate) struct Live {
    pub(super) keys: KeyStore,
    pub(super) book: Arc<Book>,
}

// === impl LogUpkeep ===

impl LogUpkeep {
    /// Gives up what `asked` says, as far as a snapshot and the policy allow.
    pub(crate) async fn give_up(
        self: Arc<Self>,
        asked: TrimAsked,
        principal: String,
    ) -> anyhow::Result<Value> {
        let _turn = self.turn.lock().await;
        let now = SystemClock::new().now();
        let before = self.first_kept(&asked.before, now).await?;
        let own = Arc::clone(&self);
        let plan = tokio::task::spawn_blocking(move || own.plan(before)).await??;
        if asked.require_export || self.require_export {
            self.check_export(&plan)?;
        }
        let own = Arc::clone(&self);
        tokio::task::spawn_blocking(move || own.keep_hashes()).await??;
        let actor = Actor { principal, ..Actor::default() };
        let request = TrimRequest { actor, reason: asked.reason, now };
        let noted = self.handle.record_trim(&plan, request).await;
        let stamp = noted.map_err(|error| anyhow!("the trim was not recorded: {error}"))?;
        let (own, done) = (Arc::clone(&self), plan.clone());
        let sizes = tokio::task::spawn_blocking(move || {
            // What a failed deletion left is not known; an opening finds out.
            let sizes = own.upkeep.trim(done.begin).unwrap_or_else(|error| fatal::end(&*error));
            own.handle.forget_snapshots(&done).context("deleting snapshots of what is gone")?;
            anyhow::Ok(sizes)
        });
        let sizes = sizes.await??;
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
        let at = match cli::span(text) {
            Ok(ago) => now.saturating_sub(ago),
            Err(_) => text.parse().with_context(|| {
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
            self.save_snapshot()?;
        }
        Ok(self.handle.plan_trim(before)?)
    }

    /// Makes a snapshot of the point behind which `retain` keeps everything, where more than a tenth too much is kept;
    /// returns the point.
    pub(super) async fn snapshot_to_begin_with(
        self: &Arc<Self>,
        retain: Retain,
    ) -> anyhow::Result<Option<Seq>> {
        let own = Arc::clone(self);
        let now = SystemClock::new().now();
        let look = move || retain.surplus(&*own.handle.reader(), now);
        let Some(point) = tokio::task::spawn_blocking(look).await?? else { return Ok(None) };
        let world = self.handle.world_at(point).await?;
        let (own, seq) = (Arc::clone(self), world.seq);
        let save = move || {
            let reader = own.handle.reader();
            let last = reader.read(seq)?.next().context("the record is missing")??;
            // Groups are never cut: where the log begins with this one, nothing goes until time has come to the next.
            if last.header.group <= reader.first() {
                return Ok(None);
            }
            let saved = own.handle.save_snapshot_of(&world, VERSION);
            saved.map_err(|error| anyhow!(error)).context(SNAPSHOT_FAILED)?;
            Ok(Some(seq))
        };
        tokio::task::spawn_blocking(save).await?
    }

    fn save_snapshot(&self) -> anyhow::Result<()> {
        let saved = self.handle.save_snapshot(VERSION).map_err(|error| anyhow!(error));
        saved.map(drop).context(SNAPSHOT_FAILED)
    }

    fn check_export(&self, plan: &TrimPlan) -> anyhow::Result<()> {
        let exported = audit::exported_through(&self.places.data)?;
        let through = plan.begin.seq.get();
        if exported < through {
            bail!(
                "records up to {through} would be given up, and only those up to {exported} were exported: \
                 `sockerless audit export --mark-exported` comes first"
            );
        }
        Ok(())
    }

    fn keep_hashes(&self) -> anyhow::Result<()> {
        let book = self.live.as_ref().map(|live| &*live.book);
        audit::keep(&self.places.data, book, &*self.handle.reader())
    }

    async fn copy_to(self: Arc<Self>, asked: CopyAsked) -> anyhow::Result<Value> {
        let _turn = self.turn.lock().await;
        let own = Arc::clone(&self);
        tokio::task::spawn_blocking(move || {
            let head = own.handle.reader().head();
            copy(&own.upkeep, head, &own.places, own.live.as_ref(), &asked.to)
        })
        .await??;
        Ok(json!({}))
    }
}

impl Maintenance for LogUpkeep {
    fn trim(self: Arc<Self>, asked: TrimAsked, principal: String) -> Done {
        Box::pin(async { self.give_up(asked, principal).await.map_err(|error| told(&error)) })
    }

    fn copy(self: Arc<Self>, asked: CopyAsked) -> Done {
        Box::pin(async { self.copy_to(asked).await.map_err(|error| told(&error)) })
    }
}

/// Gives the care of a running server's log.
pub(super) fn of_server(
    settings: &Settings,
    log: &Log,
    upkeep: Upkeep,
    running: &Running,
    sealing: &Sealing,
) -> Arc<LogUpkeep> {
    Arc::new(LogUpkeep {
        handle: log.handle.clone(),
        upkeep,
        places: Places::of(settings),
        live: Some(Live { keys: running.keys.clone(), book: sealing.book() }),
        require_export: settings.require_export,
        turn: Mutex::new(()),
    })
}

/// Copies an open log whose last record is `head` into `to`, as it is at one moment, with what belongs to it: snapshots,
/// the keys of sealed values, and what signs it. It blocks.
///
/// The tiles come first, so that they are not ahead of the log. The keys come last and stay as they are from before
/// the moment on: every key that the copied log speaks of was there then, and none of them is destroyed meanwhile.
pub(crate) fn copy(
    upkeep: &Upkeep,
    head: Seq,
    places: &Places,
    live: Option<&Live>,
    to: &Path,
) -> anyhow::Result<()> {
    audit::copy(&places.data, live.map(|live| &*live.book), to)?;
    let held = live.map(|live| live.keys.hold()).transpose()?;
    let mut has_keys = false;
    let beside = || {
        has_keys = copy_keys(&places.data.join(KEYS), &to.join(KEYS))?;
        drop(held);
        // A later one would be ahead of the copied log.
        let snapshots = DirSnapshots::look(&places.data.join(SNAPSHOTS));
        snapshots.copy_to(&to.join(SNAPSHOTS), Seq::FIRST..=head)?;
        Ok(())
    };
    upkeep.copy_to(&to.join(JOURNAL), beside).map_err(|error| anyhow!(error))?;
    if has_keys {
        folder::copy_secret(&places.kek, &to.join(KEK))
            .context("the key that wraps those of sealed values goes with them")?;
    }
    if places.audit_key.exists() {
        folder::copy_secret(&places.audit_key, &to.join(AUDIT_KEY))?;
    }
    folder::sync(to)
}

fn told(error: &anyhow::Error) -> String {
    exit::chain(error.as_ref())
}
