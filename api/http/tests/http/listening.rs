//! Listeners: addresses, modes, stale and live sockets, and who may come in by TCP.

use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api_http::{
    BindError, BindOptions, ListenAddress, Listener, NoObserver, Server, ServerOptions,
    warp_service,
};
use tokio::io::AsyncWriteExt;
use warp::Filter;

use crate::harness::{Harness, read_answer};

async fn bind(address: &str) -> Result<Listener, BindError> {
    Listener::bind(&address.parse().expect("an address"), BindOptions::default()).await
}

fn unix(path: &Path) -> String {
    format!("unix://{}", path.display())
}

#[test]
fn addresses_are_read_and_written() {
    let cases = [
        ("unix:///run/a.sock", "unix:///run/a.sock"),
        ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"),
        ("tcp://localhost:0", "tcp://127.0.0.1:0"),
        ("tcp://[::1]:80/", "tcp://[::1]:80"),
    ];
    for (text, written) in cases {
        assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), written);
    }
    let refusals = [
        ("http://localhost:1", "must begin with unix:// or tcp://"),
        ("/run/a.sock", "must begin with unix:// or tcp://"),
        ("unix://run/a.sock", "must name an absolute path"),
        ("unix://", "must name an absolute path"),
        ("tcp://example.com:80", "must be localhost or a numeric address"),
        ("tcp://:80", "must be localhost or a numeric address"),
        ("tcp://::1:80", "must be localhost or a numeric address"),
        ("tcp://127.0.0.1", "must end with a port"),
        ("tcp://127.0.0.1:", "must end with a port"),
        ("tcp://127.0.0.1:+80", "must end with a port"),
        ("tcp://127.0.0.1:65536", "must end with a port"),
    ];
    for (text, why) in refusals {
        let error = text.parse::<ListenAddress>().unwrap_err().to_string();
        assert!(error.contains(why) && error.contains(text), "{error}");
    }
}

#[tokio::test]
async fn a_unix_socket_is_open_to_its_owner_and_group_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let listener = bind(&unix(&path)).await.unwrap();
    let found = std::fs::metadata(&path).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o7777, 0o660);
    assert_eq!(listener.address().to_string(), unix(&path));
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_a_live_one_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let live = bind(&unix(&path)).await.unwrap();
    let inode = std::fs::metadata(&path).unwrap().ino();
    let error = bind(&unix(&path)).await.unwrap_err();
    assert!(matches!(error, BindError::Live(_)));
    assert!(error.to_string().contains("in use by a running server"), "{error}");
    assert_eq!(std::fs::metadata(&path).unwrap().ino(), inode);
    // Without a graceful end the file stays behind.
    drop(live);
    assert!(path.exists());
    bind(&unix(&path)).await.unwrap();
}

#[tokio::test]
async fn what_is_not_a_stale_socket_is_never_removed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let error = bind(&unix(&file)).await.unwrap_err();
    assert!(error.to_string().contains("is not a socket"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert!(matches!(bind(&unix(&link)).await, Err(BindError::NotASocket(_))));
    let datagrams = directory.path().join("datagrams");
    let _held = std::os::unix::net::UnixDatagram::bind(&datagrams).unwrap();
    assert!(matches!(bind(&unix(&datagrams)).await, Err(BindError::Io { .. })));
    assert!(datagrams.exists());
}

#[tokio::test]
async fn paths_that_cannot_be_are_refused_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let error = bind(&unix(&directory.path().join("no/s"))).await.unwrap_err();
    assert!(error.to_string().contains("does not exist; create it first"), "{error}");
    let error = bind(&unix(&directory.path().join("x".repeat(120)))).await.unwrap_err();
    assert!(error.to_string().contains("the system allows 107"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_servers_that_start_at_once_one_gets_the_socket() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    for _ in 0..20 {
        let attempts: Vec<_> = (0..8)
            .map(|_| {
                let address = unix(&path);
                tokio::spawn(async move { bind(&address).await })
            })
            .collect();
        let mut bound = Vec::new();
        for attempt in attempts {
            match attempt.await.unwrap() {
                Ok(listener) => bound.push(listener),
                Err(error) => assert!(matches!(error, BindError::Live(_)), "{error}"),
            }
        }
        assert_eq!(bound.len(), 1);
    }
}

#[tokio::test]
async fn a_stopped_server_removes_its_own_socket_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let serve = |listener| {
        let routes = warp_service(warp::any().map(|| "ok"));
        Server::start(vec![listener], routes, ServerOptions::default(), Arc::new(NoObserver))
    };
    let server = serve(bind(&unix(&path)).await.unwrap());
    server.stop(Duration::ZERO).await;
    assert!(!path.exists());
    let server = serve(bind(&unix(&path)).await.unwrap());
    std::fs::remove_file(&path).unwrap();
    let _other = bind(&unix(&path)).await.unwrap();
    server.stop(Duration::ZERO).await;
    assert!(path.exists());
}

#[tokio::test]
async fn tcp_without_tls_needs_leave_and_a_loopback_address() {
    let error = bind("tcp://127.0.0.1:0").await.unwrap_err().to_string();
    assert!(error.contains("every user of this machine could control"), "{error}");
    assert!(error.contains("--insecure-tcp") && error.contains("unix://"), "{error}");
    let insecure = BindOptions { insecure_tcp: true, ..BindOptions::default() };
    for address in
        ["tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://192.0.2.1:0", "tcp://[::ffff:192.0.2.1]:0"]
    {
        let refused = Listener::bind(&address.parse().unwrap(), insecure.clone()).await;
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("only loopback addresses"), "{error}");
    }
    let listener = Listener::bind(&"tcp://127.0.0.1:0".parse().unwrap(), insecure).await.unwrap();
    let ListenAddress::Tcp(address) = listener.address() else { panic!("not TCP") };
    assert_ne!(address.port(), 0);
    assert_eq!(address.ip().to_string(), "127.0.0.1");
}

#[tokio::test]
async fn web_pages_of_other_origins_are_kept_out_of_tcp() {
    let harness = Harness::start(ServerOptions::default()).await;
    let cases = [
        ("Host: localhost", 200),
        ("Host: LOCALHOST:2375", 200),
        ("Host: 127.0.0.1:2375", 200),
        ("Host: 127.9.9.9", 200),
        ("Host: [::1]:2375", 200),
        ("Host: [::1]", 200),
        ("Host:", 200),
        // What podman writes for any server; a page would have to write a port too.
        ("Host: d", 200),
        ("Host: d:2375", 403),
        ("Host: evil.example", 403),
        ("Host: localhost.evil.example", 403),
        ("Host: 127.0.0.1.evil.example:2375", 403),
        ("Host: 192.0.2.1", 403),
        ("Host: localhost:2375\r\nOrigin: http://localhost:2375", 200),
        ("Host: localhost:2375\r\nOrigin: http://evil.example", 403),
        ("Host: localhost:2375\r\nOrigin: https://localhost:2375", 403),
        ("Host: localhost:2375\r\nOrigin: http://localhost:3000", 403),
        ("Host: localhost:2375\r\nOrigin: null", 403),
        ("Host:\r\nOrigin: http://", 403),
    ];
    for (headers, status) in cases {
        let mut stream = harness.connect_tcp().await;
        let request = format!("GET / HTTP/1.1\r\n{headers}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(read_answer(&mut stream).await.status, status, "{headers}");
    }
    // The unix socket has its file's mode for that, and its clients send any host.
    let mut stream = harness.connect().await;
    let request = b"GET / HTTP/1.1\r\nHost: evil.example\r\nOrigin: null\r\n\r\n";
    stream.write_all(request).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 200);
}
