//! Standard input and output without a terminal.

use std::fs::File;
use std::io::Write;

use sandbox_shim::Request;

use crate::harness::{Container, shell};

fn write_stdin(container: &Container, text: &str) {
    let stdin = container.call(Request::Stdin).remove(0);
    File::from(stdin).write_all(text.as_bytes()).unwrap();
}

#[test]
fn the_streams_are_kept_apart() {
    let ended = shell("echo out; echo err >&2; echo out again").run();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("out\nout again\n", "err\n"));
}

#[test]
fn closed_standard_input_is_empty_and_no_pipe_can_be_had() {
    assert_eq!(shell("cat; readlink /proc/self/fd/0").stdout(), "/dev/null\n");
    let container = shell("sleep 1000").start();
    let refused = container.connect().0.call(Request::Stdin, Vec::new()).unwrap_err();
    assert!(matches!(refused, sandbox_shim::CallFailed::Refused(sandbox_shim::CallError::NoStdin)));
}

#[test]
fn standard_input_outlives_its_writers_and_ends_when_told() {
    let container = shell("cat; echo end").with(|config| config.open_stdin = true).start();
    write_stdin(&container, "one\n");
    container.await_output("one\n");
    // Another server, later.
    write_stdin(&container, "two\n");
    container.await_output("two\n");
    container.call(Request::CloseStdin);
    assert_eq!(container.end().stdout, "one\ntwo\nend\n");
}

#[test]
fn much_output_arrives_whole() {
    let ended =
        shell("dd if=/dev/zero bs=1M count=64 2>/dev/null | tr '\\0' x; echo end >&2").run();
    assert_eq!(ended.exit.lost_output_bytes, 0);
    assert_eq!(ended.stdout.len(), 64 * 1024 * 1024);
    assert!(ended.stdout.bytes().all(|byte| byte == b'x'));
    assert_eq!(ended.stderr, "end\n");
}

#[test]
fn output_of_what_the_program_leaves_behind_is_kept() {
    let ended = shell("(sleep 0.05; echo late) & echo early").run();
    // The end of the first process is the end of the container.
    assert_eq!(ended.stdout, "early\n");
}

#[test]
fn a_user_can_open_its_own_streams_again() {
    let setup = shell("echo a > /dev/stdout; echo b > /dev/stderr; echo c > /proc/self/fd/1")
        .with(|config| config.process.user = "web".to_owned());
    let ended = setup.run();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("a\nc\n", "b\n"));
}

#[test]
fn output_that_finds_no_room_is_counted_and_stops_nothing() {
    let setup = shell("dd if=/dev/zero bs=64k count=64 2>/dev/null; echo end >&2; exit 3");
    let log = setup.config.log_dir.clone();
    let options = Some(c"size=256k");
    rustix::mount::mount("tmpfs", &log, "tmpfs", rustix::mount::MountFlags::empty(), options)
        .unwrap();
    let exit = setup.start().finish().exit;
    rustix::mount::unmount(&log, rustix::mount::UnmountFlags::DETACH).unwrap();
    assert_eq!(exit.code, 3);
    assert!(exit.lost_output_bytes > 3 * 1024 * 1024, "{}", exit.lost_output_bytes);
}

#[test]
fn a_pipe_that_is_not_read_by_anyone_does_not_stop_the_program() {
    // Nobody is connected, nobody reads the log.
    let ended = shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done").run();
    assert!(ended.stdout.ends_with("line 19999\n"));
}
