//! `sockerless cert list`.

use std::io::{self, Write};

use api_access::{Authority, Listed};
use journal_log::Timestamp;
use serde_json::json;

/// Lists what was issued, the oldest first.
pub(super) fn list(authority: &Authority, as_json: bool) -> anyhow::Result<()> {
    let now = super::now();
    let mut out = io::stdout().lock();
    for listed in authority.list()? {
        if as_json {
            writeln!(out, "{}", in_json(&listed, now))?;
        } else {
            let certificate = &listed.certificate;
            writeln!(
                out,
                "{}  {:<9}  {:<7}  {}  {}",
                certificate.serial,
                certificate.usage.as_str(),
                standing(&listed, now),
                certificate.ends,
                certificate.name,
            )?;
        }
    }
    Ok(())
}

fn in_json(listed: &Listed, now: Timestamp) -> serde_json::Value {
    let certificate = &listed.certificate;
    json!({
        "serial": certificate.serial,
        "usage": certificate.usage.as_str(),
        "standing": standing(listed, now),
        "name": certificate.name,
        "groups": certificate.groups,
        "hosts": certificate.hosts,
        "begins": certificate.begins.to_string(),
        "ends": certificate.ends.to_string(),
        "revoked": listed.revoked.map(|at| at.to_string()),
    })
}

fn standing(listed: &Listed, now: Timestamp) -> &'static str {
    match listed.revoked {
        Some(_) => "revoked",
        None if listed.certificate.ends < now => "expired",
        None => "good",
    }
}
