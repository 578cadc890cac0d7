//! What a transfer tells while it runs. What it tells of bytes is true, and may be left out; the rest is not.

use std::time::Duration;

use tokio::{sync::mpsc, time::Instant};

use crate::digest::Digest;

/// The time between two messages about the bytes of one layer: often enough for the eye, as dockerd does it.
const BYTES_PERIOD: Duration = Duration::from_millis(100);

/// What a transfer tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullStep {
    /// The registry has the image, and the transfer begins.
    Begun,
    /// Something about a layer.
    Layer {
        /// By which the layer is known: its blob's digest in a pull, its tar's in a push.
        id: Digest,
        /// What.
        step: LayerStep,
    },
}

/// What is told of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayerStep {
    /// It is not here.
    Wanted,
    /// It is here.
    Exists,
    /// Others are before it.
    Waiting,
    /// So many of its bytes have come.
    Downloading {
        /// Bytes that came.
        current: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The connection broke, or the registry asked for patience.
    Retrying {
        /// How long it waits.
        seconds: u64,
    },
    /// All of it has come.
    Verifying,
    /// All of it has come and is what it must be.
    Downloaded,
    /// It is being made durable.
    Extracting {
        /// Bytes that are unpacked.
        current: u64,
        /// Bytes in all.
        total: u64,
    },
    /// It is here, durable.
    Complete,
    /// It is about to be sent.
    Preparing,
    /// The registry has it.
    Present,
    /// The registry has taken it over from another repository.
    Mounted {
        /// The repository.
        from: String,
    },
    /// So many of its bytes have gone.
    Pushing {
        /// Bytes that went.
        current: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The registry has taken it.
    Pushed,
}

/// Where a transfer tells its steps.
#[derive(Debug, Clone)]
pub struct Progress(mpsc::Sender<PullStep>);

/// Tells of the bytes of one layer, not too often.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    progress: Progress,
    id: Digest,
    told: Option<Instant>,
}

impl Progress {
    /// Tells into `sender`. A slow listener is waited for; one that is gone ends nothing by itself.
    pub const fn new(sender: mpsc::Sender<PullStep>) -> Self {
        Self(sender)
    }

    /// Waits until nobody listens any more.
    pub async fn closed(&self) {
        self.0.closed().await;
    }

    /// Tells a step.
    pub(super) async fn tell(&self, step: PullStep) {
        // Who hangs up is seen by the owner of the transfer, who then stops it.
        let _ = self.0.send(step).await;
    }

    /// Tells something of a layer.
    pub(super) async fn layer(&self, id: Digest, step: LayerStep) {
        self.tell(PullStep::Layer { id, step }).await;
    }
}

impl Meter {
    pub(super) const fn new(progress: Progress, id: Digest) -> Self {
        Self { progress, id, told: None }
    }

    /// Tells of bytes, unless that was done just now or nobody has read it yet.
    pub(super) fn bytes(&mut self, step: LayerStep) {
        let now = Instant::now();
        if self.told.is_none_or(|told| now.duration_since(told) >= BYTES_PERIOD) {
            self.told = Some(now);
            // A listener that has not read the last one needs no newer one.
            let _ = self.progress.0.try_send(PullStep::Layer { id: self.id, step });
        }
    }

    /// Tells something that is not to be missed.
    pub(super) async fn tell(&self, step: LayerStep) {
        self.progress.layer(self.id, step).await;
    }
}
