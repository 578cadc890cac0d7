//! Bytes on their way between clients and what runs.

use std::pin::Pin;

use backends_logs::LogReader;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

/// A container's kept output.
#[derive(Debug)]
pub struct Output {
    /// Reads it, from its first byte.
    pub reader: LogReader,
    /// Changes whenever there may be more to read. Once the container has ended, what is there is all.
    pub grown: watch::Receiver<u64>,
}

/// The standard input of a run.
pub struct Stdin {
    /// Takes the bytes. Dropping it does not end the program's input.
    pub writer: Pin<Box<dyn AsyncWrite + Send>>,
    /// Ends the program's input when it is called; with a terminal it does nothing.
    pub close: Box<dyn FnOnce() + Send>,
}

/// Which streams of an exec a client wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExecAttach {
    /// Standard input.
    pub stdin: bool,
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
    /// A terminal in place of all three.
    pub tty: bool,
}

/// The streams of an exec that runs.
pub struct ExecIo {
    /// Takes the program's input; dropping it ends that, but with a terminal.
    pub stdin: Option<Pin<Box<dyn AsyncWrite + Send>>>,
    /// Gives the program's output.
    pub output: ExecOutput,
}

/// The output of an exec.
pub enum ExecOutput {
    /// A terminal's, all in one.
    Terminal(Pin<Box<dyn AsyncRead + Send>>),
    /// Standard output and standard error apart; absent where the client does not want it.
    Split {
        /// Standard output.
        stdout: Option<Pin<Box<dyn AsyncRead + Send>>>,
        /// Standard error.
        stderr: Option<Pin<Box<dyn AsyncRead + Send>>>,
    },
}

/// Why a stream could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// What it belongs to does not run.
    #[error("nothing runs there any more")]
    Gone,
    /// It has no such stream: the container was made without standard input, say.
    #[error("{0}")]
    Absent(String),
    /// The operating system refused.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Its reason.
        #[source]
        source: std::io::Error,
    },
}
