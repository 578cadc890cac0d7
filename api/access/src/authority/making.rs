//! What stands in certificates and lists before they are signed.

use std::net::IpAddr;

use journal_log::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType,
    SerialNumber,
};
use time::{Duration, OffsetDateTime};

use crate::{AccessError, revoked::Revoked};

/// Bytes of a serial number: nobody guesses one, and no two are the same.
const SERIAL_BYTES: usize = 16;

/// How far a client's clock may be behind this one's when a certificate is new.
const CLOCK_SLACK: Duration = Duration::minutes(5);

/// Days after which a list of revoked certificates wants to be renewed. Servers go by an older one too: a list is
/// signed when something is revoked, and nobody is let in again because it was long ago.
const LIST_DAYS: i64 = 3650;

/// Says what an authority is.
pub(super) fn authority(
    name: &str,
    now: Timestamp,
    days: u32,
) -> Result<CertificateParams, AccessError> {
    let mut params = leaf(name, now, days)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// Says who somebody is, and for how long.
pub(super) fn leaf(
    name: &str,
    now: Timestamp,
    days: u32,
) -> Result<CertificateParams, AccessError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = moment(now);
    params.not_before = now - CLOCK_SLACK;
    params.not_after = now + Duration::days(days.into());
    params.serial_number = Some(serial()?);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// Names the hosts of a server.
pub(super) fn hosts(hosts: &[String]) -> Result<Vec<SanType>, AccessError> {
    let san = |host: &String| match host.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => Ok(SanType::DnsName(host.as_str().try_into()?)),
    };
    hosts.iter().map(san).collect()
}

/// Signs a list of everything that is revoked.
pub(super) fn list(
    issuer: &Issuer<'_, KeyPair>,
    revoked: &Revoked,
    number: u64,
    now: Timestamp,
) -> Result<String, AccessError> {
    let entry = |(serial, at): (&String, &i64)| RevokedCertParams {
        serial_number: SerialNumber::from_slice(&hex::decode(serial).unwrap_or_default()),
        revocation_time: OffsetDateTime::from_unix_timestamp(*at).unwrap_or_else(|_| moment(now)),
        reason_code: None,
        invalidity_date: None,
    };
    let now = moment(now);
    let list = CertificateRevocationListParams {
        this_update: now,
        next_update: now + Duration::days(LIST_DAYS),
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs: revoked.iter().map(entry).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(list.signed_by(issuer)?.pem()?)
}

fn serial() -> Result<SerialNumber, AccessError> {
    let mut bytes = [0; SERIAL_BYTES];
    getrandom::fill(&mut bytes)?;
    // A number is positive, and its first byte is not zero: so it is written with as many digits as it is read.
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

fn moment(at: Timestamp) -> OffsetDateTime {
    let seconds = i64::try_from(at.as_unix_nanos() / 1_000_000_000).unwrap_or(i64::MAX);
    // Centuries are told in fewer digits than a year has room for.
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
