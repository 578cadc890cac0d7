//! A simple caller that waits for each answer: for tools, tests and recovery.
//!
//! A server under load drives a [`Channel`] by its own readiness loop instead.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use rustix::io::Errno;

use crate::{
    Call, CallError, Channel, FromShim, Notice, PROTOCOL_VERSION, ReceiveError, Reply, Request,
    RunDir, SendError, ShimState,
};

/// A connection to a shim that waits for each answer.
#[derive(Debug)]
pub struct Client {
    channel: Channel<FromShim, Call>,
    next_id: u64,
    notices: VecDeque<Notice>,
}

/// A call has no good answer.
#[derive(Debug, thiserror::Error)]
pub enum CallFailed {
    /// The shim cannot be reached.
    #[error("connecting failed")]
    Connect(#[source] Errno),
    /// The call could not be sent.
    #[error("the call was not sent")]
    Send(#[from] SendError),
    /// The answer did not come.
    #[error("the answer did not come")]
    Receive(#[from] ReceiveError),
    /// The shim refused.
    #[error("the shim refused")]
    Refused(#[from] CallError),
    /// The answer belongs to another kind of call.
    #[error("the answer does not fit the call")]
    Unexpected,
}

impl Client {
    /// Connects to the shim of `run_dir` and says hello. The descriptor is written whenever output was appended.
    pub fn connect(run_dir: &RunDir) -> Result<(Self, ShimState, OwnedFd), CallFailed> {
        let socket = run_dir.connect().map_err(CallFailed::Connect)?;
        let mut client =
            Self { channel: Channel::new(socket), next_id: 1, notices: VecDeque::new() };
        let (reply, mut fds) =
            client.call(Request::Hello { version: PROTOCOL_VERSION }, Vec::new())?;
        match (reply, fds.pop()) {
            (Reply::State(state), Some(output)) => Ok((client, *state, output)),
            (Reply::State(_) | Reply::Done | Reply::ExecStarted { .. }, _) => {
                Err(CallFailed::Unexpected)
            }
        }
    }

    /// Makes a call and waits for its answer; notices that come in between are kept.
    pub fn call(
        &mut self,
        request: Request,
        fds: Vec<OwnedFd>,
    ) -> Result<(Reply, Vec<OwnedFd>), CallFailed> {
        let call = Call { id: self.next_id, request };
        self.next_id += 1;
        self.channel.send(&call, fds)?;
        loop {
            match self.channel.receive()? {
                (FromShim::Reply { id, result }, fds) if id == call.id => {
                    return Ok((result?, fds));
                }
                (FromShim::Reply { .. }, _) => return Err(CallFailed::Unexpected),
                (FromShim::Notice(notice), _) => self.notices.push_back(notice),
            }
        }
    }

    /// Waits for the next notice.
    pub fn notice(&mut self) -> Result<Notice, CallFailed> {
        if let Some(notice) = self.notices.pop_front() {
            return Ok(notice);
        }
        match self.channel.receive()? {
            (FromShim::Notice(notice), _) => Ok(notice),
            (FromShim::Reply { .. }, _) => Err(CallFailed::Unexpected),
        }
    }
}
