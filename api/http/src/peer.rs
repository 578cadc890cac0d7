//! Who is at the other end of a connection.

use std::fmt;
use std::iter;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::identity::Identity;

/// The client of a request; an extension of every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// What the kernel says of the client.
    pub kind: PeerKind,
    /// The listener it came by, for example `unix:/run/sockerless.sock` or `tcp:127.0.0.1:2375`.
    pub listener: Arc<str>,
    /// Who it has proven to be, where it has proven anything.
    pub identity: Option<Arc<Identity>>,
}

/// What the kernel says of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerKind {
    /// A process on this machine, as it was when it connected.
    Unix {
        /// Its user.
        uid: u32,
        /// Its group.
        gid: u32,
        /// Its process id, when it is in a pid namespace that this server sees.
        pid: Option<i32>,
    },
    /// Somebody who can reach the port.
    Tcp {
        /// Its address.
        address: SocketAddr,
    },
    /// Somebody who can reach a port with TLS.
    Tls {
        /// Its address.
        address: SocketAddr,
    },
}

impl Peer {
    /// Names the client for a record of who did what: `cert:alice`, or else `uid:0` or `tcp:127.0.0.1`.
    pub fn principal(&self) -> String {
        if let Some(identity) = &self.identity {
            return identity.principal.clone();
        }
        match self.kind {
            PeerKind::Unix { uid, .. } => format!("uid:{uid}"),
            PeerKind::Tcp { address } => format!("tcp:{}", address.ip()),
            PeerKind::Tls { address } => format!("tls:{}", address.ip()),
        }
    }

    /// Names the client as lists of callers do: `cert:alice`, then `group:ci` for each group that it has shown to belong to.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let groups = self.identity.iter().flat_map(|identity| &identity.groups);
        iter::once(self.principal()).chain(groups.map(|group| format!("group:{group}")))
    }

    /// Names where its requests come in: `unix:/run/sockerless.sock`, `tcp:127.0.0.1:5000`, `tls:192.0.2.1:5000`.
    pub fn source(&self) -> String {
        match self.kind {
            PeerKind::Unix { .. } => self.listener.to_string(),
            PeerKind::Tcp { address } => format!("tcp:{address}"),
            PeerKind::Tls { address } => format!("tls:{address}"),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(identity) = &self.identity {
            write!(f, "{} ", identity.principal)?;
        }
        match self.kind {
            PeerKind::Unix { uid, pid: Some(pid), .. } => write!(f, "uid:{uid} pid:{pid}"),
            PeerKind::Unix { uid, pid: None, .. } => write!(f, "uid:{uid}"),
            PeerKind::Tcp { address } => write!(f, "tcp:{address}"),
            PeerKind::Tls { address } => write!(f, "tls:{address}"),
        }
    }
}
