//! Transfers: image bytes on their way from a client to the store.
//!
//! A transfer is owned by a task of its own, so that a client that hangs up leaves no transfer open: its opening is
//! one record, and the images it brought or the reason why it brought none are another. The bytes are never in the
//! log.

mod feed;

use std::{
    io::Read,
    sync::{Arc, OnceLock},
};

use backends_images::{Fault, ImageStore, Lease, LoadedImage};
use bytes::Bytes;
use futures_util::{FutureExt as _, Stream, future::BoxFuture, future::Shared};
use journal_domain::{
    AddImages, FailTransfer, Image, ImageCommand, ImageName, ImageSource, OpenTransfer, TransferId,
};
use journal_log::Seq;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

pub(in crate::routes) use self::feed::feed;
use crate::{call::Call, error::ApiError, random, sweep::sweep_images};

/// Transfers that are unpacked at once; others wait for their turn.
///
/// Each keeps a processor and the disk busy; more of them together would only be slower one by one.
const TRANSFERS_AT_ONCE: usize = 4;

/// Archives that are written at once; others wait for their turn.
///
/// A slow reader keeps its place and a thread while it reads, so there are more of them than of transfers, and far
/// fewer than the 512 threads that all who block share.
const SAVES_AT_ONCE: usize = 32;

/// Places for transfers.
#[derive(Debug, Clone)]
pub(in crate::routes) struct Slots(Arc<Semaphore>);

/// A transfer that is open in the log, or will be before it has any effect.
pub(in crate::routes) struct Transfer {
    call: Call,
    id: TransferId,
    source: ImageSource,
    name: String,
    /// The record that opens it, once that is asked for: it is asked for once, whoever stops to wait for it.
    opened: OnceLock<Shared<BoxFuture<'static, Result<Seq, ApiError>>>>,
    /// Woken when it is asked for.
    asked: Notify,
    _slot: OwnedSemaphorePermit,
}

/// What a transfer brought.
pub(super) type Brought = Vec<(Arc<Image>, Vec<ImageName>)>;

/// Why a transfer brought nothing.
#[derive(Debug)]
pub(in crate::routes) struct Failure {
    /// Whose fault it is.
    pub(in crate::routes) fault: Fault,
    /// What is wrong.
    pub(in crate::routes) reason: String,
}

// === impl Slots ===

impl Slots {
    pub(super) fn for_transfers() -> Self {
        Self::of(TRANSFERS_AT_ONCE)
    }

    pub(super) fn for_saves() -> Self {
        Self::of(SAVES_AT_ONCE)
    }

    /// Makes so many places.
    pub(in crate::routes) fn of(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// Waits for a place.
    pub(in crate::routes) async fn take(self) -> Result<OwnedSemaphorePermit, ApiError> {
        self.0.acquire_owned().await.map_err(|_| ApiError::stopping())
    }
}

// === impl Transfer ===

impl Transfer {
    /// Puts the opening on record, once there is a place.
    pub(in crate::routes) async fn open(
        call: &Call,
        slots: Slots,
        source: ImageSource,
        name: String,
    ) -> Result<Self, ApiError> {
        let transfer = Self::begin(call, slots.take().await?, source, name);
        transfer.opened().await?;
        Ok(transfer)
    }

    /// Begins one in a place that is taken already. It goes on record before its first effect ([`Self::opened`]), or with its
    /// end: what has no effect between is one sync for both.
    pub(in crate::routes) fn begin(
        call: &Call,
        slot: OwnedSemaphorePermit,
        source: ImageSource,
        name: String,
    ) -> Self {
        let (call, id) = (call.clone(), TransferId::from_bytes(random::bytes()));
        let (opened, asked) = (OnceLock::new(), Notify::new());
        Self { call, id, source, name, opened, asked, _slot: slot }
    }

    /// Puts the opening on record, if it is not there yet, and gives that record.
    pub(in crate::routes) async fn opened(&self) -> Result<Seq, ApiError> {
        let opened = self.opened.get_or_init(|| {
            let (call, id) = (self.call.clone(), self.id);
            let command = OpenTransfer { id, source: self.source, name: self.name.clone() };
            self.asked.notify_one();
            async move { Ok(call.submit(ImageCommand::from(command)).await?.stamp.seq) }
                .boxed()
                .shared()
        });
        opened.clone().await
    }

