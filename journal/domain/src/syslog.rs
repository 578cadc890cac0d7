//! The options of the log driver `syslog`: where output is sent, and in which form. Words and texts are those of dockerd.

use std::collections::BTreeMap;

/// The port of syslog where an address names none.
const PORT: u16 = 514;

/// The facilities by their names, in the order of their numbers; RFC 3164 leaves out those between `ftp` and `local0`.
const FACILITIES: [(&str, u8); 20] = [
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("syslog", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("authpriv", 10),
    ("ftp", 11),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

/// The facility of output where its client names none.
const DAEMON: u8 = 3;

/// The largest number of a facility.
const FACILITY_MAX: u8 = 23;

/// Where output is sent, and in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syslog {
    /// Where.
    pub address: SyslogAddress,
    /// As whose output.
    pub facility: u8,
    /// In which form.
    pub format: SyslogFormat,
}

/// The address of a syslog server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyslogAddress {
    /// The one of this host.
    Local,
    /// Datagrams to a host and port.
    Udp(String),
    /// A connection to a host and port.
    Tcp(String),
    /// A connection to a socket of this host.
    Unix(String),
    /// Datagrams to a socket of this host.
    Unixgram(String),
}

/// The form of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyslogFormat {
    /// That of RFC 3164 without the host's name, as it is used on one host.
    Unix,
    /// RFC 3164.
    Rfc3164,
    /// RFC 5424, with times in seconds.
    Rfc5424,
    /// RFC 5424, with times in microseconds.
    Rfc5424Micro,
}

/// Why options cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyslogError {
    /// They make no sense.
    #[error("{0}")]
    Invalid(String),
    /// They are not built yet.
    #[error("{0}")]
    Unbuilt(&'static str),
}

// === impl Syslog ===

impl Syslog {
    /// The option that names the server.
    pub const ADDRESS: &'static str = "syslog-address";

    /// The names of all options; those of TLS count with its scheme alone, as in dockerd.
    pub const OPTIONS: &'static [&'static str] = &[
        Self::ADDRESS,
        "syslog-facility",
        "syslog-format",
        "syslog-tls-ca-cert",
        "syslog-tls-cert",
        "syslog-tls-key",
        "syslog-tls-skip-verify",
    ];

    /// Reads the options of a container's output.
    pub fn read(options: &BTreeMap<String, String>) -> Result<Self, SyslogError> {
        let option = |name: &str| options.get(name).map_or("", String::as_str);
        Ok(Self {
            address: address(option(Self::ADDRESS))?,
            facility: facility(option("syslog-facility"))?,
            format: format(option("syslog-format"))?,
        })
    }
}

fn invalid(text: impl Into<String>) -> SyslogError {
    SyslogError::Invalid(text.into())
}

fn address(text: &str) -> Result<SyslogAddress, SyslogError> {
    if text.is_empty() {
        return Ok(SyslogAddress::Local);
    }
    let bad = || invalid(format!("syslog-address should be in form proto://address, got {text}"));
    let (scheme, rest) = text.split_once("://").ok_or_else(bad)?;
    match scheme {
        "udp" => Ok(SyslogAddress::Udp(host_port(rest).ok_or_else(bad)?)),
        "tcp" => Ok(SyslogAddress::Tcp(host_port(rest).ok_or_else(bad)?)),
        "unix" | "unixgram" if !rest.starts_with('/') => Err(bad()),
        "unix" => Ok(SyslogAddress::Unix(rest.to_owned())),
        "unixgram" => Ok(SyslogAddress::Unixgram(rest.to_owned())),
        "tcp+tls" => Err(SyslogError::Unbuilt(
            "not built yet: syslog-address with tcp+tls; there are udp, tcp, unix and unixgram",
        )),
        _ => Err(bad()),
    }
}

/// Adds the port where there is none.
fn host_port(text: &str) -> Option<String> {
    let text = text.split(['/', '?', '#']).next().unwrap_or_default();
    let port = match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && !host.ends_with(':') && !port.ends_with(']') => {
            port.parse::<u16>().ok()?;
            return Some(text.to_owned());
        }
        Some(("", _)) => return None,
        Some(_) | None => PORT,
    };
    (!text.is_empty()).then(|| format!("{text}:{port}"))
}

fn facility(text: &str) -> Result<u8, SyslogError> {
    if text.is_empty() {
        return Ok(DAEMON);
    }
    let named = FACILITIES.iter().find(|(name, _)| *name == text).map(|(_, number)| *number);
    let number = named.or_else(|| text.parse().ok().filter(|number| *number <= FACILITY_MAX));
    number.ok_or_else(|| invalid("invalid syslog facility"))
}

fn format(text: &str) -> Result<SyslogFormat, SyslogError> {
    match text {
        "" => Ok(SyslogFormat::Unix),
        "rfc3164" => Ok(SyslogFormat::Rfc3164),
        "rfc5424" => Ok(SyslogFormat::Rfc5424),
        "rfc5424micro" => Ok(SyslogFormat::Rfc5424Micro),
        _ => Err(invalid("Invalid syslog format")),
    }
}

#[cfg(test)]
mod tests;
