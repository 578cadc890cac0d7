//! Listening sockets: bound under the rules of who may connect, reported by the address they really have.

mod unix;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, sleep};

use crate::address::ListenAddress;
use crate::identity::CertificateKeeper;
use crate::peer::{Peer, PeerKind};
use crate::socket::Socket;
use unix::UnixEntry;

/// Connections the kernel keeps for the server to accept.
///
/// The kernel cuts it to `net.core.somaxconn`, which is 4096 on current systems; a burst of short connections is
/// accepted within milliseconds.
const BACKLOG: u32 = 4096;

/// How long an address that is in use is tried.
///
/// A server that was killed while it started a program has left its listeners to that program, until it is executed.
const HANDOVER: Duration = Duration::from_secs(2);

/// Time between two tries.
const HANDOVER_INTERVAL: Duration = Duration::from_millis(20);

/// What a listener may do beyond the safe default.
#[derive(Debug, Clone, Default)]
pub struct BindOptions {
    /// Permits TCP to whoever reaches it, on loopback addresses only.
    pub insecure_tcp: bool,
    /// Speaks TLS on TCP, with these certificates.
    pub tls: Option<Arc<dyn CertificateKeeper>>,
}

/// A bound listening socket.
#[derive(Debug)]
pub struct Listener {
    kind: ListenerKind,
    address: ListenAddress,
    label: Arc<str>,
}

#[derive(Debug)]
enum ListenerKind {
    Unix(UnixEntry),
    Tcp(TcpListener),
    Tls(TcpListener, TlsEntry),
}

/// What is asked of who comes in by TLS.
#[derive(Debug, Clone)]
pub(crate) struct TlsEntry {
    pub(crate) keeper: Arc<dyn CertificateKeeper>,
    /// Whether somebody without a certificate may do without a token too.
    pub(crate) anybody: bool,
}

/// An accepted connection.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// It is ready for requests.
    Ready(Socket),
    /// The client is yet to shake hands.
    Tls(TcpStream, TlsEntry),
}

/// Why a listener could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// TCP without TLS was not permitted.
    #[error(
        "refusing to listen on tcp://{0}: without TLS every user of this machine could control the server; \
         use unix:///path, TLS (--tlsverify), or --insecure-tcp to permit it on a loopback address"
    )]
    InsecureTcp(SocketAddr),
    /// TCP for everybody was permitted, but the address is not a loopback one.
    #[error(
        "refusing to listen on tcp://{0}: for everybody only loopback addresses (127.0.0.1, [::1]) are allowed; use \
         --tlsverify, or TLS without --insecure-tcp, where everybody has to show a token"
    )]
    NotLoopback(SocketAddr),
    /// A running server answers on the socket.
    #[error("unix socket {0} is in use by a running server; stop it or choose another path")]
    Live(PathBuf),
    /// Something that is not a socket is at the path.
    #[error("{0} exists and is not a socket; remove it or choose another path")]
    NotASocket(PathBuf),
    /// The directory of the socket is missing.
    #[error("directory {0} of the unix socket does not exist; create it first")]
    NoDirectory(PathBuf),
    /// The path does not fit into a socket address.
    #[error(
        "unix socket path {path} is {length} bytes long, the system allows {}",
        unix::PATH_MAX_BYTES
    )]
    PathTooLong {
        /// The path.
        path: PathBuf,
        /// Its length in bytes.
        length: usize,
    },
    /// Another server is binding in the same directory and does not finish.
    #[error("directory {0} stayed locked by another server that is starting")]
    DirectoryLocked(PathBuf),
    /// The system refused.
    #[error("listening on {address} failed while {doing}")]
    Io {
        /// The address.
        address: ListenAddress,
        /// The step that failed.
        doing: &'static str,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
}

impl BindError {
    /// Tells whether somebody else has the address.
    fn is_in_use(&self) -> bool {
        match self {
            Self::Live(_) => true,
            Self::Io { source, .. } => source.kind() == io::ErrorKind::AddrInUse,
            Self::InsecureTcp(_)
            | Self::NotLoopback(_)
            | Self::NotASocket(_)
            | Self::NoDirectory(_)
            | Self::PathTooLong { .. }
            | Self::DirectoryLocked(_) => false,
        }
    }
}

