//! The task of one container: reads what is kept of its output, sends it, and notes how far it is.
//!
//! A receiver that does not answer is tried again and again; what was written meanwhile waits where it is kept. Retention deletes
//! no segment that is being read, up to its own bound, behind which the oldest output is gone unsent.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use backends_core::Output;
use backends_logs::{Line, LineReader, ReadError};
use journal_domain::{ContainerId, Syslog};
use projector_containers::{Containers, Key};
use projector_engine::World;
use tokio::time::sleep;

use crate::{
    forwarder::{Shared, Tag},
    note::Note,
    receiver::Receiver,
};

/// Bytes of messages that are sent together, and noted together: what may come twice after a kill.
const BATCH_BYTES: usize = 64 * 1024;

/// The first pause after a receiver has failed, and the longest: each is twice the one before.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How long the output of a removed container waits for a receiver that does not take it: long enough for one that is moved
/// or restarted, and short of keeping the disk full for ever.
const KEPT_AFTER_REMOVAL: Duration = Duration::from_secs(3600);

/// The task.
pub(crate) struct Stream {
    shared: Arc<Shared>,
    id: ContainerId,
    note: Note,
    syslog: Syslog,
    tag: Tag,
    receiver: Option<Receiver>,
}

/// Where a container is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// This run of it is under way.
    Running(u32),
    /// It does not run.
    Resting,
    /// It is removed.
    Gone,
}

/// Why nothing more is sent.
enum End {
    /// Nobody has taken the rest in time.
    GivenUp,
    /// What is kept cannot be read.
    Unreadable(ReadError),
}

// === impl Stream ===

impl Stream {
    pub(crate) const fn new(
        shared: Arc<Shared>,
        id: ContainerId,
        note: Note,
        syslog: Syslog,
        tag: Tag,
    ) -> Self {
        Self { shared, id, note, syslog, tag, receiver: None }
    }

    /// Sends the container's output until it is removed and all is sent.
    pub(crate) async fn run(mut self, output: Output) {
        let ended = self.follow(output).await;
        self.shared.leave(self.id);
        match ended {
            Ok(()) => self.shared.forget(self.id),
            Err(End::GivenUp) => {
                tracing::warn!(container = %self.id, "the rest of its output is given up: nobody took it");
                self.shared.forget(self.id);
            }
            Err(End::Unreadable(error)) => {
                tracing::error!(container = %self.id, %error, "the rest of its output is not sent");
            }
        }
    }

    async fn follow(&mut self, output: Output) -> Result<(), End> {
        let Output { reader, mut grown } = output;
        let mut lines = LineReader::resume(reader, self.note.at);
        let mut is_told = true;
        loop {
            // What is seen here is read below: nothing that comes later goes unnoticed, and of a run whose end is on
            // record everything is here.
            grown.borrow_and_update();
            let life = self.life();
            self.send_present(&mut lines).await?;
            if !matches!(life, Life::Running(_)) && self.life() == life {
                self.send_unended(&mut lines).await?;
            }
            if life == Life::Gone {
                return Ok(());
            }
            let id = self.id;
            let moved = |world: &World<Containers>| (Life::of(world, id) != life).then_some(());
            tokio::select! {
                changed = grown.changed(), if is_told => is_told = changed.is_ok(),
                () = self.shared.handle.wait_for(Key::Container(id), moved) => {}
            }
        }
    }

    fn life(&self) -> Life {
        Life::of(&self.shared.handle.snapshot(), self.id)
    }

    /// Sends the lines that are ended.
    async fn send_present(&mut self, lines: &mut LineReader) -> Result<(), End> {
        loop {
            let (mut batch, mut batch_bytes, mut met) = (Vec::new(), 0, false);
            while batch_bytes < BATCH_BYTES {
                let segment = lines.position().segment;
                let Some(line) = lines.next_line().map_err(End::Unreadable)? else { break };
                if segment > 0 && lines.position().segment > segment + 1 {
                    tracing::warn!(container = %self.id, "output was rotated away before it was sent");
                }
                met = true;
                batch.extend(self.message(&line));
                batch_bytes += line.bytes.len();
            }
            if !met {
                return Ok(());
            }
            self.deliver(batch, lines).await?;
        }
    }

    /// Sends what no line feed will end any more.
    async fn send_unended(&mut self, lines: &mut LineReader) -> Result<(), End> {
        let mut batch = Vec::new();
        while let Some(line) = lines.next_unended() {
            batch.extend(self.message(&line));
        }
        if batch.is_empty() { Ok(()) } else { self.deliver(batch, lines).await }
    }

    fn message(&self, line: &Line) -> Option<Vec<u8>> {
        let tag = self.tag.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.sender.message(&self.syslog, &tag, line)
    }

    /// Sends messages, and notes that everything up to where `lines` are was sent.
    async fn deliver(&mut self, batch: Vec<Vec<u8>>, lines: &LineReader) -> Result<(), End> {
        if !batch.is_empty() {
            let (shared, id) = (Arc::clone(&self.shared), self.id);
            let late = async move {
                let gone =
                    |world: &World<Containers>| (Life::of(world, id) == Life::Gone).then_some(());
                shared.handle.wait_for(Key::Container(id), gone).await;
                sleep(KEPT_AFTER_REMOVAL).await;
            };
            tokio::select! {
                () = self.send(&batch) => {}
                () = late => return Err(End::GivenUp),
            }
        }
        self.note.at = lines.resting();
        self.note.tag.clone_from(&*self.tag.lock().unwrap_or_else(PoisonError::into_inner));
        if let Err(error) = self.note.write(&self.shared.options.folder, self.id) {
            tracing::warn!(container = %self.id, %error, "how far its output is sent is not noted");
        }
        Ok(())
    }

    /// Sends messages, however long it takes.
    async fn send(&mut self, batch: &[Vec<u8>]) {
        let mut pause = PAUSE_MIN;
        loop {
            let Err(error) = self.try_send(batch).await else { break };
            self.receiver = None;
            if pause == PAUSE_MIN {
                tracing::warn!(container = %self.id, %error, "its output waits for whoever takes it");
            }
            sleep(pause).await;
            pause = PAUSE_MAX.min(pause * 2);
        }
        if pause > PAUSE_MIN {
            tracing::info!(container = %self.id, "its output is taken again");
        }
    }

    async fn try_send(&mut self, batch: &[Vec<u8>]) -> std::io::Result<()> {
        let receiver = match &mut self.receiver {
            Some(receiver) => receiver,
            none => {
                let admits = self.shared.options.admits;
                none.insert(Receiver::connect(&self.syslog.address, admits).await?)
            }
        };
        receiver.send(batch).await
    }
}

// === impl Life ===

impl Life {
    fn of(world: &World<Containers>, id: ContainerId) -> Self {
        match world.state.container(&id) {
            None => Self::Gone,
            Some(container) if container.is_active() => Self::Running(container.incarnation),
            Some(_) => Self::Resting,
        }
    }
}
