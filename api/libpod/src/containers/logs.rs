//! `GET /containers/{name}/logs`: always in frames, also of a terminal.

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::TryStreamExt;
use http::Method;
use http_body_util::BodyExt as _;

use crate::{
    body::{self, Answer},
    call::Call,
    error::Failure,
};

/// The number of standard output in frames.
const STDOUT: u8 = 1;

pub(super) async fn logs(call: &Call, id: &str) -> Result<Answer, Failure> {
    let world = call.caller().world();
    let raw = world.state.find(id).is_ok_and(|container| container.spec.tty);
    let path = format!("/containers/{id}/logs?{}", call.query_text());
    let answer = call.pass_plain(Method::GET, &path).await?;
    if !raw {
        return Ok(answer);
    }
    let chunks = answer.into_body().into_data_stream();
    Ok(body::stream(chunks.map_ok(framed)))
}

/// Puts a frame's header in front.
fn framed(chunk: Bytes) -> Bytes {
    let length = u32::try_from(chunk.len()).expect("a chunk of a body is under 4 GiB");
    let mut frame = BytesMut::with_capacity(chunk.len() + 8);
    frame.put_slice(&[STDOUT, 0, 0, 0]);
    frame.put_u32(length);
    frame.put(chunk);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminals_output_is_put_into_frames() {
        assert_eq!(&framed(Bytes::from_static(b"hi"))[..], b"\x01\0\0\0\0\0\0\x02hi");
    }
}
