//! Where the server listens, as `--listen` writes it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// An address to listen on: `unix:///path` or `tcp://host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ListenAddress {
    /// A unix socket at an absolute path.
    Unix(PathBuf),
    /// A TCP address; port 0 stands for any free one.
    Tcp(SocketAddr),
}

/// Why a listen address could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseAddressError {
    /// The scheme is neither `unix` nor `tcp`.
    #[error("listen address {0:?} must begin with unix:// or tcp://")]
    Scheme(String),
    /// The socket's path is relative or empty.
    #[error(
        "listen address {0:?} must name an absolute path, for example unix:///run/sockerless.sock"
    )]
    RelativePath(String),
    /// The host is a name other than `localhost`.
    #[error("host of listen address {0:?} must be localhost or a numeric address")]
    Host(String),
    /// The port is missing or not a number up to 65535.
    #[error("listen address {0:?} must end with a port, for example tcp://127.0.0.1:2375")]
    Port(String),
}

impl FromStr for ListenAddress {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        if let Some(path) = text.strip_prefix("unix://") {
            return if path.starts_with('/') && !path.contains('\0') {
                Ok(Self::Unix(PathBuf::from(path)))
            } else {
                Err(ParseAddressError::RelativePath(text.to_owned()))
            };
        }
        let Some(authority) = text.strip_prefix("tcp://") else {
            return Err(ParseAddressError::Scheme(text.to_owned()));
        };
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let Some((host, port)) = authority.rsplit_once(':') else {
            return Err(ParseAddressError::Port(text.to_owned()));
        };
        if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseAddressError::Port(text.to_owned()));
        }
        let port = port.parse().map_err(|_| ParseAddressError::Port(text.to_owned()))?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let ip = match (host, bare) {
            // Not looked up: what the name means on this machine must not decide who can reach the server.
            ("localhost", _) => Some(IpAddr::from(Ipv4Addr::LOCALHOST)),
            (_, Some(ipv6)) => ipv6.parse().ok().map(IpAddr::V6),
            (ipv4, None) => ipv4.parse().ok().map(IpAddr::V4),
        };
        let ip = ip.ok_or_else(|| ParseAddressError::Host(text.to_owned()))?;
        Ok(Self::Tcp(SocketAddr::new(ip, port)))
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}
