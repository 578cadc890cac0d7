//! Decoders fed with what nobody wrote: golden samples, changed at random.
//!
//! A target is one decoder and the samples that it reads. It is given thousands of changed samples; it may refuse
//! them, but not panic, not hang, and what it takes as a record has to be the bytes of that record. Checksums are made
//! right again for half of the inputs, so that what is behind them is reached too.
//!
//! There is no guidance by coverage: each decoder has samples of every shape it knows, and every one is changed.

mod fuzz;
mod mutate;
mod settings;
mod target;
mod targets;

pub use fuzz::{Found, fuzz};
pub use mutate::mutate;
pub use settings::{inputs, seed};
pub use target::{Decoder, Target};
pub use targets::targets;
