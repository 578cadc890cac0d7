//! Words to fields: expansions, splitting, file names.

mod arith;
mod glob;
mod ops;
#[expect(clippy::wildcard_enum_match_arm, reason = "any other operator takes the value as it is")]
mod param;
mod sink;
mod tilde;
mod words;

pub(crate) use sink::Mode;
