//! What a run left on disk, and whether it still runs.

use std::{io, time::Duration};

use backends_core::RunId;
use sandbox_shim::{ExitRecord, RunDir, StartRecord};
use tokio::time::{Instant, sleep};

use crate::{
    connection::{ConnectError, Connection},
    record,
    shim::{ShimProcess, is_held},
};

/// The longest wait for a shim that holds its directory and does not answer.
///
/// It is in the middle of a start or of cleaning up, which take milliseconds; a minute is a host in great distress.
const SETTLE_MAX: Duration = Duration::from_secs(60);

/// How often such a shim is looked at. It happens only after a server was killed in the middle of a start.
const SETTLE_PAUSE: Duration = Duration::from_millis(10);

/// What there is of a run.
#[derive(Debug)]
pub(crate) enum Trace {
    /// Nothing that ran.
    Nothing,
    /// It runs.
    Live(Box<Live>),
    /// It ended, or never started.
    Ended {
        /// Absent where it never started.
        start: Option<StartRecord>,
        exit: Box<ExitRecord>,
    },
    /// It had started, and left no word of its end.
    Lost { start: Option<StartRecord> },
}

/// A run that was found running.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) connection: Connection,
    pub(crate) process: ShimProcess,
}

/// Why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TraceError {
    #[error("the traces of {run} cannot be read")]
    Read {
        run: RunId,
        #[source]
        source: io::Error,
    },
    #[error("the process that holds {run} lives and does not answer")]
    Unanswered {
        run: RunId,
        #[source]
        source: ConnectError,
    },
}

/// Finds out what there is of a run.
pub(crate) async fn trace(run: RunId, dir: &RunDir) -> Result<Trace, TraceError> {
    let read = |source| TraceError::Read { run, source };
    let deadline = Instant::now() + SETTLE_MAX;
    loop {
        let refused = match Connection::open(dir).await {
            Ok(connection) => {
                let shim_pid = connection.state.start.shim_pid;
                if let Some(process) = ShimProcess::adopted(shim_pid, dir).map_err(read)? {
                    return Ok(Trace::Live(Box::new(Live { connection, process })));
                }
                // It ended just now.
                continue;
            }
            Err(error) => error,
        };
        if !is_held(dir).map_err(read)? {
            return left(dir).map_err(read);
        }
        if Instant::now() >= deadline {
            return Err(TraceError::Unanswered { run, source: refused });
        }
        sleep(SETTLE_PAUSE).await;
    }
}

/// Reads what a shim that is gone has left.
fn left(dir: &RunDir) -> io::Result<Trace> {
    // A record that cannot be read was torn by a crash of the host: it started, and its end is not known.
    let damaged = |error: &io::Error| error.kind() == io::ErrorKind::InvalidData;
    let start = match record::read_start(dir) {
        Err(error) if damaged(&error) => return Ok(Trace::Lost { start: None }),
        start => start?,
    };
    match (record::read_exit(dir), start) {
        (Err(error), start) if damaged(&error) => Ok(Trace::Lost { start }),
        (exit, start) => Ok(match (exit?, start) {
            (Some(exit), start) => Trace::Ended { start, exit: Box::new(exit) },
            (None, None) => Trace::Nothing,
            (None, start) => Trace::Lost { start },
        }),
    }
}
