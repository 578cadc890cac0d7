//! What a listener with TLS goes by: its certificate, whom it believes, and who is revoked.
//!
//! The files are looked at for each handshake, and the revoked ones for each request, so that what is renewed or
//! revoked counts at once and needs no restart. Files that cannot be used leave what was good before in force, and
//! that is told in the server's log.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use api_http::{CertificateKeeper, Identity, TurnedAway};
use journal_log::Timestamp;
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
};

use crate::{
    AccessError, Certificate, Reread,
    files::{self, Stamp, check_private, stamp},
    revoked::{self, Revoked},
};

/// The files of a listener with TLS, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, with those between it and its authority behind it.
    pub certificate: PathBuf,
    /// The certificate's key.
    pub key: PathBuf,
    /// The authorities whose clients are let in; without them nobody is asked for a certificate.
    pub client_ca: Option<PathBuf>,
    /// Lists of what those authorities have revoked.
    pub revoked: Option<PathBuf>,
}

/// Tells the time.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Keeps the certificates of a listener.
pub struct Keeper {
    files: TlsFiles,
    now: Now,
    loaded: Reread<Stamps, Loaded>,
}

/// What tells one state of the files from another.
type Stamps = [Option<Stamp>; 4];

/// What the files held when they were last looked at.
#[derive(Clone)]
struct Loaded {
    config: Arc<ServerConfig>,
    revoked: Arc<Revoked>,
}

// === impl TlsFiles ===

impl TlsFiles {
    fn stamps(&self) -> Stamps {
        let of = |path: &Option<PathBuf>| path.as_deref().and_then(stamp);
        [stamp(&self.certificate), stamp(&self.key), of(&self.client_ca), of(&self.revoked)]
    }

    fn load(&self) -> Result<Loaded, AccessError> {
        let chain = certificates(&self.certificate)?;
        check_private(&self.key)?;
        let key = PrivateKeyDer::from_pem_slice(files::read(&self.key)?.as_bytes());
        // The reason is left out: it could quote the key.
        let key = key.map_err(|_| wrong(&self.key, "holds no private key in PEM"))?;
        let (verifier, revoked) = self.verifier()?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A handshake that is taken up again would let in by what was good when it was made.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Loaded { config: Arc::new(config), revoked: Arc::new(revoked) })
    }

    fn verifier(&self) -> Result<(Arc<dyn ClientCertVerifier>, Revoked), AccessError> {
        let Some(ca) = &self.client_ca else {
            return Ok((WebPkiClientVerifier::no_client_auth(), Revoked::new()));
        };
        let mut roots = RootCertStore::empty();
        for certificate in certificates(ca)? {
            roots
                .add(certificate)
                .map_err(|error| wrong(ca, &format!("is no authority: {error}")))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let (builder, revoked) = match &self.revoked {
            None => (builder, Revoked::new()),
            Some(path) => {
                let lists = revoked::read(path)?;
                let builder = builder.with_crls(lists.lists).only_check_end_entity_revocation();
                (builder, lists.revoked)
            }
        };
        let built =
            builder.build().map_err(|error| wrong(ca, &format!("cannot be used: {error}")))?;
        Ok((built, revoked))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, AccessError> {
    let text = files::read(path)?;
    let read = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
    match read {
        Ok(list) if list.is_empty() => Err(wrong(path, "holds no certificate in PEM")),
        Ok(list) => Ok(list),
        Err(error) => Err(wrong(path, &format!("is not in PEM: {error}"))),
    }
}

fn wrong(path: &Path, wrong: &str) -> AccessError {
    AccessError::Wrong { path: path.to_owned(), wrong: wrong.to_owned() }
}

// === impl Keeper ===

impl Keeper {
    /// Reads the files; all of them have to be good.
    pub fn open(files: TlsFiles, now: Now) -> Result<Self, AccessError> {
        let loaded = Reread::new(files.stamps(), files.load()?);
        Ok(Self { files, now, loaded })
    }

    /// Gives what the files hold now, or what they held when they were last good.
    fn current(&self) -> Loaded {
        self.loaded.at(self.files.stamps(), |before| match self.files.load() {
            Ok(loaded) => {
                tracing::info!(certificate = %self.files.certificate.display(), "certificates were read again");
                loaded
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(
                    error,
                    "certificates were changed and cannot be used: what was good before stays"
                );
                before
            }
        })
    }
}

impl CertificateKeeper for Keeper {
    fn asks_clients(&self) -> bool {
        self.files.client_ca.is_some()
    }

    fn config(&self) -> Arc<ServerConfig> {
        self.current().config
    }

    fn owner(&self, certificate: &[u8]) -> Result<Identity, TurnedAway> {
        let read = Certificate::from_der(certificate)
            .map_err(|wrong| TurnedAway(format!("the client certificate {wrong}")))?;
        let owner = Identity {
            principal: format!("cert:{}", read.name),
            groups: read.groups,
            credential: format!("{}:{}", read.ends.as_unix_nanos(), read.serial),
        };
        self.still_holds(&owner)?;
        Ok(owner)
    }

    fn still_holds(&self, owner: &Identity) -> Result<(), TurnedAway> {
        let (ends, serial) = owner.credential.split_once(':').unwrap_or_default();
        let ends = ends.parse().unwrap_or(0);
        if (self.now)().as_unix_nanos() > ends {
            return Err(TurnedAway("the client certificate has expired".into()));
        }
        if self.current().revoked.contains_key(serial) {
            return Err(TurnedAway("the client certificate is revoked".into()));
        }
        Ok(())
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("files", &self.files).finish_non_exhaustive()
    }
}
