//! The loop of one server of names: questions in, answers out, a bounded number of them at a time.

use std::{
    io,
    net::{SocketAddr, TcpListener as StdListener, UdpSocket as StdSocket},
    os::fd::OwnedFd,
    sync::Arc,
    time::Duration,
};

use backends_core::Names;
use journal_domain::ContainerId;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

use super::answer::{Way, answer};

/// Questions of one container that are answered at a time, by either way. Those that are forwarded wait for others; a container
/// that asks more waits itself.
const AT_ONCE: usize = 256;

/// The largest datagram that is a question: what a server of names has to take, and some more.
const QUESTION_BYTES_MAX: usize = 4096;

/// How long a connection may say nothing.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// The pause after a socket could not be read: it costs a moment, and no loop turns round and round.
const PAUSE: Duration = Duration::from_millis(100);

/// A container's sockets.
#[derive(Debug)]
pub(super) struct Sockets {
    datagrams: UdpSocket,
    connections: TcpListener,
}

impl Sockets {
    /// Takes what a shim has given.
    pub(super) fn of(given: Vec<OwnedFd>) -> io::Result<Self> {
        let few = |given: Vec<OwnedFd>| {
            io::Error::other(format!("{} sockets were given instead of two", given.len()))
        };
        let [datagrams, connections] = given.try_into().map_err(few)?;
        let datagrams = UdpSocket::from_std(StdSocket::from(datagrams))?;
        let connections = TcpListener::from_std(StdListener::from(connections))?;
        Ok(Self { datagrams, connections })
    }
}

/// Serves until it is dropped.
pub(super) async fn serve(sockets: Sockets, asker: ContainerId, names: Arc<dyn Names>) {
    let Sockets { datagrams, connections } = sockets;
    let (datagrams, room) = (Arc::new(datagrams), Arc::new(Semaphore::new(AT_ONCE)));
    tokio::join!(
        serve_datagrams(&datagrams, asker, &names, &room),
        serve_connections(&connections, asker, &names, &room),
    );
}

async fn serve_datagrams(
    socket: &Arc<UdpSocket>,
    asker: ContainerId,
    names: &Arc<dyn Names>,
    room: &Arc<Semaphore>,
) {
    let mut question = vec![0; QUESTION_BYTES_MAX];
    loop {
        let Ok(permit) = Arc::clone(room).acquire_owned().await else { return };
        let (size, from) = match socket.recv_from(&mut question).await {
            Ok(received) => received,
            Err(_) => {
                sleep(PAUSE).await;
                continue;
            }
        };
        let (socket, names) = (Arc::clone(socket), Arc::clone(names));
        let question = question[..size].to_vec();
        tokio::spawn(async move {
            reply(&socket, from, &question, asker, &*names).await;
            drop(permit);
        });
    }
}

async fn reply(
    socket: &UdpSocket,
    from: SocketAddr,
    question: &[u8],
    asker: ContainerId,
    names: &dyn Names,
) {
    if let Some(answer) = answer(question, Way::Datagram, asker, names).await {
        // Whoever asked may be gone.
        let _ = socket.send_to(&answer, from).await;
    }
}

async fn serve_connections(
    listener: &TcpListener,
    asker: ContainerId,
    names: &Arc<dyn Names>,
    room: &Arc<Semaphore>,
) {
    loop {
        let Ok(permit) = Arc::clone(room).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(converse(stream, asker, Arc::clone(names), permit));
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Answers what comes over a connection, each question behind its length (RFC 1035, 4.2.2).
async fn converse(
    mut stream: TcpStream,
    asker: ContainerId,
    names: Arc<dyn Names>,
    _permit: OwnedSemaphorePermit,
) {
    while let Ok(Ok(size)) = timeout(IDLE_MAX, stream.read_u16()).await {
        let mut question = vec![0; size.into()];
        let read = timeout(IDLE_MAX, stream.read_exact(&mut question)).await;
        if !matches!(read, Ok(Ok(_))) {
            return;
        }
        let Some(answer) = answer(&question, Way::Connection, asker, &*names).await else { return };
        let Ok(size) = u16::try_from(answer.len()) else { return };
        let whole = [&size.to_be_bytes()[..], &answer].concat();
        if !matches!(timeout(IDLE_MAX, stream.write_all(&whole)).await, Ok(Ok(()))) {
            return;
        }
    }
}
