//! The sealing of the log beside it: tiles, and signed checkpoints that are records.
//!
//! One task follows the journal after its records are durable; a commit never waits for it. What it cannot do it says
//! and tries again, for a log without a seal is a log all the same.

use std::{num::NonZeroU64, sync::Arc, time::Duration};

use api_ops::AuditDoor;
use journal_log::{Body, RequestId};
use projector_containers::Containers;
use projector_engine::Handle;
use tokio::time::Instant;

use super::log::Log;
use crate::{
    audit::{Book, Sealed, load_or_make},
    exit,
    settings::Settings,
};

/// How often the task looks for new records: some hundreds of them cost it a millisecond.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The sealing of a log.
pub(super) struct Sealing {
    book: Arc<Book>,
    handle: Handle<Containers>,
}

/// When the log is sealed.
#[derive(Debug, Clone, Copy)]
struct Policy {
    records: NonZeroU64,
    after: Duration,
}

/// Opens the tree beside the log, lets auditors in, and begins to seal.
pub(super) async fn start(
    settings: &Settings,
    log: &Log,
    door: &AuditDoor,
) -> anyhow::Result<Sealing> {
    let (data, chosen) = (settings.data.clone(), settings.audit_key.clone());
    let (reader, cluster) = (log.handle.reader(), log.cluster);
    let open = move || Book::open(&data, reader, load_or_make(&data, chosen, cluster)?);
    let book = Arc::new(tokio::task::spawn_blocking(open).await??);
    // It is set once a process, by this function.
    let _ = door.set(Arc::<Book>::clone(&book));
    let policy = Policy {
        records: settings.audit_seal_records,
        after: Duration::from_secs(settings.audit_seal_seconds.get()),
    };
    let sealing = Sealing { book, handle: log.handle.clone() };
    let task = Sealing { book: Arc::clone(&sealing.book), handle: sealing.handle.clone() };
    tokio::spawn(async move {
        tokio::select! {
            () = task.run(policy) => {}
            () = task.handle.ended() => {}
        }
    });
    Ok(sealing)
}

impl Sealing {
    /// Gives the book, for whoever tends the log.
    pub(super) fn book(&self) -> Arc<Book> {
        Arc::clone(&self.book)
    }

    /// Seals what is there, at an orderly end.
    pub(super) async fn seal(&self) {
        if let Err(error) = self.try_seal().await {
            tracing::warn!("the log is not sealed: {}", exit::chain(error.as_ref()));
        }
    }

    async fn run(&self, policy: Policy) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        let mut new_since: Option<Instant> = None;
        loop {
            ticks.tick().await;
            let book = Arc::clone(&self.book);
            let followed = tokio::task::spawn_blocking(move || book.follow()).await;
            let unsealed = match followed {
                Ok(Ok(0)) => {
                    new_since = None;
                    continue;
                }
                Ok(Ok(unsealed)) => unsealed,
                Ok(Err(error)) => {
                    tracing::error!("the log cannot be followed: {}", exit::chain(&error));
                    tokio::time::sleep(policy.after).await;
                    continue;
                }
                // The runtime ends.
                Err(_) => return,
            };
            let since = *new_since.get_or_insert_with(Instant::now);
            if unsealed >= policy.records.get() || since.elapsed() >= policy.after {
                self.seal().await;
                new_since = None;
            }
        }
    }

    async fn try_seal(&self) -> anyhow::Result<()> {
        let book = Arc::clone(&self.book);
        let Some(Sealed { body }) = tokio::task::spawn_blocking(move || book.seal()).await?? else {
            return Ok(());
        };
        self.handle.note(RequestId::NONE, &Body::Seal(body)).await?;
        Ok(())
    }
}
