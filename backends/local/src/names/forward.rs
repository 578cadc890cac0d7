//! Questions that a container's networks do not know: asked of the servers that a client chose for it, or of the host's.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use backends_core::Names;
use journal_domain::ContainerId;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    task::spawn_blocking,
    time::timeout,
};

use super::answer::Way;
use crate::config::HostFiles;

/// The port of servers of names.
const PORT: u16 = 53;

/// How long a server may take; a resolver's own patience is five seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// Servers that are asked one after another, as a resolver does.
const SERVERS_MAX: usize = 3;

/// The largest datagram that is taken for an answer.
const ANSWER_BYTES_MAX: usize = 4096;

/// Servers that everybody may ask, where a host names none: Docker's choice.
const PUBLIC: [Ipv4Addr; 2] = [Ipv4Addr::new(8, 8, 8, 8), Ipv4Addr::new(8, 8, 4, 4)];

/// Asks others; gives the answer as it came. `None` where nobody answers, or nobody may be asked: nothing leaves a network that
/// leads nowhere, not even a question.
pub(super) async fn forward(
    question: &[u8],
    way: Way,
    asker: ContainerId,
    names: &dyn Names,
) -> Option<Vec<u8>> {
    if !names.has_way_out(&asker) {
        return None;
    }
    for server in servers(names.servers(&asker)).await.into_iter().take(SERVERS_MAX) {
        let server = SocketAddr::new(server, PORT);
        let asked = async {
            match way {
                Way::Datagram => by_datagram(server, question).await,
                Way::Connection => by_connection(server, question).await,
            }
        };
        match timeout(PATIENCE, asked).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => tracing::debug!(%server, %error, "a server of names fails"),
            Err(_) => tracing::debug!(%server, "a server of names is silent"),
        }
    }
    None
}

/// Gives the servers. Those that a client chose on the container's loopback are no address of this host's.
async fn servers(chosen: Vec<IpAddr>) -> Vec<IpAddr> {
    if !chosen.is_empty() {
        return chosen.into_iter().filter(|server| !server.is_loopback()).collect();
    }
    let named = spawn_blocking(|| HostFiles::read().name_servers()).await.unwrap_or_default();
    let mut servers: Vec<IpAddr> =
        named.iter().filter_map(|server| server.split('%').next()?.parse().ok()).collect();
    if servers.is_empty() {
        servers = PUBLIC.map(IpAddr::V4).to_vec();
    }
    servers
}

async fn by_datagram(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    // A port of its own, and answers of that server alone: whoever guesses needs both.
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut answer = vec![0; ANSWER_BYTES_MAX];
    loop {
        let size = socket.recv(&mut answer).await?;
        if is_answer(question, &answer[..size]) {
            answer.truncate(size);
            return Ok(answer);
        }
    }
}

async fn by_connection(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let size = u16::try_from(question.len()).map_err(io::Error::other)?;
    stream.write_all(&[&size.to_be_bytes()[..], question].concat()).await?;
    let mut answer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut answer).await?;
    if is_answer(question, &answer) {
        Ok(answer)
    } else {
        Err(io::Error::other("the answer is to another question"))
    }
}

/// Compares the numbers of question and answer, and looks for the bit that tells one from the other.
fn is_answer(question: &[u8], answer: &[u8]) -> bool {
    answer.len() >= 12 && answer.get(..2) == question.get(..2) && answer[2] & 0x80 != 0
}

#[cfg(test)]
mod tests;
