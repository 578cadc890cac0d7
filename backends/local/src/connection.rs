//! A connection to a shim, up to its greeting.

use std::{
    collections::VecDeque,
    io,
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use sandbox_shim::{
    Call, Channel, FromShim, Notice, PROTOCOL_VERSION, ReceiveError, Reply, Request, RunDir,
    SendError, ShimState,
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::timeout,
};

use crate::descriptor::{set_nonblocking, watched};

/// The server's end of a connection to a shim.
pub(crate) type ShimChannel = Channel<FromShim, Call>;

/// The longest wait for a shim's greeting.
///
/// A shim answers within a millisecond; one that takes ten seconds has been stopped by somebody.
const HELLO_MAX: Duration = Duration::from_secs(10);

/// The number of the greeting's call; others follow.
pub(crate) const HELLO_CALL: u64 = 0;

/// A connection that has been greeted.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) channel: AsyncFd<ShimChannel>,
    /// Readable whenever output was appended to the log.
    pub(crate) output: AsyncFd<OwnedFd>,
    /// The container as it was at the greeting.
    pub(crate) state: ShimState,
    /// What came before the greeting was answered.
    pub(crate) early: VecDeque<Notice>,
}

/// Why a shim could not be talked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// There is no socket, or nobody listens.
    #[error("connecting to the process that holds the container failed")]
    Connect(#[source] io::Error),
    #[error("the process that holds the container was not greeted")]
    Send(#[from] SendError),
    #[error("the process that holds the container did not answer")]
    Receive(#[from] ReceiveError),
    #[error("the process that holds the container did not answer in time")]
    Late,
    #[error("the process that holds the container refused: {0}")]
    Refused(String),
}

// === impl Connection ===

impl Connection {
    /// Connects to the shim of a run.
    pub(crate) async fn open(dir: &RunDir) -> Result<Self, ConnectError> {
        let channel = connect(dir).map_err(ConnectError::Connect)?;
        timeout(HELLO_MAX, hello(channel)).await.map_err(|_| ConnectError::Late)?
    }
}

async fn hello(mut channel: AsyncFd<ShimChannel>) -> Result<Connection, ConnectError> {
    let call = Call { id: HELLO_CALL, request: Request::Hello { version: PROTOCOL_VERSION } };
    channel.get_mut().send(&call, Vec::new())?;
    let mut early = VecDeque::new();
    loop {
        match next(&mut channel).await? {
            (FromShim::Notice(notice), _) => early.push_back(notice),
            (FromShim::Reply { result, .. }, mut fds) => match (result, fds.pop()) {
                (Ok(Reply::State(state)), Some(output)) => {
                    let output =
                        watched(output, Interest::READABLE).map_err(ConnectError::Connect)?;
                    return Ok(Connection { channel, output, state: *state, early });
                }
                (Err(error), _) => return Err(ConnectError::Refused(error.to_string())),
                (Ok(Reply::State(_) | Reply::Done | Reply::ExecStarted { .. }), _) => {
                    return Err(ConnectError::Refused("it sent another answer".to_owned()));
                }
            },
        }
    }
}

async fn next(
    channel: &mut AsyncFd<ShimChannel>,
) -> Result<(FromShim, Vec<OwnedFd>), ConnectError> {
    loop {
        match channel.get_mut().receive() {
            Err(ReceiveError::WouldBlock) => {}
            received => return Ok(received?),
        }
        let mut guard = channel.readable_mut().await.map_err(ConnectError::Connect)?;
        match guard.get_inner_mut().receive() {
            Err(ReceiveError::WouldBlock) => guard.clear_ready(),
            received => return Ok(received?),
        }
    }
}

/// Connects without waiting: a shim's queue of callers is longer than the one server that calls.
fn connect(dir: &RunDir) -> io::Result<AsyncFd<ShimChannel>> {
    let socket = dir.connect()?;
    set_nonblocking(socket.as_fd())?;
    let channel = Channel::new(socket);
    // SAFETY: the channel owns its socket for as long as it lives and gives the same descriptor always.
    #[expect(unsafe_code, reason = "the compiler cannot see whose descriptor a channel gives")]
    let registered = unsafe {
        AsyncFd::register_with_interest(channel, Interest::READABLE | Interest::WRITABLE)
    };
    Ok(registered?)
}
