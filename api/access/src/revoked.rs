//! Lists of revoked certificates, as RFC 5280 has them.

use std::{collections::BTreeMap, path::Path};

use rustls::pki_types::{CertificateRevocationListDer, pem::PemObject as _};
use x509_parser::parse_x509_crl;

use crate::{AccessError, files};

/// Revoked serial numbers in hexadecimal digits, with the second since 1970 in which each was revoked.
pub(crate) type Revoked = BTreeMap<String, i64>;

/// What a file of such lists holds.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) lists: Vec<CertificateRevocationListDer<'static>>,
    pub(crate) revoked: Revoked,
    /// The highest number of a list.
    pub(crate) number: u64,
}

/// Reads a file with lists in PEM; one that holds none is an error, for it would revoke nothing.
pub(crate) fn read(path: &Path) -> Result<Lists, AccessError> {
    let text = files::read(path)?;
    let wrong = |wrong: String| AccessError::Wrong { path: path.to_owned(), wrong };
    let lists = CertificateRevocationListDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(format!("is not in PEM: {error}")))?;
    if lists.is_empty() {
        return Err(wrong("holds no list of revoked certificates".into()));
    }
    let (mut revoked, mut number) = (Revoked::new(), 0);
    for list in &lists {
        let (_, parsed) = parse_x509_crl(list)
            .map_err(|error| wrong(format!("holds no list of revoked certificates: {error}")))?;
        let entries = parsed.iter_revoked_certificates();
        revoked.extend(
            entries
                .map(|entry| (hex::encode(entry.raw_serial()), entry.revocation_date.timestamp())),
        );
        let own = parsed.crl_number().and_then(|own| u64::try_from(own).ok());
        number = number.max(own.unwrap_or(0));
    }
    Ok(Lists { lists, revoked, number })
}
