//! A run that this server holds a connection to.
//!
//! [`RunHandle`] is what effects and streams use; the [`Holder`] is the one task that owns the connection.

mod holder;

use std::{
    os::fd::OwnedFd,
    sync::{
        Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use backends_core::{EffectError, RunId};
use journal_domain::{BoundPort, ExecId};
use journal_log::Timestamp;
use sandbox_shim::{CallError, Request};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{descriptor::Shared, registry::locked};

pub(crate) use holder::{Holder, Surroundings};

/// Calls waiting for a shim.
///
/// Each has a caller that waits; there is one step at a time for a container and one for each of its execs, so a
/// longer queue would only hide a shim that does not answer.
const ORDERS_MAX: usize = 64;

/// A run.
#[derive(Debug)]
pub(crate) struct RunHandle {
    pub(crate) run: RunId,
    pub(crate) pid: u32,
    /// The process that holds it.
    pub(crate) shim_pid: u32,
    pub(crate) started_at: Timestamp,
    pub(crate) ports: Vec<BoundPort>,
    orders: mpsc::Sender<Order>,
    life: watch::Receiver<Life>,
    /// The ways into standard input that clients hold.
    writers: Mutex<Vec<Weak<Shared>>>,
    /// Whether its questions for names are answered.
    names: AtomicBool,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// Its end has not been seen.
    Runs,
    /// Its end is being reported, and its shim is cleaning up.
    Ends,
    /// Its shim is gone and has left nothing behind but records.
    Gone,
}

/// A call on its way to the shim.
#[derive(Debug)]
pub(crate) struct Order {
    request: Request,
    fds: Vec<OwnedFd>,
    /// The exec whose start this is, so that it is reported in its place.
    starts: Option<ExecId>,
    answer: oneshot::Sender<Result<Vec<OwnedFd>, CallError>>,
}

/// Why a call had no good answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallFailure {
    /// The shim is gone.
    #[error("nothing runs there any more")]
    Gone,
    /// The shim refused.
    #[error(transparent)]
    Refused(#[from] CallError),
}

// === impl RunHandle ===

impl RunHandle {
    /// Asks the shim for something; gives the descriptors that came with its answer.
    pub(crate) async fn call(&self, request: Request) -> Result<Vec<OwnedFd>, CallFailure> {
        self.order(request, Vec::new(), None).await
    }

    /// Asks the shim to start an exec; the holder reports what became of it.
    pub(crate) async fn start_exec(
        &self,
        exec: ExecId,
        request: Request,
        fds: Vec<OwnedFd>,
    ) -> Result<Vec<OwnedFd>, CallFailure> {
        self.order(request, fds, Some(exec)).await
    }

    /// Waits until the shim is gone.
    pub(crate) async fn gone(&self) {
        // The sender goes only with the server.
        let _ = self.life.clone().wait_for(|life| *life == Life::Gone).await;
    }

    /// Waits until its end is seen, or nobody looks any more; it holds nothing of the run.
    pub(crate) fn ended(&self) -> impl Future<Output = ()> + use<> {
        let mut life = self.life.clone();
        async move {
            let _ = life.wait_for(|life| *life != Life::Runs).await;
        }
    }

    /// Notes that its questions for names are answered; tells whether they were not before.
    pub(crate) fn begin_names(&self) -> bool {
        !self.names.swap(true, Ordering::AcqRel)
    }

    /// Notes that nobody answers its questions for names.
    pub(crate) fn end_names(&self) {
        self.names.store(false, Ordering::Release);
    }

    /// Tells whether its end has not been seen.
    pub(crate) fn runs(&self) -> bool {
        *self.life.borrow() == Life::Runs
    }

    /// Notes a way into standard input, so that it can be closed.
    pub(crate) fn note_writer(&self, writer: Weak<Shared>) {
        let mut writers = locked(&self.writers);
        writers.retain(|writer| writer.strong_count() > 0);
        writers.push(writer);
    }

    /// Takes every way into standard input from the clients that hold one.
    pub(crate) fn close_writers(&self) {
        for writer in locked(&self.writers).drain(..) {
            if let Some(writer) = writer.upgrade() {
                writer.close();
            }
        }
    }

    async fn order(
        &self,
        request: Request,
        fds: Vec<OwnedFd>,
        starts: Option<ExecId>,
    ) -> Result<Vec<OwnedFd>, CallFailure> {
        let (answer, answered) = oneshot::channel();
        let order = Order { request, fds, starts, answer };
        self.orders.send(order).await.map_err(|_| CallFailure::Gone)?;
        Ok(answered.await.map_err(|_| CallFailure::Gone)??)
    }
}

// === impl CallFailure ===

impl From<CallFailure> for EffectError {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Gone
            | CallFailure::Refused(CallError::NotRunning | CallError::NoSuchExec { .. }) => {
                Self::Gone
            }
            CallFailure::Refused(error @ (CallError::NoTerminal | CallError::Version { .. })) => {
                Self::Unsupported(error.to_string())
            }
            CallFailure::Refused(
                error @ (CallError::NoStdin
                | CallError::Paused
                | CallError::Start(_)
                | CallError::Descriptors { .. }
                | CallError::TooManyExecs { .. }
                | CallError::System { .. }),
            ) => Self::Failed(error.to_string()),
        }
    }
}
