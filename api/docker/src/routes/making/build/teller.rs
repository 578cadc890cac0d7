//! What the client of a build is told: a line of JSON for each thing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use api_types::{ErrorDetail, ProgressMessage};
use bytes::Bytes;
use tokio::sync::mpsc;

/// Tells the client; a clone tells the same one.
#[derive(Clone)]
pub(super) struct Teller {
    lines: mpsc::Sender<Bytes>,
    quiet: bool,
    gone: Arc<AtomicBool>,
}

impl Teller {
    pub(super) fn new(lines: mpsc::Sender<Bytes>, quiet: bool) -> Self {
        Self { lines, quiet, gone: Arc::default() }
    }

    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Waits until nobody listens any more.
    pub(super) async fn closed(&self) {
        self.lines.closed().await;
    }

    /// Tells whether somebody still listens.
    pub(super) fn is_heard(&self) -> bool {
        !self.gone.load(Ordering::Relaxed)
    }

    /// Tells a text, unless the client wants to hear the result alone.
    pub(super) async fn say(&self, stream: String) {
        if !self.quiet {
            self.send(&ProgressMessage { stream, ..ProgressMessage::default() }).await;
        }
    }

    /// Tells how a fetch goes on.
    pub(super) async fn progress(&self, message: &ProgressMessage) {
        if !self.quiet {
            self.send(message).await;
        }
    }

    /// Tells the failure that ends the stream. Its code is that of a program.
    pub(super) async fn fail(&self, code: i64, message: String) {
        let error_detail = Some(ErrorDetail { code, message: message.clone() });
        let told = ProgressMessage { error_detail, error: message, ..ProgressMessage::default() };
        self.send(&told).await;
    }

    /// Sends a line as the docker daemon does.
    pub(super) async fn send(&self, message: &ProgressMessage) {
        let json = serde_json::to_string(message).expect("wire types have string keys only");
        if self.lines.send(Bytes::from(json + "\r\n")).await.is_err() {
            self.gone.store(true, Ordering::Relaxed);
        }
    }
}
