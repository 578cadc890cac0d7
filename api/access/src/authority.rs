//! A certificate authority of one's own, in a directory.
//!
//! `ca.pem` and `ca-key.pem` are the authority, `crl.pem` is what it has revoked, `issued/SERIAL.pem` what it has
//! issued. The list of what is revoked is signed by the authority and read by every server as it is; there is no
//! other index. Keys of clients are written where they are asked for and kept nowhere else.

mod making;

use std::path::{Path, PathBuf};

use journal_log::Timestamp;
use rcgen::{ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose};

use crate::{
    AccessError, Certificate, Usage,
    certificate::{at, check_name},
    files::{self, PRIVATE, PUBLIC},
    revoked::{self, Revoked},
};

/// The authority's own certificate.
const CA: &str = "ca.pem";

/// Its key.
const CA_KEY: &str = "ca-key.pem";

/// What it has revoked.
const CRL: &str = "crl.pem";

/// The server's certificate.
const SERVER: &str = "server-cert.pem";

/// Its key.
const SERVER_KEY: &str = "server-key.pem";

/// The directory of what was issued.
const ISSUED: &str = "issued";

/// Days that an authority is good.
const CA_DAYS: u32 = 3650;

/// Certificates that are listed: each server's and client's of many years.
const LISTED_MAX: usize = 100_000;

/// A certificate authority in a directory.
#[derive(Debug, Clone)]
pub struct Authority {
    folder: PathBuf,
}

/// Whom a client's certificate names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientNames {
    /// The client: `alice`, who becomes `cert:alice` on record.
    pub name: String,
    /// The group that it belongs to.
    pub group: Option<String>,
}

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// What it says.
    pub certificate: Certificate,
    /// Where the certificate is.
    pub certificate_file: PathBuf,
    /// Where its key is.
    pub key_file: PathBuf,
}

/// A certificate in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it says.
    pub certificate: Certificate,
    /// When it was revoked, where it was.
    pub revoked: Option<Timestamp>,
}

// === impl Authority ===

impl Authority {
    /// Names the authority in a directory, which need not be there.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Makes the authority; one that is there is never replaced.
    pub fn make(&self, name: &str, now: Timestamp) -> Result<Certificate, AccessError> {
        checked("name of an authority", name)?;
        files::make_folder(&self.folder)?;
        let _lock = files::lock(&self.folder)?;
        if self.path(CA).exists() || self.path(CA_KEY).exists() {
            return Err(AccessError::ThereAlready(self.path(CA)));
        }
        let params = making::authority(name, now, CA_DAYS)?;
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        files::put(&self.path(CA_KEY), &key.serialize_pem(), PRIVATE)?;
        let issuer = Issuer::new(params, key);
        let list = making::list(&issuer, &Revoked::new(), 1, now)?;
        files::put(&self.path(CRL), &list, PUBLIC)?;
        // Last: where it is there, everything is.
        files::put(&self.path(CA), &certificate.pem(), PUBLIC)?;
        read_back(certificate.der(), &self.path(CA))
    }

    /// Issues the server's certificate for `hosts`, which are names or addresses; an older one is replaced.
    pub fn issue_server(
        &self,
        hosts: &[String],
        now: Timestamp,
        days: u32,
    ) -> Result<Issued, AccessError> {
        let name = hosts.first().ok_or(AccessError::Name {
            what: "list of hosts",
            name: String::new(),
            wrong: "a server needs a name or an address",
        })?;
        for host in hosts {
            checked("host", host)?;
        }
        let mut params = making::leaf(name, now, days)?;
        params.subject_alt_names = making::hosts(hosts)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(params, &self.path(SERVER), &self.path(SERVER_KEY))
    }

