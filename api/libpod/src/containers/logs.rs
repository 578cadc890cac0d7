//! `GET /containers/{name}/logs`: always in frames, also of a terminal.

use api_types::NEVER;
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::TryStreamExt;
use http::Method;
use http_body_util::BodyExt as _;

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
};

/// The number of standard output in frames.
const STDOUT: u8 = 1;

pub(super) async fn logs(call: &Call, id: &str) -> Result<Answer, Failure> {
    let world = call.caller().world();
    let raw = world.state.find(id).is_ok_and(|container| container.spec.tty);
    let query = call.query()?;
    // Podman's client always names both ends; for one that nobody gave it sends the time that Go has in a field not set.
    let end = |name| query.get(name).filter(|time| *time != NEVER);
    let asked = query_of(&[
        ("follow", query.get("follow")),
        ("stdout", query.get("stdout")),
        ("stderr", query.get("stderr")),
        ("since", end("since")),
        ("until", end("until")),
        ("timestamps", query.get("timestamps")),
        ("tail", query.get("tail")),
    ]);
    let path = format!("/containers/{id}/logs{asked}");
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
