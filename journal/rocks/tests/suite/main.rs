//! The journal on a real disk: the contract, damage of every kind, kills, failing system calls, and a model.
//!
//! The short form samples what the long form tries out whole; `JOURNAL_ROCKS_LONG=1` asks for the long one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod contract;
mod damage;
mod kill;
mod model;
mod newer;
mod power;
mod read_only;
mod rescue;
mod support;
mod trim;
mod witness;
mod writer;
