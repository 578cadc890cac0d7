//! What the relay understands, and where it does not lead.

use std::{io, net::Ipv4Addr, sync::Mutex};

use backends_images::Reach;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{Relay, Rules, held, host_and_port, packet, rewritten};

fn rules(inmost: Option<Reach>) -> Rules {
    let (refused, bytes) = (Mutex::default(), Default::default());
    Rules { inmost: Mutex::new(inmost), refused, bytes, bytes_max: 10 }
}

#[test]
fn the_host_is_taken_out_of_the_path() {
    let asked = "git-upload-pack /host:1/a/b.git\0host=127.0.0.1:2\0\0version=2\0";
    let (authority, first) = rewritten(asked).unwrap();
    assert_eq!(authority, "host:1");
    assert_eq!(first, "git-upload-pack /a/b.git\0host=host:1\0\0version=2\0");
    for asked in ["git-receive-pack /h/r\0host=x\0", "git-upload-pack /h\0host=x\0", "", "GET / "] {
        assert_eq!(rewritten(asked), None, "{asked}");
    }
}

#[test]
fn a_host_has_a_port_or_that_of_the_protocol() {
    assert_eq!(host_and_port("host").unwrap(), ("host".to_owned(), 9418));
    assert_eq!(host_and_port("host:1").unwrap(), ("host".to_owned(), 1));
    assert_eq!(host_and_port("[::1]").unwrap(), ("::1".to_owned(), 9418));
    assert_eq!(host_and_port("[::1]:2").unwrap(), ("::1".to_owned(), 2));
    assert!(host_and_port("host:x").is_err());
}

#[tokio::test]
async fn metadata_services_are_out_of_reach_however_they_are_written() {
    for host in ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "168.63.129.16"] {
        let rules = rules(None);
        let error = rules.connect(host, 80).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{host}");
        let told = held(&rules.refused).clone().unwrap();
        assert!(told.ends_with("where a git repository must not lead"), "{told}");
    }
}

#[tokio::test]
async fn what_is_further_out_does_not_lead_further_in() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let from_outside = rules(Some(Reach::Public)).connect("127.0.0.1", port).await;
    assert_eq!(from_outside.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    let first = rules(None);
    first.connect("127.0.0.1", port).await.unwrap();
    assert_eq!(*held(&first.inmost), Some(Reach::Loopback));
}

#[tokio::test]
async fn a_name_is_looked_up_and_bytes_pass_up_to_the_limit() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let relay = Relay::open(6).await.unwrap();
    let mut client = TcpStream::connect(relay.address()).await.unwrap();
    client.write_all(b"\x05\x01\x00").await.unwrap();
    let mut chosen = [0; 2];
    client.read_exact(&mut chosen).await.unwrap();
    let asked = [b"\x05\x01\x00\x03\x09localhost".as_slice(), &port.to_be_bytes()].concat();
    client.write_all(&asked).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    let mut granted = [0; 10];
    client.read_exact(&mut granted).await.unwrap();
    assert_eq!(granted[..2], [5, 0]);
    client.write_all(b"hello").await.unwrap();
    let mut got = [0; 5];
    server.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"hello");
    server.write_all(b"answer").await.unwrap();
    let mut got = [0; 6];
    client.read_exact(&mut got).await.unwrap();
    assert_eq!((&got, relay.exceeded()), (b"answer", None));
    server.write_all(b"!").await.unwrap();
    assert_eq!(client.read(&mut got).await.unwrap_or_default(), 0, "it is cut off");
    assert_eq!(relay.exceeded(), Some(6));
}

#[tokio::test]
async fn git_is_told_why_in_its_own_protocol() {
    let relay = Relay::open(100).await.unwrap();
    let mut client = TcpStream::connect(relay.address()).await.unwrap();
    let asked = packet(b"git-upload-pack /169.254.169.254/r\0host=x\0");
    client.write_all(&asked).await.unwrap();
    let mut told = String::new();
    client.read_to_string(&mut told).await.unwrap();
    assert!(told.contains("ERR 169.254.169.254 is at 169.254.169.254, where"), "{told}");
}
