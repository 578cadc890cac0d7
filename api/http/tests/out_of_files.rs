//! A server that has no files left: it waits instead of spinning, and goes on when there are some.
//!
//! The limit is the whole process's, so this test has a binary of its own.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use api_http::{
    BindOptions, ListenAddress, Listener, NoObserver, Server, ServerOptions, warp_service,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use warp::Filter;

/// Files this process may have: few, so that they are soon used up.
const FILES: u64 = 128;

/// Time in which the server has nothing to accept with.
const DROUGHT: Duration = Duration::from_millis(400);

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("not negative")
}

#[tokio::test]
async fn a_server_out_of_files_waits_and_then_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let address = ListenAddress::Unix(path.clone());
    let listener = Listener::bind(&address, BindOptions::default()).await.unwrap();
    let routes = warp_service(warp::any().map(|| "ok"));
    let options = ServerOptions::default();
    let server = Server::start(vec![listener], routes, options, Arc::new(NoObserver));
    let limit = Rlimit { current: Some(FILES), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    assert!(files.len() > 10);
    // One for the client; the server finds none.
    files.pop();
    let mut client = UnixStream::connect(&path).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let before = processor_time();
    let waited = tokio::time::timeout(DROUGHT, client.readable()).await;
    assert!(waited.is_err(), "the server answered without a file");
    let spent = processor_time() - before;
    assert!(spent < DROUGHT / 4, "{spent:?} of processor time");
    drop(files);
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    server.stop(Duration::ZERO).await;
}
