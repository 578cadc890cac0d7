//! Requests that a part of the server makes of another, before it tells what was asked of itself.

/// Marks a request that asks whether another one may be answered, and whose own answer nobody sees: an extension of it.
///
/// No client can set it. Where it is refused, it counts as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preliminary;