impl Listener {
    /// Binds `address`; must be called in a tokio runtime.
    ///
    /// A unix socket gets mode 0660; a stale one is replaced and a live one left alone. TCP needs TLS, where requests
    /// need a certificate or a token, or [`BindOptions::insecure_tcp`] and a loopback address.
    /// An address that is in use is tried for two seconds.
    pub async fn bind(address: &ListenAddress, options: BindOptions) -> Result<Self, BindError> {
        let until = Instant::now() + HANDOVER;
        loop {
            match Self::bind_once(address, options.clone()).await {
                Err(error) if error.is_in_use() && Instant::now() < until => {
                    sleep(HANDOVER_INTERVAL).await;
                }
                result => return result,
            }
        }
    }

    async fn bind_once(address: &ListenAddress, options: BindOptions) -> Result<Self, BindError> {
        let (kind, address, label) = match address {
            ListenAddress::Unix(path) => {
                let entry = UnixEntry::bind(path).await?;
                let label = format!("unix:{}", path.display());
                (ListenerKind::Unix(entry), address.clone(), label)
            }
            ListenAddress::Tcp(wanted) => {
                check_tcp(*wanted, &options)?;
                let listener = bind_tcp(*wanted)?;
                let bound = listener.local_addr().map_err(|source| BindError::Io {
                    address: address.clone(),
                    doing: "asking for the bound port",
                    source,
                })?;
                let (kind, scheme) = match options.tls {
                    Some(keeper) => {
                        let entry = TlsEntry { keeper, anybody: options.insecure_tcp };
                        (ListenerKind::Tls(listener, entry), "tls")
                    }
                    None => (ListenerKind::Tcp(listener), "tcp"),
                };
                (kind, ListenAddress::Tcp(bound), format!("{scheme}:{bound}"))
            }
        };
        Ok(Self { kind, address, label: label.into() })
    }

    /// Gives the address that is really bound: a wanted port 0 has become a port.
    pub fn address(&self) -> &ListenAddress {
        &self.address
    }

    /// Waits for the next connection.
    pub(crate) async fn accept(&self) -> io::Result<(Incoming, Peer)> {
        let (incoming, kind) = match &self.kind {
            ListenerKind::Unix(entry) => {
                let (stream, _) = entry.listener().accept().await?;
                let cred = stream.peer_cred().map_err(of_one_connection)?;
                let kind = PeerKind::Unix { uid: cred.uid(), gid: cred.gid(), pid: cred.pid() };
                (Incoming::Ready(Socket::Unix(stream)), kind)
            }
            ListenerKind::Tcp(listener) => {
                let (stream, address) = accept_tcp(listener).await?;
                (Incoming::Ready(Socket::Tcp(stream)), PeerKind::Tcp { address })
            }
            ListenerKind::Tls(listener, entry) => {
                let (stream, address) = accept_tcp(listener).await?;
                (Incoming::Tls(stream, entry.clone()), PeerKind::Tls { address })
            }
        };
        Ok((incoming, Peer { kind, listener: Arc::clone(&self.label), identity: None }))
    }

    /// Closes the listener and removes its socket file.
    pub(crate) fn close(self) {
        match self.kind {
            ListenerKind::Unix(entry) => entry.remove(),
            ListenerKind::Tcp(_) | ListenerKind::Tls(..) => {}
        }
    }
}

/// Marks an error that came after a connection was accepted: the listener itself is well.
fn of_one_connection(error: io::Error) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, error)
}

async fn accept_tcp(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, address) = listener.accept().await?;
    // Frames of a terminal are small, and each must leave at once.
    stream.set_nodelay(true).map_err(of_one_connection)?;
    Ok((stream, address))
}

/// Checks that not everybody who reaches `wanted` gets in, or that only this machine does.
fn check_tcp(wanted: SocketAddr, options: &BindOptions) -> Result<(), BindError> {
    let asks_clients = options.tls.as_ref().is_some_and(|keeper| keeper.asks_clients());
    match (&options.tls, options.insecure_tcp) {
        (None, false) => Err(BindError::InsecureTcp(wanted)),
        (Some(_), false) => Ok(()),
        (_, true) if asks_clients || wanted.ip().to_canonical().is_loopback() => Ok(()),
        (_, true) => Err(BindError::NotLoopback(wanted)),
    }
}

fn bind_tcp(wanted: SocketAddr) -> Result<TcpListener, BindError> {
    let failed =
        |doing| move |source| BindError::Io { address: ListenAddress::Tcp(wanted), doing, source };
    let socket = if wanted.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(failed("making the socket"))?;
    // A restarted server must get its port back while old connections wait out their time.
    socket.set_reuseaddr(true).map_err(failed("setting options"))?;
    socket.set_keepalive(true).map_err(failed("setting options"))?;
    socket.bind(wanted).map_err(failed("binding"))?;
    socket.listen(BACKLOG).map_err(failed("listening"))
}
