//! Which certificates listeners on TCP go by.

use std::path::{Path, PathBuf};

use anyhow::bail;
use api_access::{Authority, TlsFiles};
use clap::Args;

/// The directory of certificates in the data directory, where no other files are named.
const FOLDER: &str = "tls";

/// What `serve` can be told of TLS. Files are in PEM, and are read again when they change.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct TlsArguments {
    /// Speak TLS on tcp:// and let in clients with a certificate alone; files that are not named are those that
    /// `sockerless cert` makes [default: false].
    #[arg(long, env = "SOCKERLESS_TLSVERIFY", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) tlsverify: Option<bool>,
    /// The server's certificate for tcp://, with those between it and its authority behind it.
    #[arg(long, env = "SOCKERLESS_TLS_CERT", value_name = "FILE", visible_alias = "tlscert")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of that certificate.
    #[arg(long, env = "SOCKERLESS_TLS_KEY", value_name = "FILE", visible_alias = "tlskey")]
    pub(crate) tls_key: Option<PathBuf>,
    /// The authorities whose clients are let in; nobody else is.
    #[arg(
        long,
        env = "SOCKERLESS_TLS_CA",
        value_name = "FILE",
        visible_aliases = ["tlscacert", "tls-client-ca"]
    )]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Lists of certificates that those authorities have revoked.
    #[arg(long, env = "SOCKERLESS_TLS_CRL", value_name = "FILE")]
    pub(crate) tls_crl: Option<PathBuf>,
}

/// Gives the directory in which `sockerless cert` keeps its authority.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join(FOLDER)
}

impl TlsArguments {
    /// Puts together which files are gone by; none where TLS is not spoken.
    pub(super) fn files(self, data: &Path) -> anyhow::Result<Option<TlsFiles>> {
        let Self { tlsverify, tls_cert, tls_key, tls_ca, tls_crl } = self;
        if tlsverify.unwrap_or(false) {
            let own = Authority::in_folder(&folder(data)).server_files();
            let (client_ca, revoked) = match tls_ca {
                // What another authority has revoked is in no list here.
                Some(ca) => (Some(ca), tls_crl),
                None => (own.client_ca, tls_crl.or(own.revoked)),
            };
            let (certificate, key) = match (tls_cert, tls_key) {
                (None, None) => (own.certificate, own.key),
                (certificate, key) => pair(certificate, key)?,
            };
            return Ok(Some(TlsFiles { certificate, key, client_ca, revoked }));
        }
        if tls_cert.is_none() && tls_key.is_none() {
            if tls_ca.is_some() || tls_crl.is_some() {
                bail!(
                    "--tls-ca and --tls-crl are of no use without --tlsverify, or --tls-cert and --tls-key"
                );
            }
            return Ok(None);
        }
        if tls_ca.is_none() && tls_crl.is_some() {
            bail!("--tls-crl says who is revoked: --tls-ca FILE has to say by whom");
        }
        let (certificate, key) = pair(tls_cert, tls_key)?;
        Ok(Some(TlsFiles { certificate, key, client_ca: tls_ca, revoked: tls_crl }))
    }
}

fn pair(certificate: Option<PathBuf>, key: Option<PathBuf>) -> anyhow::Result<(PathBuf, PathBuf)> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok((certificate, key)),
        (None, _) => bail!("--tls-key needs its certificate: --tls-cert FILE"),
        (_, None) => bail!("--tls-cert needs its key: --tls-key FILE"),
    }
}
