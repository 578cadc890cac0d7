//! Whether the server can serve, and what it is doing while it cannot.

use std::sync::Arc;

use tokio::sync::watch;

/// How far the server has come, and what it has to say. Cheap to clone; all clones tell the same.
#[derive(Debug, Clone)]
pub struct Readiness {
    stage: Arc<watch::Sender<Stage>>,
    note: Arc<watch::Sender<String>>,
}

/// What the server is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The log is being read.
    Replaying,
    /// What still runs is being found.
    Adopting,
    /// Calls are answered.
    Ready,
    /// The server is ending.
    Stopping,
}

// === impl Readiness ===

impl Readiness {
    /// Begins with the replay.
    pub fn new() -> Self {
        let stage = Arc::new(watch::Sender::new(Stage::Replaying));
        Self { stage, note: Arc::new(watch::Sender::new(String::new())) }
    }

    /// Notes that the next stage has begun.
    pub fn enter(&self, stage: Stage) {
        self.stage.send_replace(stage);
    }

    /// Says what is not as it should be, in a sentence; an empty one takes it back.
    pub fn note(&self, note: &str) {
        self.note.send_if_modified(|present| {
            let is_new = present != note;
            if is_new {
                note.clone_into(present);
            }
            is_new
        });
    }

    /// Gives the note as a line of its own; nothing where there is none.
    pub(crate) fn note_line(&self) -> String {
        let note = self.note.borrow();
        if note.is_empty() { String::new() } else { format!("{}\n", *note) }
    }

    /// Tells the present stage.
    pub fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    /// Waits until `stage` has begun.
    pub async fn reached(&self, stage: Stage) {
        let mut receiver = self.stage.subscribe();
        // The sender is a field of this value, so it cannot be gone.
        let _ = receiver.wait_for(|present| *present == stage).await;
    }
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

// === impl Stage ===

impl Stage {
    /// Gives the word that `/readyz` answers with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replaying => "replaying",
            Self::Adopting => "adopting",
            Self::Ready => "ready",
            Self::Stopping => "stopping",
        }
    }
}
