//! Calls, replies and notices on a shim's socket.
//!
//! Every message is one JSON document in one frame. A connection starts with [`Request::Hello`]; a message
//! that cannot be read ends its connection and nothing else.

use serde::{Deserialize, Serialize};

use crate::{
    ExecExit, ExecSpec, ExecState, ExitRecord, Resolver, Resources, StartFailure, StartRecord,
    TerminalSize,
};

/// A request and the number its reply will carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Chosen by the caller.
    pub id: u64,
    /// What is asked.
    pub request: Request,
}

/// What a server may ask of a shim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Opens the connection. Answered by [`Reply::State`] and an eventfd that is written whenever output was
    /// appended to the log.
    Hello {
        /// The version the server speaks.
        version: u32,
    },
    /// Asks for the way into standard input. Answered by [`Reply::Done`] and a non-blocking descriptor: the write end
    /// of the pipe, or the terminal.
    Stdin,
    /// Asks for the sockets at which the container asks for names, which are made if there are none yet. Answered by
    /// [`Reply::Done`] and two descriptors: one for datagrams, one that takes connections.
    Resolver(Box<Resolver>),
    /// Ends standard input. Holders of [`Self::Stdin`]'s descriptor must close theirs too. No effect with a terminal.
    CloseStdin,
    /// Sends a signal to pid 1, once for each `n`.
    Signal {
        /// Grows with each signal of an incarnation; one that is not greater than the last is answered, not sent.
        n: u64,
        /// The signal's number.
        signal: i32,
    },
    /// Sets the size of the container's terminal.
    Resize(TerminalSize),
    /// Stops all processes where they are.
    Pause,
    /// Gives the container these limits; those that are absent stay as they are.
    Update(Box<Resources>),
    /// Lets them go on.
    Unpause,
    /// Adds a program. Descriptors come as [`crate::ExecStdio`] says. Answered by [`Reply::ExecStarted`], with the terminal's
    /// descriptor if one was asked for. A known id starts nothing and is answered like the first time, without
    /// a descriptor.
    Exec {
        /// The exec's id.
        exec_id: String,
        /// What to run.
        spec: Box<ExecSpec>,
    },
    /// Sends a signal to an exec.
    ExecSignal {
        /// The exec's id.
        exec_id: String,
        /// The signal's number.
        signal: i32,
    },
    /// Sets the size of an exec's terminal.
    ExecResize {
        /// The exec's id.
        exec_id: String,
        /// The size.
        size: TerminalSize,
    },
    /// Forgets the end of an exec, once the server has it in its log.
    ExecForget {
        /// The exec's id.
        exec_id: String,
    },
    /// Kills everything in the container. The end follows as [`Notice::Exit`].
    Shutdown,
}

/// What a shim sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromShim {
    /// The answer to a call.
    Reply {
        /// The call's number.
        id: u64,
        /// The answer.
        result: Result<Reply, CallError>,
    },
    /// News; every connection gets it.
    Notice(Notice),
}

/// A good answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It is done.
    Done,
    /// The container as it is; answers [`Request::Hello`].
    State(Box<ShimState>),
    /// The exec runs.
    ExecStarted {
        /// Its process id as the host sees it.
        pid: u32,
    },
}

/// A container as its shim sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShimState {
    /// The version the shim speaks.
    pub version: u32,
    /// The container's full id.
    pub container_id: String,
    /// The incarnation.
    pub incarnation: u64,
    /// The start.
    pub start: StartRecord,
    /// Whether its processes are stopped by [`Request::Pause`].
    pub paused: bool,
    /// The number of the last signal that was applied; zero before the first.
    pub last_signal_n: u64,
    /// Running execs, and ended ones that were not forgotten.
    pub execs: Vec<ExecState>,
}

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CallError {
    /// Hello must come first, once, with a version the shim knows.
    #[error("the shim speaks version {version}")]
    Version {
        /// The version the shim speaks.
        version: u32,
    },
    /// The container has ended.
    #[error("the container is not running")]
    NotRunning,
    /// The container is paused, and the call needs it to run.
    #[error("the container is paused")]
    Paused,
    /// There is no such exec.
    #[error("no such exec: {exec_id}")]
    NoSuchExec {
        /// The exec's id.
        exec_id: String,
    },
    /// The container or exec has no terminal.
    #[error("there is no terminal")]
    NoTerminal,
    /// Standard input is not open.
    #[error("standard input is not open")]
    NoStdin,
    /// The exec's program did not start.
    #[error("the program did not start")]
    Start(#[source] StartFailure),
    /// The call carries other descriptors than it says.
    #[error("expected {expected} descriptors, got {got}")]
    Descriptors {
        /// How many the call says.
        expected: usize,
        /// How many came.
        got: usize,
    },
    /// Too many execs are remembered.
    #[error("the limit of {limit} execs is reached")]
    TooManyExecs {
        /// The limit.
        limit: usize,
    },
    /// The kernel refused.
    #[error("{what}: {reason}")]
    System {
        /// What was tried.
        what: String,
        /// The kernel's words.
        reason: String,
    },
}

/// News of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// An exec has ended.
    ExecExit(ExecExit),
    /// The container has ended; its exit record is on disk, its output is in the log. The connection ends next.
    Exit(Box<ExitRecord>),
}
