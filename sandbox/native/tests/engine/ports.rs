//! Ports of the host: bound before the start is told, carried, and given back. What they lead to is a socket of the test,
//! which is on the host as the process is that carries.

use std::io::{Read, Write};
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket,
};
use std::thread;
use std::time::Duration;

use sandbox_shim::{PortProtocol, PortRequest, Publishing, Request};

use super::harness::{Setup, command};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The longest wait for an answer that comes at once.
const PATIENCE: Duration = Duration::from_secs(20);

fn request(protocol: PortProtocol, container_port: u16, address: Option<IpAddr>) -> PortRequest {
    PortRequest { protocol, container_port, address, first_port: 0, last_port: 0 }
}

fn publishing(ports: Vec<PortRequest>) -> Setup {
    let subject = "publishing".to_owned();
    let publishing = Publishing { subject, target: LOCALHOST, ports };
    command(&["sleep", "1000"]).with(|config| config.publishing = Some(publishing))
}

/// Answers each connection with what it sent, once it has sent all.
fn echo() -> u16 {
    let listener = TcpListener::bind((LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut bytes = Vec::new();
                stream.read_to_end(&mut bytes).unwrap();
                stream.write_all(&bytes).unwrap();
            });
        }
    });
    port
}

fn ask(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let sent = bytes.to_vec();
    let writing = thread::spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    writing.join().unwrap();
    answer
}

#[test]
fn connections_of_both_families_are_carried_to_their_ends() {
    let port = echo();
    let container = publishing(vec![request(PortProtocol::Tcp, port, None)]).start();
    let bound = container.start.ports.clone();
    assert_eq!(bound.len(), 2, "{bound:?}");
    assert_eq!(bound[0].host.port(), bound[1].host.port());
    let port = bound[0].host.port();
    let bytes: Vec<u8> = (0..5_000_000_u32).map(|number| (number / 11) as u8).collect();
    for address in [LOCALHOST, Ipv6Addr::LOCALHOST.into()] {
        let address = SocketAddr::new(address, port);
        assert_eq!(ask(address, b"hello"), b"hello");
        assert!(ask(address, &bytes) == bytes, "what came back is another thing");
    }
    let asking: Vec<_> = (0..50_u8)
        .map(|number| {
            thread::spawn(move || {
                let bytes = vec![number; 30_000];
                assert_eq!(ask(SocketAddr::new(LOCALHOST, port), &bytes), bytes);
            })
        })
        .collect();
    asking.into_iter().for_each(|asking| asking.join().unwrap());
}

#[test]
fn datagrams_of_many_clients_find_their_way_back() {
    let target = UdpSocket::bind((LOCALHOST, 0)).unwrap();
    let port = target.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut bytes = [0; 64 * 1024];
        loop {
            let (count, from) = target.recv_from(&mut bytes).unwrap();
            target.send_to(&bytes[..count], from).unwrap();
        }
    });
    let asked = request(PortProtocol::Udp, port, Some(LOCALHOST));
    let container = publishing(vec![asked]).start();
    let host = container.start.ports[0].host;
    let clients: Vec<UdpSocket> =
        (0..20).map(|_| UdpSocket::bind((LOCALHOST, 0)).unwrap()).collect();
    for (number, client) in clients.iter().enumerate() {
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.send_to(format!("client {number}").as_bytes(), host).unwrap();
    }
    for (number, client) in clients.iter().enumerate() {
        let mut bytes = [0; 100];
        let (count, from) = client.recv_from(&mut bytes).unwrap();
        assert_eq!(from, host);
        assert_eq!(&bytes[..count], format!("client {number}").as_bytes());
    }
}

#[test]
fn a_port_in_use_fails_the_start_and_one_of_several_is_found() {
    let taken = TcpListener::bind((LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let asked = |last_port| PortRequest {
        first_port: port,
        last_port,
        ..request(PortProtocol::Tcp, 80, Some(LOCALHOST))
    };
    let failure = publishing(vec![asked(port)]).try_start().map(drop).unwrap_err();
    assert_eq!(failure.code, 128);
    assert_eq!(
        failure.docker_text(),
        format!(
            "publishing: Error starting userland proxy: listen tcp4 127.0.0.1:{port}: bind: \
             address already in use"
        )
    );
    let container = publishing(vec![asked(port.saturating_add(50))]).start();
    let found = container.start.ports[0].host.port();
    assert!(found > port && found <= port.saturating_add(50), "{found}");
}

#[test]
fn the_port_is_free_when_the_end_is_told() {
    let asked = request(PortProtocol::Tcp, 80, Some(LOCALHOST));
    let container = publishing(vec![asked]).start();
    let host = container.start.ports[0].host;
    assert!(TcpListener::bind(host).is_err(), "the port is free while the container runs");
    container.call(Request::Signal { n: 1, signal: 9 });
    container.end();
    TcpListener::bind(host).unwrap();
}
