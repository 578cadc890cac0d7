//! What can go wrong with the files of who may come in.

use std::{io, path::PathBuf};

/// Why something about certificates was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A file could not be read or written.
    #[error("{doing} {path}")]
    Io {
        /// What was done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} {wrong}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        wrong: String,
    },
    /// A secret is not one.
    #[error("{0} can be read by everybody: chmod 600 {0}")]
    Readable(PathBuf),
    /// There is an authority already.
    #[error(
        "{0} is there already: what it has issued would be good for nothing without it, so it is not replaced"
    )]
    ThereAlready(PathBuf),
    /// There is no authority.
    #[error("there is no certificate authority in {0}: `sockerless cert init` makes one")]
    NoAuthority(PathBuf),
    /// No certificate is meant.
    #[error(
        "no certificate of {0:?} is good at present: `sockerless cert list` tells which there are"
    )]
    NoSuch(String),
    /// No token is meant.
    #[error("no token of {0:?} is good at present: `sockerless token list` tells which there are")]
    NoSuchToken(String),
    /// A name cannot be in a certificate.
    #[error("{name:?} is no {what}: {wrong}")]
    Name {
        /// What the name is of.
        what: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// A certificate could not be made.
    #[error("making the certificate failed")]
    Making(#[from] rcgen::Error),
    /// TLS cannot be spoken with what the files hold.
    #[error("the certificate and its key are not usable")]
    Tls(#[from] rustls::Error),
    /// The system gave no randomness.
    #[error("the system gives no random bytes")]
    Random(#[from] getrandom::Error),
}