    /// Waits until the opening is asked for, by whatever has an effect, or by the end.
    pub(in crate::routes) async fn asked_for(&self) {
        self.asked.notified().await;
    }

    /// Submits a command of the transfer, behind its opening.
    async fn submit(&self, command: ImageCommand) -> Result<Seq, ApiError> {
        // Both are in the queue before either is waited for, and have one sync where the first has none yet.
        let (opened, submitted) = tokio::join!(self.opened(), self.call.submit(command));
        opened?;
        Ok(submitted?.stamp.seq)
    }

    /// Takes the bytes in and puts what came of them on record.
    ///
    /// `take` runs on a thread that may block; `name` gives the images names beyond those they came with.
    pub(super) async fn run<T, E>(
        self,
        body: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
        take: T,
        name: Option<ImageName>,
    ) -> Result<Brought, ApiError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
        T: FnOnce(&ImageStore, &mut dyn Read, &Lease) -> Result<Vec<LoadedImage>, Failure>
            + Send
            + 'static,
    {
        let store = Arc::clone(&self.call.context().images);
        let lease = Arc::new(store.lease());
        let held = Arc::clone(&lease);
        let gate = self.call.context().gate.clone();
        let taken = feed(body, gate, move |bytes| take(&store, bytes, &held)).await;
        let loaded = match taken {
            Ok(loaded) => loaded,
            Err(failure) => {
                drop(lease);
                return Err(self.fail(failure).await);
            }
        };
        let images: Brought = loaded
            .into_iter()
            .map(|loaded| {
                let (image, mut names) = api_shown::loaded_image(loaded);
                names.extend(name.clone());
                (image, names)
            })
            .collect();
        let command = AddImages { transfer: self.id, images: images.clone() };
        self.close(command.into(), lease).await?;
        Ok(images)
    }

    /// Gives the call that began it.
    pub(in crate::routes) const fn call(&self) -> &Call {
        &self.call
    }

    /// Gives the identity that its records have.
    pub(in crate::routes) const fn id(&self) -> TransferId {
        self.id
    }

    /// Puts what came of it on record. The lease has held the bytes up to here; from then on the state refers to them.
    pub(in crate::routes) async fn close(
        &self,
        command: ImageCommand,
        lease: Arc<Lease>,
    ) -> Result<(), ApiError> {
        let closed = self.submit(command).await;
        drop(lease);
        match closed {
            Ok(_) => Ok(()),
            Err(error) => {
                self.fail_as(error.clone()).await;
                Err(error)
            }
        }
    }

    /// Puts the failure on record.
    async fn fail(&self, failure: Failure) -> ApiError {
        self.fail_as(ApiError::transfer_failed(failure.fault, failure.reason)).await
    }

    /// Puts the failure on record that the client is told, and has deleted what came before it. The lease of the transfer
    /// has ended.
    pub(in crate::routes) async fn fail_as(&self, error: ApiError) -> ApiError {
        let context = self.call.context();
        context.gate.ask();
        let (handle, images) = (context.handle.clone(), Arc::clone(&context.images));
        // Nobody waits for it: large layers take their time, and the next start would do it as well.
        tokio::task::spawn_blocking(move || match sweep_images(&handle, &images) {
            Ok(swept) => tracing::debug!(?swept, "what a failed transfer had left is deleted"),
            Err(error) => tracing::warn!(%error, "what a failed transfer has left stays"),
        });
        let reason = error.message().to_owned();
        let command = ImageCommand::from(FailTransfer { transfer: self.id, reason });
        match self.submit(command).await {
            Ok(seq) => error.at(seq),
            Err(unrecorded) => unrecorded,
        }
    }
}

// === impl Failure ===

impl Failure {
    /// Tells what an error says, with the causes behind it.
    pub(in crate::routes) fn of(fault: Fault, error: &dyn std::error::Error) -> Self {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            reason.push_str(": ");
            reason.push_str(&cause.to_string());
            source = cause.source();
        }
        Self { fault, reason }
    }
}
