//! Who somebody is known to be, and who knows it.

use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;

/// Who somebody has proven to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name for a record of who did what: `cert:alice`, `token:ci`.
    pub principal: String,
    /// Groups it belongs to.
    pub groups: Vec<String>,
    /// What it was proven with, as whoever checked it knows it: a certificate's serial number, a token's public part.
    pub credential: String,
}

/// Why somebody is not let in; the text is for them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TurnedAway(pub String);

/// Keeps the certificates of a listener with TLS.
///
/// - What `config` gives is used for one handshake, so a renewed certificate needs no restart.
/// - A certificate that a handshake has verified is handed to `owner`, and not let in where that fails.
/// - `still_holds` is asked at every request, for a connection may outlive its certificate. It must not block.
pub trait CertificateKeeper: fmt::Debug + Send + Sync + 'static {
    /// Tells whether everybody has to show a certificate; where not, nobody is known by one.
    fn asks_clients(&self) -> bool;

    /// Gives what the next handshake goes by; the one protocol to offer is `http/1.1`.
    fn config(&self) -> Arc<ServerConfig>;

    /// Names the owner of a verified certificate in DER.
    fn owner(&self, certificate: &[u8]) -> Result<Identity, TurnedAway>;

    /// Says why a certificate that was good when its connection began is not any more.
    fn still_holds(&self, owner: &Identity) -> Result<(), TurnedAway>;
}

/// Knows who holds a bearer token.
///
/// It is asked at every request that brings one, must not block, and must not tell by the time it takes which part
/// of a token was right.
pub trait TokenKeeper: fmt::Debug + Send + Sync + 'static {
    /// Names the holder of a token.
    fn holder(&self, token: &str) -> Result<Identity, TurnedAway>;
}
