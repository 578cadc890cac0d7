//! Programs added to a running container.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use sandbox_shim::{
    CallError, CallFailed, ExecSpec, ExecStdio, Notice, Reply, Request, TerminalSize,
};

use crate::harness::{Container, command, process, shell};

fn sleeper() -> Container {
    command(&["sleep", "1000"]).start()
}

#[test]
fn codes_and_streams_are_the_programs_own() {
    let container = sleeper();
    let ran = container.exec(process(&["/bin/sh", "-c", "echo out; echo err >&2; exit 9"]));
    assert_eq!(ran, Ok((9, "out\n".to_owned(), "err\n".to_owned())));
    let ran = container.exec(process(&["/bin/sh", "-c", "kill -9 $$"]));
    assert_eq!(ran.unwrap().0, 137);
}

#[test]
fn an_exec_lives_in_the_containers_namespaces_and_groups() {
    let container = sleeper();
    let names = "pid mnt uts ipc net cgroup";
    let script = format!(
        "for n in {names}; do [ $(readlink /proc/1/ns/$n) = $(readlink /proc/self/ns/$n) ] || echo $n; done; cat /proc/self/cgroup"
    );
    let groups = container.exec_shell(&script);
    assert!(
        groups
            .lines()
            .all(|line| line.ends_with(":/") || line.contains("name=") || line.starts_with("0::")),
        "{groups}"
    );
}

#[test]
fn an_exec_has_the_rights_of_the_container() {
    let container = sleeper();
    let status = container.exec_shell("grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status");
    let first = container.exec_shell("grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/1/status");
    assert_eq!(status, first);
    assert!(status.contains("CapBnd:\t00000000a80425fb") && status.contains("Seccomp:\t2"));
}

#[test]
fn user_directory_and_environment_are_the_execs_own() {
    let container = sleeper();
    let mut wanted = process(&["/bin/sh", "-c", "id -u; pwd; echo $X $HOME"]);
    wanted.user = "web".to_owned();
    wanted.cwd = "/tmp".to_owned();
    wanted.env.push("X=y".to_owned());
    let ran = container.exec(wanted).unwrap();
    assert_eq!(ran, (0, "33\n/tmp\ny /var/www\n".to_owned(), String::new()));
}

#[test]
fn an_exec_that_cannot_be_run_is_refused_in_dockers_words() {
    let container = sleeper();
    let check = |argv: &[&str], cwd: &str, user: &str, code: i32, reason: &str| {
        let mut wanted = process(argv);
        (wanted.cwd, wanted.user) = (cwd.to_owned(), user.to_owned());
        let failure = container.exec(wanted).unwrap_err();
        assert_eq!((failure.code, failure.reason.as_str()), (code, reason));
    };
    check(&["nosuch"], "/", "", 127, "exec: \"nosuch\": executable file not found in $PATH");
    check(&["/etc/plain"], "/", "", 126, "exec: \"/etc/plain\": permission denied");
    check(
        &["true"],
        "/nosuch",
        "",
        127,
        "chdir to cwd (\"/nosuch\") set in config.json failed: no such file or directory",
    );
    check(
        &["true"],
        "/",
        "foo",
        126,
        "unable to find user foo: no matching entries in passwd file",
    );
    let text = container.exec(process(&["nosuch"])).unwrap_err().docker_text();
    assert!(text.starts_with(
        "OCI runtime exec failed: exec failed: unable to start container process: exec:"
    ));
}

#[test]
fn standard_input_arrives_and_ends() {
    let container = sleeper();
    let (stdin, mut write_stdin) = std::io::pipe().unwrap();
    let (mut read_stdout, stdout) = std::io::pipe().unwrap();
    let stdio = ExecStdio { stdin: true, stdout: true, stderr: false };
    let spec = Box::new(ExecSpec { process: process(&["cat"]), stdio });
    let (mut client, _, _) = container.connect();
    let fds = vec![OwnedFd::from(stdin), OwnedFd::from(stdout)];
    client.call(Request::Exec { exec_id: "cat".to_owned(), spec }, fds).unwrap();
    write_stdin.write_all(b"through").unwrap();
    drop(write_stdin);
    let mut text = String::new();
    read_stdout.read_to_string(&mut text).unwrap();
    assert_eq!(text, "through");
    assert!(matches!(client.notice().unwrap(), Notice::ExecExit(exit) if exit.code == 0));
}

