//! Takes the transport back from the HTTP library.

use bytes::Bytes;
use http::Response;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::HijackError;
use crate::permit::Permit;
use crate::socket::Socket;
use crate::wire::Wire;

/// Waits for the switch and gives the socket, the bytes that were read past the request, and the connection's place.
pub(crate) async fn raw_transport(
    upgrade: OnUpgrade,
) -> Result<(Socket, Bytes, Permit), HijackError> {
    let upgraded = upgrade.await.map_err(HijackError::Upgrade)?;
    let parts = upgraded.downcast::<TokioIo<Wire>>().map_err(|_| HijackError::Transport)?;
    let (socket, permit) = parts.io.into_inner().into_switched().ok_or(HijackError::NotSwitched)?;
    Ok((socket, parts.read_buf, permit))
}

/// Gives the connection to another server that has answered with a switch.
pub(crate) fn switched_answer(answer: &mut Response<Incoming>) -> OnUpgrade {
    hyper::upgrade::on(answer)
}