    /// Issues a client's certificate into `folder`, as `cert.pem`, `key.pem` and the authority's `ca.pem`: the names
    /// that docker looks for.
    pub fn issue_client(
        &self,
        names: &ClientNames,
        folder: &Path,
        now: Timestamp,
        days: u32,
    ) -> Result<Issued, AccessError> {
        checked("name of a client", &names.name)?;
        if let Some(group) = &names.group {
            checked("name of a group", group)?;
        }
        let ca = self.authority_text()?;
        let mut params = making::leaf(&names.name, now, days)?;
        if let Some(group) = &names.group {
            params.distinguished_name.push(rcgen::DnType::OrganizationName, group.as_str());
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        files::make_folder(folder)?;
        let key = folder.join("key.pem");
        if key.exists() {
            return Err(AccessError::ThereAlready(key));
        }
        files::put(&folder.join(CA), &ca, PUBLIC)?;
        self.issue(params, &folder.join("cert.pem"), &key)
    }

    /// Gives the directory where a client's files are put when nobody says where.
    pub fn client_folder(&self, name: &str) -> PathBuf {
        // A name may hold anything, a file's name must not.
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_@".contains(letter);
        let file: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
        self.folder.join("clients").join(file)
    }

    /// Revokes certificates by a serial number, or all of a client's by its name; gives those that were revoked.
    pub fn revoke(&self, which: &str, now: Timestamp) -> Result<Vec<Certificate>, AccessError> {
        let _lock = self.lock()?;
        let lists = revoked::read(&self.path(CRL))?;
        let mut revoked = lists.revoked;
        let meant = |listed: &Certificate| {
            listed.serial.eq_ignore_ascii_case(which)
                || (listed.name == which && listed.usage == Usage::Client)
        };
        let mut chosen: Vec<Certificate> = self.issued()?.into_iter().filter(meant).collect();
        chosen.retain(|certificate| !revoked.contains_key(&certificate.serial));
        if chosen.is_empty() {
            return Err(AccessError::NoSuch(which.to_owned()));
        }
        let seconds = now.as_unix_nanos() / 1_000_000_000;
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        revoked.extend(chosen.iter().map(|certificate| (certificate.serial.clone(), seconds)));
        let list = making::list(&self.issuer()?, &revoked, lists.number + 1, now)?;
        files::put(&self.path(CRL), &list, PUBLIC)?;
        Ok(chosen)
    }

    /// Lists everything that was issued, the oldest first.
    pub fn list(&self) -> Result<Vec<Listed>, AccessError> {
        self.authority_text()?;
        let revoked = revoked::read(&self.path(CRL))?.revoked;
        let listed = |certificate: Certificate| Listed {
            revoked: revoked.get(&certificate.serial).copied().map(at),
            certificate,
        };
        let mut list: Vec<Listed> = self.issued()?.into_iter().map(listed).collect();
        list.sort_by(|a, b| {
            let key =
                |listed: &Listed| (listed.certificate.begins, listed.certificate.serial.clone());
            key(a).cmp(&key(b))
        });
        Ok(list)
    }

    /// Gives the files that a server goes by.
    pub fn server_files(&self) -> crate::TlsFiles {
        crate::TlsFiles {
            certificate: self.path(SERVER),
            key: self.path(SERVER_KEY),
            client_ca: Some(self.path(CA)),
            revoked: Some(self.path(CRL)),
        }
    }

    fn issue(
        &self,
        mut params: rcgen::CertificateParams,
        certificate_file: &Path,
        key_file: &Path,
    ) -> Result<Issued, AccessError> {
        let _lock = self.lock()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer()?)?;
        let read = read_back(certificate.der(), certificate_file)?;
        // Listed before it is handed out: what nobody can find nobody can revoke.
        files::make_folder(&self.path(ISSUED))?;
        let listed = self.path(ISSUED).join(format!("{}.pem", read.serial));
        files::put(&listed, &certificate.pem(), PUBLIC)?;
        files::put(key_file, &key.serialize_pem(), PRIVATE)?;
        files::put(certificate_file, &certificate.pem(), PUBLIC)?;
        Ok(Issued {
            certificate: read,
            certificate_file: certificate_file.to_owned(),
            key_file: key_file.to_owned(),
        })
    }

    fn issued(&self) -> Result<Vec<Certificate>, AccessError> {
        let folder = self.path(ISSUED);
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let entries = std::fs::read_dir(&folder).map_err(files::failed("reading", &folder))?;
        let mut list = Vec::new();
        for entry in entries.take(LISTED_MAX) {
            let path = entry.map_err(files::failed("reading", &folder))?.path();
            if path.extension().is_some_and(|ending| ending == "pem") {
                list.push(Certificate::from_file(&path)?);
            }
        }
        Ok(list)
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>, AccessError> {
        let path = self.path(CA_KEY);
        files::check_private(&path)?;
        // The reason is left out: it could quote the key.
        let wrong =
            |_| AccessError::Wrong { path: path.clone(), wrong: "holds no private key".into() };
        let key = KeyPair::from_pem(&files::read(&path)?).map_err(wrong)?;
        Ok(Issuer::from_ca_cert_pem(&self.authority_text()?, key)?)
    }

    fn authority_text(&self) -> Result<String, AccessError> {
        let path = self.path(CA);
        if !path.exists() {
            return Err(AccessError::NoAuthority(self.folder.clone()));
        }
        files::read(&path)
    }

    fn lock(&self) -> Result<std::fs::File, AccessError> {
        self.authority_text()?;
        files::lock(&self.folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn checked(what: &'static str, name: &str) -> Result<(), AccessError> {
    check_name(name).map_err(|wrong| AccessError::Name { what, name: name.to_owned(), wrong })
}

/// Reads a certificate as everybody will who is shown it.
fn read_back(der: &[u8], path: &Path) -> Result<Certificate, AccessError> {
    Certificate::from_der(der).map_err(|wrong| AccessError::Wrong { path: path.to_owned(), wrong })
}
