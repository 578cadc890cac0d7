//! Servers that say the wrong thing.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use sandbox_shim::{Call, Channel, FromShim, ReceiveError, Request};

use crate::harness::{Container, command};

fn sleeper() -> Container {
    command(&["sleep", "1000"]).start()
}

#[test]
fn a_message_that_cannot_be_read_ends_its_connection_alone() {
    let container = sleeper();
    let (mut good, _, _) = container.connect();
    for bytes in [
        &b"\xff\xff\xff\xff\xff\xff\xff\xff"[..],
        b"\x05\0\0\0\0\0\0\0nojson",
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let mut bad = UnixStream::from(container.run_dir().connect().unwrap());
        bad.write_all(bytes).unwrap();
        let mut rest = Vec::new();
        // Unread bytes make the end of a connection a reset.
        let _ = bad.read_to_end(&mut rest);
        assert!(rest.is_empty());
    }
    good.call(Request::Signal { n: 1, signal: 0 }, Vec::new()).unwrap();
}

#[test]
fn a_connection_starts_with_hello() {
    let container = sleeper();
    let mut channel: Channel<FromShim, Call> = Channel::new(container.run_dir().connect().unwrap());
    channel.send(&Call { id: 5, request: Request::Shutdown }, Vec::new()).unwrap();
    let (answer, _) = channel.receive().unwrap();
    assert!(matches!(answer, FromShim::Reply { id: 5, result: Err(_) }), "{answer:?}");
    assert!(matches!(channel.receive(), Err(ReceiveError::Closed)));
    assert!(container.connect().1.start.pid > 0);
}

#[test]
fn descriptors_must_fit_the_call() {
    let container = sleeper();
    let (mut client, _, _) = container.connect();
    let spec = Box::new(sandbox_shim::ExecSpec {
        process: crate::harness::process(&["true"]),
        stdio: sandbox_shim::ExecStdio { stdin: true, stdout: true, stderr: true },
    });
    let request = Request::Exec { exec_id: "x".to_owned(), spec };
    let refused = client.call(request, Vec::new()).unwrap_err();
    assert!(refused.to_string().contains("refused"), "{refused}");
}

#[test]
fn nobody_else_can_connect() {
    let container = sleeper();
    let mode = fs::metadata(container.run_dir().socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700 & mode);
    assert_eq!(mode & 0o077, 0);
}

#[test]
fn a_server_that_does_not_read_stops_nothing() {
    let container = sleeper();
    let mut silent: Channel<FromShim, Call> = Channel::new(container.run_dir().connect().unwrap());
    for id in 0..20_000 {
        let hello = Request::Hello { version: 1 };
        if silent.send(&Call { id, request: hello }, Vec::new()).is_err() {
            break;
        }
    }
    assert!(container.connect().1.start.pid > 0);
}
