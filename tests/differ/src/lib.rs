//! What differs between two endpoints in their answers to scripts of calls, and where such scripts come from.
//!
//! Some scripts are written by hand, for every error on the way. Others are recorded: what unmodified clients send for the commands
//! of a file, as it passes a proxy. The reference is a stock dockerd as a rule.

mod allowed;
mod compare;
mod differ;
mod listing;
mod normal;
mod record;
mod script;

pub use differ::{Difference, Report, differ};
pub use record::record;

#[cfg(test)]
mod tests;
