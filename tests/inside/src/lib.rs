//! A server in the process of its tests: an engine on a journal in memory, a backend that only says what it would do, and
//! the routes that the test brings.
//!
//! It has a bridge and an image `busybox`, and everybody may do everything until the test sets another policy.

mod image;
mod inside;
mod reply;

pub use image::image;
pub use inside::{BEGIN, Inside};
pub use reply::{Reply, send};
