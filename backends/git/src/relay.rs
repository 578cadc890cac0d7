//! Git's only way to the network: a proxy on this host's loopback, for as long as one fetch takes.
//!
//! HTTP comes as SOCKS 5 with names left to the proxy, git's own protocol with the host in front of its path (`home` has git
//! write it so). Names are looked up here, and the connection goes to the very address that was looked at. The first
//! connection is to the host that the user named, and may lead anywhere but to a metadata service. All others (redirects,
//! submodules) were chosen by whoever answers there, and may lead no further inside than the first did.

mod socks;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use backends_images::Reach;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, lookup_host},
    sync::Semaphore,
    task::AbortHandle,
    time::timeout,
};

/// How URLs of git's own protocol begin.
pub(crate) const SCHEME: &str = "git://";

/// Port of git's own protocol.
const PORT: u16 = 9418;

/// Connections at once; git has a handful of HTTP requests under way.
const CONNECTIONS_MAX: usize = 16;

/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// Bytes of a packet of git's protocol with its length.
const PACKET_BYTES_MAX: usize = 65_520;

/// Bytes that are passed on at once.
const PIECE_BYTES: usize = 64 * 1024;

/// The relay; it goes with this.
pub(crate) struct Relay {
    address: SocketAddr,
    rules: Arc<Rules>,
    task: AbortHandle,
}

/// What holds for all connections of a fetch.
struct Rules {
    /// How far inside the first connection led.
    inmost: Mutex<Option<Reach>>,
    /// Why the last connection that was refused was.
    refused: Mutex<Option<String>>,
    bytes: AtomicU64,
    bytes_max: u64,
}

impl Relay {
    /// Opens a relay through which `bytes_max` bytes may come.
    pub(crate) async fn open(bytes_max: u64) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let rules = Arc::new(Rules {
            inmost: Mutex::default(),
            refused: Mutex::default(),
            bytes: AtomicU64::new(0),
            bytes_max,
        });
        let task = tokio::spawn(listen(listener, Arc::clone(&rules))).abort_handle();
        Ok(Self { address, rules, task })
    }

    /// Where git finds it.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells why the last connection that was refused was.
    pub(crate) fn refused(&self) -> Option<String> {
        held(&self.rules.refused).clone()
    }

    /// Tells how many bytes may come, where more have.
    pub(crate) fn exceeded(&self) -> Option<u64> {
        let bytes_max = self.rules.bytes_max;
        (self.rules.bytes.load(Ordering::Relaxed) > bytes_max).then_some(bytes_max)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, rules: Arc<Rules>) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = tokio::task::JoinSet::new();
    // Neither the listener nor the slots end before this task does, and with it its connections.
    while let (Ok(slot), Ok((client, _))) =
        (Arc::clone(&slots).acquire_owned().await, listener.accept().await)
    {
        let rules = Arc::clone(&rules);
        connections.spawn(async move {
            let _slot = slot;
            if let Err(error) = serve(client, &rules).await {
                tracing::debug!(%error, "a connection of git ended");
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut client: TcpStream, rules: &Rules) -> io::Result<()> {
    let mut first = [0; 4];
    client.read_exact(&mut first[..1]).await?;
    let server = match first[0] {
        socks::VERSION => {
            let (host, port) = socks::asked(&mut client).await?;
            let server = rules.connect(&host, port).await;
            socks::answer(&mut client, server.is_ok()).await?;
            server?
        }
        _ => {
            client.read_exact(&mut first[1..]).await?;
            match plain(&mut client, first, rules).await {
                Ok(server) => server,
                Err(error) => {
                    let told = format!("ERR {error}\n");
                    client.write_all(packet(told.as_bytes()).as_slice()).await?;
                    return Err(error);
                }
            }
        }
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::try_join!(
        pass(&mut from_client, &mut to_server, |_| true),
        pass(&mut from_server, &mut to_client, |bytes| rules.take(bytes)),
    )?;
    Ok(())
}

/// Reads the first packet of git's protocol, connects to the host before its path, and sends it on as it would have been.
async fn plain(client: &mut TcpStream, length: [u8; 4], rules: &Rules) -> io::Result<TcpStream> {
    let length = std::str::from_utf8(&length).ok();
    let length = length.and_then(|text| usize::from_str_radix(text, 16).ok());
    let length = length.filter(|length| (4..=PACKET_BYTES_MAX).contains(length));
    let mut asked = vec![0; length.ok_or_else(|| invalid("no packet of git"))? - 4];
    client.read_exact(&mut asked).await?;
    let asked = String::from_utf8(asked).map_err(|_| invalid("no request of git"))?;
    let (authority, first) = rewritten(&asked).ok_or_else(|| invalid("no request of git"))?;
    let (host, port) = host_and_port(&authority)?;
    let mut server = rules.connect(&host, port).await?;
    server.write_all(packet(first.as_bytes()).as_slice()).await?;
    Ok(server)
}

/// Takes the host out of `git-upload-pack /host/path\0host=relay\0…`, and gives it with what is asked of it.
fn rewritten(asked: &str) -> Option<(String, String)> {
    let (path, more) = asked.strip_prefix("git-upload-pack /")?.split_once('\0')?;
    let (_, more) = more.strip_prefix("host=")?.split_once('\0')?;
    let (authority, path) = path.split_once('/')?;
    let first = format!("git-upload-pack /{path}\0host={authority}\0{more}");
    Some((authority.to_owned(), first))
}

fn host_and_port(authority: &str) -> io::Result<(String, u16)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
        Some(_) | None => (authority, Some(PORT)),
    };
    let port = port.ok_or_else(|| invalid("no port"))?;
    Ok((host.trim_start_matches('[').trim_end_matches(']').to_owned(), port))
}

fn packet(content: &[u8]) -> Vec<u8> {
    [format!("{:04x}", content.len() + 4).as_bytes(), content].concat()
}

async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    may: impl Fn(usize) -> bool,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        if !may(count) {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        to.write_all(&piece[..count]).await?;
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Rules ===

impl Rules {
    /// Counts what came; false where it is more than may.
    fn take(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.bytes_max
    }

    async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let connected = timeout(CONNECT_LIMIT, self.connect_at_last(host, port)).await;
        let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        connected.map_err(|error| {
            let is_forbidden = error.kind() == io::ErrorKind::PermissionDenied;
            let reason = match is_forbidden {
                true => error.to_string(),
                false => format!("{host} cannot be reached: {error}"),
            };
            *held(&self.refused) = Some(reason.clone());
            io::Error::new(error.kind(), reason)
        })
    }

    async fn connect_at_last(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let inmost = held(&self.inmost).unwrap_or(Reach::Loopback);
        let mut last = io::Error::new(io::ErrorKind::NotFound, "it has no address");
        for address in lookup_host((host, port)).await? {
            let Some(reach) = Reach::of(address.ip()).filter(|reach| *reach <= inmost) else {
                let reason =
                    format!("{host} is at {}, where a git repository must not lead", address.ip());
                last = io::Error::new(io::ErrorKind::PermissionDenied, reason);
                continue;
            };
            match TcpStream::connect(address).await {
                Ok(server) => {
                    held(&self.inmost).get_or_insert(reach);
                    return Ok(server);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

#[cfg(test)]
mod tests;