#[test]
fn an_exec_has_a_terminal_of_its_own_that_can_be_resized() {
    let container = sleeper();
    let mut wanted = process(&["/bin/sh", "-c", "tty; stty size; read -r x; stty size; exit 6"]);
    wanted.terminal = Some(TerminalSize { height: 11, width: 22 });
    let spec = Box::new(ExecSpec { process: wanted, stdio: ExecStdio::default() });
    let (mut client, _, _) = container.connect();
    let exec_id = "tty".to_owned();
    let (_, mut fds) =
        client.call(Request::Exec { exec_id: exec_id.clone(), spec }, Vec::new()).unwrap();
    let terminal = fds.remove(0);
    rustix::io::ioctl_fionbio(&terminal, false).unwrap();
    let mut terminal = File::from(terminal);
    let mut text = String::new();
    while !text.contains("11 22") {
        let mut bytes = [0; 100];
        let count = terminal.read(&mut bytes).unwrap();
        text.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    assert!(text.starts_with("/dev/pts/0"), "{text}");
    let size = TerminalSize { height: 44, width: 55 };
    client.call(Request::ExecResize { exec_id, size }, Vec::new()).unwrap();
    terminal.write_all(b"\n").unwrap();
    let mut rest = Vec::new();
    // The end of a terminal is an error.
    let _ = terminal.read_to_end(&mut rest);
    assert!(String::from_utf8_lossy(&rest).contains("44 55"));
    assert!(matches!(client.notice().unwrap(), Notice::ExecExit(exit) if exit.code == 6));
}

#[test]
fn ends_are_kept_until_they_are_forgotten() {
    let container = sleeper();
    let (mut client, _, _) = container.connect();
    let exec = |exec_id: &str| Request::Exec {
        exec_id: exec_id.to_owned(),
        spec: Box::new(ExecSpec {
            process: process(&["/bin/sh", "-c", "exit 3"]),
            stdio: ExecStdio::default(),
        }),
    };
    client.call(exec("one"), Vec::new()).unwrap();
    assert!(matches!(client.notice().unwrap(), Notice::ExecExit(_)));
    drop(client);
    let (mut client, state, _) = container.connect();
    assert_eq!(state.execs.len(), 1);
    assert_eq!(state.execs[0].exit.as_ref().unwrap().code, 3);
    // The same call again starts nothing.
    let (reply, _) = client.call(exec("one"), Vec::new()).unwrap();
    assert_eq!(reply, Reply::ExecStarted { pid: state.execs[0].pid });
    client.call(Request::ExecForget { exec_id: "one".to_owned() }, Vec::new()).unwrap();
    assert!(container.connect().1.execs.is_empty());
}

#[test]
fn an_exec_is_signalled_by_its_id() {
    let container = sleeper();
    let (mut client, _, _) = container.connect();
    let spec =
        Box::new(ExecSpec { process: process(&["sleep", "1000"]), stdio: ExecStdio::default() });
    let exec_id = "long".to_owned();
    client.call(Request::Exec { exec_id: exec_id.clone(), spec }, Vec::new()).unwrap();
    client.call(Request::ExecSignal { exec_id, signal: 15 }, Vec::new()).unwrap();
    assert!(matches!(client.notice().unwrap(), Notice::ExecExit(exit) if exit.code == 143));
    let unknown = Request::ExecSignal { exec_id: "nosuch".to_owned(), signal: 15 };
    let refused = client.call(unknown, Vec::new()).unwrap_err();
    assert!(matches!(refused, CallFailed::Refused(CallError::NoSuchExec { .. })));
}

#[test]
fn execs_end_with_the_container_and_before_it() {
    let container = shell("read -r x").with(|config| config.open_stdin = true).start();
    let (mut client, _, _) = container.connect();
    let spec =
        Box::new(ExecSpec { process: process(&["sleep", "1000"]), stdio: ExecStdio::default() });
    client.call(Request::Exec { exec_id: "long".to_owned(), spec }, Vec::new()).unwrap();
    client.call(Request::CloseStdin, Vec::new()).unwrap();
    assert!(matches!(client.notice().unwrap(), Notice::ExecExit(exit) if exit.code == 137));
    let Notice::Exit(record) = client.notice().unwrap() else { panic!("another notice") };
    assert_eq!(record.execs.len(), 1);
    assert_eq!(container.end().exit.execs[0].exec_id, "long");
}

#[test]
fn ten_execs_at_once_lose_and_mix_nothing() {
    let container = sleeper();
    std::thread::scope(|scope| {
        for number in 0..10 {
            let container = &container;
            scope.spawn(move || {
                let (mut read_stdout, stdout) = std::io::pipe().unwrap();
                let script =
                    format!("dd if=/dev/zero bs=64k count=160 2>/dev/null | tr '\\0' {number}");
                let stdio = ExecStdio { stdin: false, stdout: true, stderr: false };
                let spec =
                    Box::new(ExecSpec { process: process(&["/bin/sh", "-c", &script]), stdio });
                let (mut client, _, _) = container.connect();
                let fds = vec![OwnedFd::from(stdout)];
                client.call(Request::Exec { exec_id: format!("e{number}"), spec }, fds).unwrap();
                let mut bytes = Vec::new();
                read_stdout.read_to_end(&mut bytes).unwrap();
                assert_eq!(bytes.len(), 10 * 1024 * 1024);
                assert!(bytes.iter().all(|byte| *byte == b'0' + number));
            });
        }
    });
}
