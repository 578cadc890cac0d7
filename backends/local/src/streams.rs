//! The data half: output, input and the streams of execs.

use std::sync::Arc;

use backends_core::{Output, RunId, Stdin, StreamError};
use backends_logs::LogReader;
use journal_domain::ContainerId;
use rustix::termios::isatty;
use sandbox_shim::{CallError, Request};

use crate::{
    LocalBackend,
    descriptor::Writer,
    run::{CallFailure, RunHandle},
};

// === impl LocalBackend ===

impl LocalBackend {
    /// Opens a container's output. Its directory is made where the container has never run.
    pub(crate) fn open_output(&self, container: ContainerId) -> Result<Output, StreamError> {
        let io =
            |source| StreamError::Io { what: "opening a container's output".to_owned(), source };
        let dir = self.around.layout.make_log(container).map_err(io)?;
        // First the notice, then the reader: what is written in between is told.
        let grown = self.registry.slot(container).grown.subscribe();
        let reader = LogReader::open(&dir).map_err(|error| io(std::io::Error::other(error)))?;
        Ok(Output { reader, grown })
    }

    /// Opens the standard input of a run.
    pub(crate) async fn open_stdin(&self, run: RunId) -> Result<Stdin, StreamError> {
        let held = self.registry.run(run.container).filter(|held| held.run == run);
        let held = held.ok_or(StreamError::Gone)?;
        let fd = held.call(Request::Stdin).await.map_err(stream_error)?.pop();
        let fd = fd.ok_or_else(|| StreamError::Absent("there is no standard input".to_owned()))?;
        let is_terminal = isatty(&fd);
        let writer = Writer::new(fd).map_err(|source| StreamError::Io {
            what: "opening standard input".to_owned(),
            source,
        })?;
        if is_terminal {
            return Ok(Stdin { writer: Box::pin(writer), close: Box::new(|| {}) });
        }
        held.note_writer(Arc::downgrade(writer.shared()));
        let runtime = tokio::runtime::Handle::current();
        let close = Box::new(move || {
            held.close_writers();
            drop(runtime.spawn(close_stdin(held)));
        });
        Ok(Stdin { writer: Box::pin(writer), close })
    }
}

async fn close_stdin(held: Arc<RunHandle>) {
    if let Err(error) = held.call(Request::CloseStdin).await {
        // The program is gone, and with it its input.
        tracing::debug!(run = %held.run, %error, "standard input was not closed");
    }
}

fn stream_error(failure: CallFailure) -> StreamError {
    match failure {
        CallFailure::Gone | CallFailure::Refused(CallError::NotRunning) => StreamError::Gone,
        CallFailure::Refused(error) => StreamError::Absent(error.to_string()),
    }
}
