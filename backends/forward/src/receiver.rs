//! Connections to those who take messages.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use journal_domain::SyslogAddress;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpStream, UdpSocket, UnixDatagram, UnixStream, lookup_host},
    time::timeout,
};

/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Where the syslog server of a host listens, in the order in which Docker looks for it.
const OF_THIS_HOST: [&str; 3] = ["/dev/log", "/var/run/syslog", "/var/run/log"];

/// Tells whether output may go to an address.
pub type Admits = fn(IpAddr) -> bool;

/// A connection.
#[derive(Debug)]
pub(crate) enum Receiver {
    Udp(UdpSocket),
    Tcp(TcpStream),
    Unix(UnixStream),
    Unixgram(UnixDatagram),
}

// === impl Receiver ===

impl Receiver {
    /// Connects to a server, where `admits` lets output go to its address.
    pub(crate) async fn connect(address: &SyslogAddress, admits: Admits) -> io::Result<Self> {
        match address {
            SyslogAddress::Local => local().await,
            SyslogAddress::Udp(place) => udp(place, admits).await.map(Self::Udp),
            SyslogAddress::Tcp(place) => {
                let connect = async { TcpStream::connect(&*resolve(place, admits).await?).await };
                let connected = timeout(CONNECT_LIMIT, connect).await;
                Ok(Self::Tcp(connected.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??))
            }
            SyslogAddress::Unix(path) => UnixStream::connect(path).await.map(Self::Unix),
            SyslogAddress::Unixgram(path) => unixgram(path).map(Self::Unixgram),
        }
    }

    /// Sends messages, each in a datagram of its own where there are such.
    pub(crate) async fn send(&mut self, messages: &[Vec<u8>]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => {
                refuse_closed(stream.try_read(&mut [0; 512]))?;
                stream.write_all(&messages.concat()).await
            }
            Self::Unix(stream) => {
                refuse_closed(stream.try_read(&mut [0; 512]))?;
                stream.write_all(&messages.concat()).await
            }
            Self::Udp(socket) => {
                for message in messages {
                    socket.send(message).await?;
                }
                Ok(())
            }
            Self::Unixgram(socket) => {
                for message in messages {
                    socket.send(message).await?;
                }
                Ok(())
            }
        }
    }
}

/// Refuses a connection that the other end has closed: what is written to it would be lost.
fn refuse_closed(read: io::Result<usize>) -> io::Result<()> {
    match read {
        Ok(0) => Err(io::ErrorKind::ConnectionReset.into()),
        // Nobody has to say anything, and what is said means nothing.
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
    }
}

async fn local() -> io::Result<Receiver> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for path in OF_THIS_HOST {
        match unixgram(path) {
            Ok(socket) => return Ok(Receiver::Unixgram(socket)),
            Err(error) => last = error,
        }
        if let Ok(stream) = UnixStream::connect(path).await {
            return Ok(Receiver::Unix(stream));
        }
    }
    Err(last)
}

fn unixgram(path: &str) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    Ok(socket)
}

/// Looks a place up, and gives the addresses of it where output may go.
async fn resolve(place: &str, admits: Admits) -> io::Result<Vec<SocketAddr>> {
    let (good, bad): (Vec<_>, Vec<_>) =
        lookup_host(place).await?.partition(|address| admits(address.ip()));
    match bad.first() {
        Some(address) if good.is_empty() => {
            let text = format!("{} is an address where output must not go", address.ip());
            Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
        }
        Some(_) | None => Ok(good),
    }
}

async fn udp(place: &str, admits: Admits) -> io::Result<UdpSocket> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in resolve(place, admits).await? {
        let any = if address.is_ipv4() {
            (Ipv4Addr::UNSPECIFIED.into(), 0)
        } else {
            (Ipv6Addr::UNSPECIFIED.into(), 0)
        };
        let socket = UdpSocket::bind::<(IpAddr, u16)>(any).await?;
        match socket.connect(address).await {
            Ok(()) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests;
