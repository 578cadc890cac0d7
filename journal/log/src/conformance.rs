//! What every journal and every snapshot store is checked against.
//!
//! The suites panic at the first broken promise, with a sentence that names it. They are part of the crate, so
//! that every implementation's tests run the same ones.

mod journal;
mod snapshots;

use std::fmt::Display;

pub use journal::check_journal;
pub use snapshots::check_snapshots;

use crate::{
    Actor, Body, CommandBodyV1, Draft, EpochBodyV1, Outcome, RequestId, Tagged, Timestamp,
};

/// The wall time of the suites' first records.
const NOW: Timestamp = Timestamp::from_unix_nanos(1_700_000_000_000_000_000);

/// Makes a draft of an accepted command with a payload of `payload_bytes` bytes.
pub fn command_draft(number: u64, payload_bytes: usize) -> Draft {
    let payload = Tagged { kind: 1, version: 1, bytes: vec![number as u8; payload_bytes] };
    let body = CommandBodyV1 {
        actor: Actor {
            principal: "uid:0".to_owned(),
            source: "unix:/run/sockerless.sock".to_owned(),
            agent: "conformance".to_owned(),
        },
        request: request(number),
        now: NOW,
        cause: None,
        command: payload,
        outcome: Outcome::Accepted,
        events: Vec::new(),
    };
    draft(request(number), &Body::Command(body))
}

/// Makes the draft of the record with which an opening begins.
pub fn epoch_draft() -> Draft {
    let body = EpochBodyV1 {
        now: NOW,
        node: "host".to_owned(),
        boot: "boot".to_owned(),
        binary: "0.0.0".to_owned(),
        cluster: [7; 16],
        recovery: Vec::new(),
    };
    draft(RequestId::NONE, &Body::Epoch(body))
}

fn draft(request: RequestId, body: &Body) -> Draft {
    must(Draft::new(request, body), "a body within the limit can be encoded")
}

fn request(number: u64) -> RequestId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    RequestId::from_bytes(bytes)
}

/// Returns what was promised, or panics with the promise.
fn must<T, E: Display>(result: Result<T, E>, promise: &str) -> T {
    result.unwrap_or_else(|error| panic!("broken promise: {promise}: {error}"))
}
