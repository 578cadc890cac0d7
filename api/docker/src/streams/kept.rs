//! A container's kept output, followed to the end of a run.

use std::{future::Future, io};

use backends_core::Output;
use bytes::Bytes;
use journal_domain::ContainerId;
use projector_containers::{Container, Containers, Key, Phase};
use projector_engine::{Handle, World};
use tokio::io::AsyncWrite;

use super::output::{OutputWriter, framed};

/// Which streams a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Standard output.
    pub(super) stdout: bool,
    /// Standard error.
    pub(super) stderr: bool,
}

/// Waits for the end of a run.
#[derive(Debug, Clone)]
pub(crate) struct RunEnd {
    handle: Handle<Containers>,
    id: ContainerId,
    incarnation: u32,
    /// Whether the run is one that follows by itself: it may be taken back.
    follows: bool,
}

/// A piece of output.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Whether it is of standard error.
    pub(crate) is_error: bool,
    pub(crate) bytes: Bytes,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The exit status.
    pub(crate) exit_code: i64,
    /// What went wrong; empty where nothing did.
    pub(crate) error: String,
}

/// Why a copy of output failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CopyError {
    /// The client takes no more.
    #[error("the client takes no more")]
    Client(#[source] io::Error),
    /// The kept output cannot be read.
    #[error("the kept output cannot be read")]
    Kept(#[from] backends_logs::ReadError),
}

// === impl RunEnd ===

impl RunEnd {
    /// Looks out for the end of the present run, or of the next one where none is present.
    pub(crate) fn of(handle: &Handle<Containers>, container: &Container) -> Self {
        let present = container.is_active();
        let incarnation = container.incarnation + u32::from(!present);
        let follows = container.restarts.due.is_some();
        Self { handle: handle.clone(), id: container.id, incarnation, follows }
    }

    /// Waits until the run has ended and the end is on record.
    pub(super) async fn wait(&self) -> Ended {
        self.handle.wait_for(Key::Container(self.id), |world| self.seen(world)).await
    }

    /// Hands kept output over as it comes, until the run has ended and all of it was handed over.
    pub(crate) async fn follow<F: Future<Output = ()> + Send>(
        &self,
        output: &mut Output,
        take: impl Fn(Frame) -> F + Send,
    ) -> Result<Ended, backends_logs::ReadError> {
        let mut ended = std::pin::pin!(self.wait());
        loop {
            // What is marked as seen here is read below, so nothing that comes later goes unnoticed.
            output.grown.borrow_and_update();
            hand_over(output, &take).await?;
            let end = tokio::select! {
                end = &mut ended => end,
                grown = output.grown.changed() => match grown {
                    Ok(()) => continue,
                    // Nobody writes any more; what is left to wait for is the record of the end.
                    Err(_) => (&mut ended).await,
                },
            };
            hand_over(output, &take).await?;
            return Ok(end);
        }
    }

    fn seen(&self, world: &World<Containers>) -> Option<Ended> {
        let Some(container) = world.state.container(&self.id) else {
            return Some(Ended::of_gone(world, self.id));
        };
        if let Some(failure) = container.start_failure()
            && failure.incarnation >= self.incarnation
        {
            return Some(Ended { exit_code: failure.exit_code, error: failure.message.clone() });
        }
        let report = container.last_exit.as_ref()?;
        let taken_back = self.follows && !container.is_live();
        (report.incarnation >= self.incarnation || taken_back)
            .then(|| Ended { exit_code: report.exit_code, error: report.error.clone() })
    }

    /// Waits until the run has begun; `None` where it ended before that was seen, or could not begin.
    pub(super) async fn begun(&self) -> Option<u32> {
        let begun = |world: &World<Containers>| {
            if self.seen(world).is_some() {
                return Some(None);
            }
            let container = world.state.container(&self.id)?;
            let running = matches!(container.phase, Phase::Running(_));
            (running && container.incarnation >= self.incarnation)
                .then_some(Some(container.incarnation))
        };
        self.handle.wait_for(Key::Container(self.id), begun).await
    }
}

// === impl Ended ===

impl Ended {
    /// Takes what is remembered of a container that is gone; one that nobody started has status 0, as in Docker.
    pub(super) fn of_gone(world: &World<Containers>, id: ContainerId) -> Self {
        let end = world.state.tombstones().last_end(&id);
        Self {
            exit_code: end.map_or(0, |end| end.exit_code),
            error: end.map(|end| end.error.clone()).unwrap_or_default(),
        }
    }
}

async fn hand_over<F: Future<Output = ()> + Send>(
    output: &mut Output,
    take: &(impl Fn(Frame) -> F + Send),
) -> Result<(), backends_logs::ReadError> {
    while let Some(frame) = output.reader.next_frame()? {
        let is_error = frame.stream == backends_logs::Stream::Stderr;
        take(Frame { is_error, bytes: frame.bytes }).await;
    }
    Ok(())
}

/// Copies kept output to a client as it comes, until the run has ended and all of it was copied.
pub(super) async fn follow<W: AsyncWrite + Unpin>(
    output: &mut Output,
    wanted: Wanted,
    writer: &mut OutputWriter<W>,
    end: &RunEnd,
) -> Result<(), CopyError> {
    let mut ended = std::pin::pin!(end.wait());
    loop {
        // What is marked as seen here is read below, so nothing that comes later goes unnoticed.
        output.grown.borrow_and_update();
        copy_present(output, wanted, writer).await?;
        tokio::select! {
            _ = &mut ended => return copy_present(output, wanted, writer).await,
            grown = output.grown.changed() => {
                if grown.is_err() {
                    // Nobody writes any more; what is left to wait for is the record of the end.
                    (&mut ended).await;
                    return copy_present(output, wanted, writer).await;
                }
            }
        }
    }
}

/// Copies the kept output that is there.
pub(super) async fn copy_present<W: AsyncWrite + Unpin>(
    output: &mut Output,
    wanted: Wanted,
    writer: &mut OutputWriter<W>,
) -> Result<(), CopyError> {
    while let Some(frame) = output.reader.next_frame()? {
        if wanted.takes(frame.stream) {
            writer.push(framed(frame.stream), frame.bytes).await.map_err(CopyError::Client)?;
        }
    }
    writer.flush().await.map_err(CopyError::Client)
}

// === impl Wanted ===

impl Wanted {
    fn takes(self, stream: backends_logs::Stream) -> bool {
        match stream {
            backends_logs::Stream::Stdout => self.stdout,
            backends_logs::Stream::Stderr => self.stderr,
        }
    }
}
