//! The streams of execs: prepared before the start, handed out after it.
//!
//! Pipes are made here and their far ends go to the program through the shim, so an exec's bytes pass through nothing
//! but the kernel between the program and this server.

use std::{
    collections::HashMap,
    io,
    os::fd::OwnedFd,
    sync::{Arc, Mutex},
    time::Duration,
};

use backends_core::{ExecAttach, ExecIo, ExecOutput, StreamError};
use journal_domain::ExecId;
use rustix::pipe::{PipeFlags, pipe_with};
use sandbox_shim::ExecStdio;
use tokio::io::AsyncReadExt;

use crate::{
    descriptor::{Reader, Writer},
    registry::locked,
};

/// How long the streams of an exec that has ended wait for a client to take them.
///
/// A client that waits for the start takes them within milliseconds; whoever has not come after a minute has gone.
const UNTAKEN_MAX: Duration = Duration::from_secs(60);

/// The streams of all execs that are about to be started or that nobody has taken yet.
#[derive(Debug, Default)]
pub(crate) struct ExecStreams {
    prepared: Mutex<HashMap<ExecId, Prepared>>,
}

/// What is given to an exec at its start.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) stdio: ExecStdio,
    /// The program's ends, in the order that [`ExecStdio`] says.
    pub(crate) fds: Vec<OwnedFd>,
}

#[derive(Debug)]
enum Prepared {
    /// Until the start: both ends.
    Pipes { near: Near, given: Given },
    /// Until the start: the terminal comes from the shim.
    Terminal,
    /// After the start: ours.
    Ready(Near),
}

/// This server's ends.
#[derive(Debug)]
enum Near {
    Pipes { stdin: Option<OwnedFd>, stdout: Option<OwnedFd>, stderr: Option<OwnedFd> },
    Terminal(OwnedFd),
}

// === impl ExecStreams ===

impl ExecStreams {
    /// Makes the pipes of an exec that is about to be started.
    pub(crate) fn prepare(&self, exec: ExecId, attach: ExecAttach) -> Result<(), StreamError> {
        let prepared = if attach.tty { Prepared::Terminal } else { pipes(attach)? };
        locked(&self.prepared).insert(exec, prepared);
        Ok(())
    }

    /// Gives the program's ends; nothing where nobody has prepared any.
    pub(crate) fn give(&self, exec: ExecId) -> Given {
        let mut all = locked(&self.prepared);
        match all.remove(&exec) {
            Some(Prepared::Pipes { near, given }) => {
                all.insert(exec, Prepared::Ready(near));
                given
            }
            Some(other) => {
                all.insert(exec, other);
                Given::default()
            }
            None => Given::default(),
        }
    }

    /// Keeps the terminal of an exec that has started for who waits for it; else its output is read and dropped.
    pub(crate) fn keep_terminal(&self, exec: ExecId, terminal: OwnedFd) {
        match locked(&self.prepared).get_mut(&exec) {
            Some(waiting @ Prepared::Terminal) => {
                *waiting = Prepared::Ready(Near::Terminal(terminal));
            }
            Some(Prepared::Pipes { .. } | Prepared::Ready(_)) | None => drain(terminal),
        }
    }

    /// Takes the streams of an exec that has started.
    pub(crate) fn take(&self, exec: ExecId) -> Result<ExecIo, StreamError> {
        match locked(&self.prepared).remove(&exec) {
            Some(Prepared::Ready(near)) => open(near).map_err(|source| StreamError::Io {
                what: "opening the streams of an exec".to_owned(),
                source,
            }),
            Some(Prepared::Pipes { .. } | Prepared::Terminal) => {
                Err(StreamError::Absent("the exec has not started".to_owned()))
            }
            None => Err(StreamError::Absent("the exec has no streams that wait".to_owned())),
        }
    }

    /// Forgets the streams of an exec that did not start.
    pub(crate) fn discard(&self, exec: ExecId) {
        locked(&self.prepared).remove(&exec);
    }

    /// Forgets the streams of an exec that has ended, if nobody takes them for a while.
    pub(crate) fn expire(self: &Arc<Self>, exec: ExecId) {
        if !locked(&self.prepared).contains_key(&exec) {
            return;
        }
        let streams = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(UNTAKEN_MAX).await;
            if let Some(streams) = streams.upgrade() {
                streams.discard(exec);
            }
        });
    }
}

fn pipes(attach: ExecAttach) -> Result<Prepared, StreamError> {
    let mut given = Given {
        stdio: ExecStdio { stdin: attach.stdin, stdout: attach.stdout, stderr: attach.stderr },
        fds: Vec::new(),
    };
    let mut pipe = |wanted: bool, is_input: bool| -> Result<Option<OwnedFd>, StreamError> {
        if !wanted {
            return Ok(None);
        }
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).map_err(|errno| StreamError::Io {
            what: "making a pipe".to_owned(),
            source: errno.into(),
        })?;
        let (near, far) = if is_input { (write, read) } else { (read, write) };
        given.fds.push(far);
        Ok(Some(near))
    };
    let near = Near::Pipes {
        stdin: pipe(attach.stdin, true)?,
        stdout: pipe(attach.stdout, false)?,
        stderr: pipe(attach.stderr, false)?,
    };
    Ok(Prepared::Pipes { near, given })
}

fn open(near: Near) -> io::Result<ExecIo> {
    match near {
        Near::Terminal(terminal) => {
            let writer = Writer::new(terminal.try_clone()?)?;
            let output = ExecOutput::Terminal(Box::pin(Reader::new(terminal)?));
            Ok(ExecIo { stdin: Some(Box::pin(writer)), output })
        }
        Near::Pipes { stdin, stdout, stderr } => {
            let reader = |fd: OwnedFd| Ok::<_, io::Error>(Box::pin(Reader::new(fd)?) as _);
            Ok(ExecIo {
                stdin: match stdin {
                    Some(fd) => Some(Box::pin(Writer::new(fd)?)),
                    None => None,
                },
                output: ExecOutput::Split {
                    stdout: stdout.map(reader).transpose()?,
                    stderr: stderr.map(reader).transpose()?,
                },
            })
        }
    }
}

/// Reads a terminal that no client wants, for a program stops when its terminal is full.
fn drain(terminal: OwnedFd) {
    let Ok(mut reader) = Reader::new(terminal) else { return };
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while reader.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
    });
}

#[cfg(test)]
mod tests;
