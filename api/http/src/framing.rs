//! Requests that are refused whatever their route, because two readers of them could disagree.
//!
//! The HTTP library refuses most of the known forms itself (unequal lengths, folded lines, a NUL, `Transfer-Encoding`
//! in HTTP/1.0) and closes the connection after a request with both a length and chunks. What it lets through is
//! refused here, and the connection ends with the answer.

use std::net::{IpAddr, SocketAddr};

use http::header::{EXPECT, HOST, ORIGIN, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, Method, Request, StatusCode, Uri, Version};

use crate::peer::PeerKind;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) status: StatusCode,
    pub(crate) message: &'static str,
}

/// What podman's client writes for every server (`http://d/…` in its bindings, up to version 5).
///
/// A page can only send it with a port behind it, unless it comes from port 80 of a machine of that name.
const PODMAN_HOST: &str = "d";

/// Checks the head of a request from `peer`.
pub(crate) fn check<B>(request: &Request<B>, peer: PeerKind) -> Result<(), Violation> {
    let headers = request.headers();
    check_target(request.method(), request.uri())?;
    check_host(headers, request.version())?;
    check_encoding(headers)?;
    if headers.get_all(UPGRADE).iter().nth(1).is_some() {
        return Err(bad("more than one Upgrade header"));
    }
    if let Some(expect) = headers.get(EXPECT)
        && !expect.as_bytes().eq_ignore_ascii_case(b"100-continue")
    {
        return Err(Violation {
            status: StatusCode::EXPECTATION_FAILED,
            message: "unknown expectation: only 100-continue is understood",
        });
    }
    match peer {
        PeerKind::Unix { .. } => Ok(()),
        PeerKind::Tcp { .. } => {
            check_loopback(headers)?;
            check_origin(headers, "http://")
        }
        // Whoever may reach it by name has a certificate, but so has their browser.
        PeerKind::Tls { .. } => check_origin(headers, "https://"),
    }
}

fn check_target(method: &Method, uri: &Uri) -> Result<(), Violation> {
    if method == Method::CONNECT {
        return Err(Violation {
            status: StatusCode::METHOD_NOT_ALLOWED,
            message: "this server is no proxy: CONNECT is not allowed",
        });
    }
    if uri.path().starts_with('/') || (method == Method::OPTIONS && uri.path() == "*") {
        return Ok(());
    }
    Err(bad("the request's target must be a path"))
}

fn check_host(headers: &HeaderMap, version: Version) -> Result<(), Violation> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => Err(bad("more than one Host header")),
        // Its value is not looked at here: old clients send the socket's path.
        (Some(_), None) => Ok(()),
        (None, None) if version < Version::HTTP_11 => Ok(()),
        (None, None) => Err(bad("missing required Host header")),
    }
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Violation> {
    let mut encodings = headers.get_all(TRANSFER_ENCODING).iter();
    match (encodings.next(), encodings.next()) {
        (None, _) => Ok(()),
        (Some(only), None) if only.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        (Some(_), _) => Err(Violation {
            status: StatusCode::NOT_IMPLEMENTED,
            message: "unsupported transfer encoding: only a single chunked is understood",
        }),
    }
}

/// Keeps web pages away from a TCP listener, which any page that a user of this machine opens could reach.
///
/// A page of another site is known by its `Origin`; one that made its own name point here, by its `Host`.
fn check_loopback(headers: &HeaderMap) -> Result<(), Violation> {
    let host = host(headers);
    if host.is_empty() || host == PODMAN_HOST || names_loopback(host) {
        return Ok(());
    }
    Err(Violation {
        status: StatusCode::FORBIDDEN,
        message: "the Host header must name this machine: localhost, 127.0.0.1 or [::1]",
    })
}

fn check_origin(headers: &HeaderMap, scheme: &str) -> Result<(), Violation> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let host = host(headers);
    let same = origin.to_str().ok().and_then(|origin| origin.strip_prefix(scheme));
    if same.is_some_and(|authority| !host.is_empty() && authority.eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    Err(Violation {
        status: StatusCode::FORBIDDEN,
        message: "requests from web pages of another origin are not allowed",
    })
}

fn host(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("")
}

fn names_loopback(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().to_canonical().is_loopback();
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn bad(message: &'static str) -> Violation {
    Violation { status: StatusCode::BAD_REQUEST, message }
}
