//! What a certificate says.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    path::Path,
};

use journal_log::Timestamp;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use x509_parser::{extensions::GeneralName, parse_x509_certificate, prelude::X509Certificate};

use crate::{AccessError, files};

/// Bytes of a name in a certificate. RFC 5280 allows 64 characters for a common name.
pub(crate) const NAME_BYTES_MAX: usize = 256;

/// What is read of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The common name of its subject.
    pub name: String,
    /// The organizations of its subject: the groups that a client belongs to.
    pub groups: Vec<String>,
    /// Its serial number in hexadecimal digits.
    pub serial: String,
    /// When it begins to be good.
    pub begins: Timestamp,
    /// When it ends to be good.
    pub ends: Timestamp,
    /// What it is for.
    pub usage: Usage,
    /// The names and addresses of a server.
    pub hosts: Vec<String>,
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// To issue others.
    Authority,
    /// To be a server.
    Server,
    /// To be a client.
    Client,
    /// To be both, or neither.
    Other,
}

// === impl Certificate ===

impl Certificate {
    /// Reads a certificate in DER. An error says what is wrong with it.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let (rest, parsed) = parse_x509_certificate(der).map_err(|error| error.to_string())?;
        if !rest.is_empty() {
            return Err("has bytes behind its end".into());
        }
        let subject = parsed.subject();
        let texts = |values: x509_parser::x509::AttributeTypeAndValue<'_>| {
            values
                .as_str()
                .map(str::to_owned)
                .map_err(|_| "has a subject that is no text".to_owned())
        };
        let mut names = subject.iter_common_name().map(|value| texts(value.clone()));
        let name = names.next().ok_or("has no common name")??;
        let groups = subject.iter_organization().map(|value| texts(value.clone()));
        let groups = groups.collect::<Result<Vec<_>, _>>()?;
        for name in groups.iter().chain([&name]) {
            check_name(name)
                .map_err(|wrong| format!("has the name {name:?} in it, which {wrong}"))?;
        }
        let validity = parsed.validity();
        Ok(Self {
            name,
            groups,
            serial: hex::encode(parsed.raw_serial()),
            begins: at(validity.not_before.timestamp()),
            ends: at(validity.not_after.timestamp()),
            usage: usage(&parsed),
            hosts: hosts(&parsed),
        })
    }

    /// Reads a file with one certificate in PEM.
    pub fn from_file(path: &Path) -> Result<Self, AccessError> {
        let text = files::read(path)?;
        let wrong = |wrong: String| AccessError::Wrong { path: path.to_owned(), wrong };
        let der = CertificateDer::from_pem_slice(text.as_bytes())
            .map_err(|error| wrong(format!("holds no certificate: {error}")))?;
        Self::from_der(&der).map_err(wrong)
    }
}

/// Says why a name is none that can stand in a record of who did what.
pub(crate) fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("is empty");
    }
    if name.len() > NAME_BYTES_MAX {
        return Err("is too long");
    }
    if name.chars().any(char::is_control) {
        return Err("has a control character in it");
    }
    Ok(())
}

/// Gives a time; one that is beyond what can be told is the last that can, some centuries from now.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let seconds = u64::try_from(seconds).unwrap_or(0);
    Timestamp::from_unix_nanos(seconds.saturating_mul(1_000_000_000))
}

fn usage(certificate: &X509Certificate<'_>) -> Usage {
    if certificate.is_ca() {
        return Usage::Authority;
    }
    match certificate.extended_key_usage() {
        Ok(Some(usage)) => match (usage.value.server_auth, usage.value.client_auth) {
            (true, false) => Usage::Server,
            (false, true) => Usage::Client,
            (true, true) | (false, false) => Usage::Other,
        },
        Ok(None) | Err(_) => Usage::Other,
    }
}

fn hosts(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    names.value.general_names.iter().filter_map(host).collect()
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::DNSName(name) = name {
        return Some((*name).to_owned());
    }
    let GeneralName::IPAddress(bytes) = name else { return None };
    let four = <[u8; 4]>::try_from(*bytes).map(|bytes| Ipv4Addr::from(bytes).to_string());
    let sixteen = <[u8; 16]>::try_from(*bytes).map(|bytes| Ipv6Addr::from(bytes).to_string());
    four.or(sixteen).ok()
}

impl Usage {
    /// Gives the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Server => "server",
            Self::Client => "client",
            Self::Other => "other",
        }
    }
}
