//! Who may come in: certificates and tokens, and who is known by them.
//!
//! | module | what it does |
//! |---|---|
//! | `authority` | an authority of one's own in a directory: issues, revokes, lists |
//! | `certificate` | what a certificate says |
//! | `keeper` | what a listener with TLS goes by |
//! | `reread` | what is read of files again when they change |
//! | `revoked` | lists of revoked certificates |
//! | `tokens` | bearer tokens in a file, by their hashes |
//! | `files` | files that are there whole or not at all, and private where they have to be |
//!
//! No secret is ever written into a log line or an error. This crate knows no route and accepts no connection.

mod authority;
mod certificate;
mod error;
mod files;
mod keeper;
mod reread;
mod revoked;
mod tokens;

pub use authority::{Authority, ClientNames, Issued, Listed};
pub use certificate::{Certificate, Usage};
pub use error::AccessError;
pub use files::{Stamp, stamp};
pub use keeper::{Keeper, Now, TlsFiles};
pub use reread::Reread;
pub use tokens::{Holders, Token, TokenNames, TokenText, Tokens};
