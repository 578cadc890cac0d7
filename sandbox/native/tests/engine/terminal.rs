//! Programs on a terminal.

use std::fs::File;
use std::io::Write;

use sandbox_shim::{CallError, CallFailed, Request, TerminalSize};

use crate::harness::{command, shell};

#[test]
fn the_terminal_has_the_size_it_was_given_from_the_start() {
    let out = command(&["stty", "size"]).terminal(33, 101).stdout();
    assert_eq!(out, "33 101\r\n");
}

#[test]
fn the_terminal_is_one_in_every_way() {
    let script = "tty; ls -l /dev/console | cut -c1; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all; \
                  echo x > /dev/tty; echo y > /dev/console; stat -c '%u %a' /dev/pts/0";
    let setup = shell(script).terminal(24, 80).with(|c| c.process.user = "web".to_owned());
    assert_eq!(setup.stdout(), "/dev/pts/0\r\nc\r\nall\r\nx\r\ny\r\n33 620\r\n");
}

#[test]
fn resizing_tells_the_program() {
    let script = "trap 'stty size' WINCH; echo up; while :; do sleep 0.01; done";
    let container = shell(script).terminal(24, 80).start();
    container.await_output("up");
    container.call(Request::Resize(TerminalSize { height: 50, width: 132 }));
    container.await_output("50 132");
    container.call(Request::Shutdown);
    assert_eq!(container.end().exit.code, 137);
}

#[test]
fn what_is_typed_arrives_and_control_c_interrupts() {
    let script = "trap 'echo stopped; exit 2' INT; echo up; while :; do read -r line && echo got $line; done";
    let container = shell(script).terminal(24, 80).with(|c| c.open_stdin = true).start();
    container.await_output("up");
    let mut typed = File::from(container.call(Request::Stdin).remove(0));
    typed.write_all(b"hello\n").unwrap();
    container.await_output("got hello");
    typed.write_all(b"\x03").unwrap();
    let ended = container.end();
    assert_eq!(ended.exit.code, 2);
    assert!(ended.stdout.contains("stopped"), "{}", ended.stdout);
}

#[test]
fn with_init_the_program_still_has_the_terminal() {
    let setup = shell("trap 'echo stopped; exit 2' INT; echo up; while :; do sleep 0.01; done")
        .terminal(24, 80)
        .with(|config| (config.open_stdin, config.init) = (true, true));
    let container = setup.start();
    container.await_output("up");
    File::from(container.call(Request::Stdin).remove(0)).write_all(b"\x03").unwrap();
    assert_eq!(container.end().exit.code, 2);
}

#[test]
fn without_a_terminal_there_is_nothing_to_resize() {
    let container = command(&["sleep", "1000"]).start();
    let size = TerminalSize { height: 1, width: 1 };
    let refused = container.connect().0.call(Request::Resize(size), Vec::new()).unwrap_err();
    assert!(matches!(refused, CallFailed::Refused(CallError::NoTerminal)));
    assert!(container.exec_shell("ls /dev").lines().all(|name| name != "console"));
}
