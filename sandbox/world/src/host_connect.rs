//! TCP connections that a signal or a time ends while they are made.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::os::fd::OwnedFd;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use bstr::{BStr, ByteSlice};
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with, sockopt};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::host_stream::{HostStream, until_ready};
use crate::interrupt::Interrupt;

/// Connects to the first of a host's addresses that answers; `patience` counts for the name and for each address.
pub(crate) fn connect(
    host: &BStr,
    port: u16,
    patience: Duration,
    interrupt: &Interrupt,
) -> io::Result<HostStream> {
    let mut failed = Errno::HOSTUNREACH.into();
    for address in addresses(host, port, patience, interrupt)? {
        match connect_to(&address, patience, interrupt) {
            Ok(socket) => return HostStream::patient(socket, patience),
            Err(error) => failed = error,
        }
        interrupt.check()?;
    }
    Err(failed)
}

/// What a host's name stands for.
///
/// The system's resolver cannot be interrupted, so it works in a thread of its own, which is left to itself when nobody
/// waits for it any more.
fn addresses(
    host: &BStr,
    port: u16,
    patience: Duration,
    interrupt: &Interrupt,
) -> io::Result<Vec<SocketAddr>> {
    let host = host.to_str().map_err(io::Error::other)?;
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let host = host.to_owned();
    let (answer, answered) = sync_channel(1);
    let (ended, end) = pipe_with(PipeFlags::CLOEXEC)?;
    thread::Builder::new().name("resolver".to_owned()).spawn(move || {
        // Nobody may be there to hear it.
        drop(answer.send((host.as_str(), port).to_socket_addrs()));
        drop(end);
    })?;
    until_ready(&ended, PollFlags::IN, Some(patience), interrupt)?;
    let found = answered.recv().map_err(io::Error::other)??;
    Ok(found.collect())
}

fn connect_to(
    address: &SocketAddr,
    patience: Duration,
    interrupt: &Interrupt,
) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    match rustix::net::connect(&socket, address) {
        Ok(()) => return Ok(socket),
        Err(Errno::INPROGRESS | Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    until_ready(&socket, PollFlags::OUT, Some(patience), interrupt)?;
    sockopt::socket_error(&socket)?.map_err(io::Error::from)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;

    use super::*;
    use crate::stream::Stream;

    /// A port that nobody answers at: its queue of one is taken.
    fn silent() -> (TcpListener, Vec<TcpStream>, u16) {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        rustix::net::listen(&socket, 0).unwrap();
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let taken = TcpStream::connect(address).unwrap();
        (listener, vec![taken], address.port())
    }

    #[test]
    fn nobody_answers_and_the_time_ends_it() {
        let (_listener, _taken, port) = silent();
        let interrupt = Interrupt::new();
        let time = Duration::from_millis(50);
        let error = connect("127.0.0.1".into(), port, time, &interrupt).err().unwrap();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::TIMEDOUT));
    }

    #[test]
    fn nobody_answers_and_a_signal_ends_it() {
        let (_listener, _taken, port) = silent();
        let interrupt = Interrupt::new();
        let other = Arc::clone(&interrupt);
        let connecting = thread::spawn(move || {
            connect("127.0.0.1".into(), port, Duration::from_secs(600), &other).err().unwrap()
        });
        interrupt.raise(15);
        let error = connecting.join().unwrap();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::INTR));
    }

    #[test]
    fn a_name_is_found_and_a_connection_that_says_nothing_is_left() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let interrupt = Interrupt::new();
        let time = Duration::from_millis(200);
        let stream = connect("localhost".into(), port, time, &interrupt).unwrap();
        let error = stream.read(&mut [0; 8], &interrupt).unwrap_err();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::TIMEDOUT));
        let (peer, _) = listener.accept().unwrap();
        rustix::io::write(&peer, b"word").unwrap();
        let mut bytes = [0; 8];
        assert_eq!(stream.read(&mut bytes, &interrupt).unwrap(), 4);
        assert_eq!(&bytes[..4], b"word");
    }
}
