//! Data keys, outside the log, so that what the log keeps for ever can be made unreadable.
//!
//! The values of variables stand in records sealed under a key of their container. Keys are small slots in two files
//! that mirror each other, wrapped by one key that lies in a file elsewhere. To destroy a key is to overwrite its
//! slots: the records stay as they are, the chain of their hashes stays whole, and nobody can read the values.
//!
//! A key is durable before it seals anything: spare ones are made ahead, many with one sync, so that taking one
//! writes nothing. Keys that no container refers to are swept when the server starts.
//!
//! This crate knows no state and no log. It never writes a key or a plain value anywhere in plain text, and never
//! keeps one longer than its owner does.

mod cipher;
mod environment;
mod error;
mod keeper;
mod slot;
mod slots;
mod store;
mod wrapping;

pub use environment::{DESTROYED, SEALED, is_plain};
pub use error::{KeyError, OpenError};
pub use slots::copy_keys;
pub use store::{Held, KeyOptions, KeyReport, KeyStore};
pub use wrapping::beside;
