//! Starts and ends, and who outlives whom.

use std::fs;
use std::io::Write;

use sandbox_shim::{Client, Notice, Request, StartReport};

use crate::harness::{command, eventually, shell};
use crate::image::{PROGRAM, SEALED};

#[test]
fn a_program_that_does_nothing_ends_with_zero() {
    let ended = command(&["true"]).run();
    let exit = ended.exit;
    assert_eq!((exit.code, exit.signal, exit.oom, exit.failure), (0, None, false, None));
    assert!(exit.started_at_nanos.unwrap() < exit.finished_at_nanos);
    assert_eq!(exit.effect_id, "effect");
}

#[test]
fn exit_codes_and_signals_are_kept() {
    let check = |script: &str, code: i32, signal: Option<i32>| {
        let exit = shell(script).run().exit;
        assert_eq!((exit.code, exit.signal), (code, signal), "{script}");
    };
    check("exit 0", 0, None);
    check("exit 7", 7, None);
    check("exit 255", 255, None);
    check("sleep 1000 & kill -9 $!; wait $!", 137, None);
}

#[test]
fn a_signal_reaches_the_first_process_once_for_each_number() {
    let container = shell("n=0; trap 'n=$((n+1)); echo $n' USR1; trap 'exit 3' TERM; echo up; while :; do sleep 0.01; done").start();
    container.await_output("up");
    for _ in 0..3 {
        container.call(Request::Signal { n: 1, signal: 10 });
    }
    container.await_output("1\n");
    container.call(Request::Signal { n: 2, signal: 10 });
    container.await_output("2\n");
    assert_eq!(container.connect().1.last_signal_n, 2);
    container.call(Request::Signal { n: 3, signal: 15 });
    let ended = container.end();
    assert_eq!((ended.exit.code, ended.stdout.as_str()), (3, "up\n1\n2\n"));
}

#[test]
fn a_first_process_without_a_handler_is_only_stopped_by_kill() {
    let container = command(&["sleep", "1000"]).start();
    container.call(Request::Signal { n: 1, signal: 15 });
    container.call(Request::Signal { n: 2, signal: 9 });
    let exit = container.end().exit;
    assert_eq!((exit.code, exit.signal), (137, Some(9)));
}

#[test]
fn shutdown_ends_everything() {
    let container = shell("sleep 1000 & sleep 1001 & echo up; wait").start();
    container.await_output("up");
    container.call(Request::Shutdown);
    assert_eq!(container.end().exit.code, 137);
}

#[test]
fn the_end_is_told_after_its_record_and_its_output_are_there() {
    let mut container =
        shell("read -r line; echo $line; exit 4").with(|c| c.open_stdin = true).start();
    let (mut client, state, _) = container.connect();
    assert_eq!((state.start.pid, state.incarnation), (container.start.pid, 1));
    let (_, mut fds) = client.call(Request::Stdin, Vec::new()).unwrap();
    fs::File::from(fds.remove(0)).write_all(b"word\n").unwrap();
    let Notice::Exit(record) = client.notice().unwrap() else { panic!("another notice") };
    assert_eq!(container.exit_record(), *record);
    assert_eq!(container.output().0, "word\n");
    assert!(client.notice().is_err(), "the connection goes on after the end");
    assert_eq!(container.finish().exit.code, 4);
    assert!(!container.run_dir().socket().exists());
}

#[test]
fn a_container_goes_on_without_its_server() {
    // The server here is a process of its own that starts the shim and is killed.
    let setup = shell("read -r line; echo $line; exit 5").with(|config| config.open_stdin = true);
    let config = tempfile::NamedTempFile::new().unwrap();
    serde_json::to_writer(&config, &setup.config).unwrap();
    let script = format!("{} < {} & exec sleep 1000", PROGRAM.display(), config.path().display());
    #[expect(clippy::disallowed_methods, reason = "the test needs a server to kill")]
    let mut server = std::process::Command::new("/bin/sh")
        .args(["-c", &script])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let run_dir = sandbox_shim::RunDir::new(&setup.config.run_dir);
    eventually("the start or its failure", || {
        run_dir.start_record().exists() || run_dir.exit_record().exists()
    });
    server.kill().unwrap();
    server.wait().unwrap();

    let (mut client, state, _) = Client::connect(&run_dir).unwrap();
    assert!(state.start.pid > 0);
    let (_, mut fds) = client.call(Request::Stdin, Vec::new()).unwrap();
    fs::File::from(fds.remove(0)).write_all(b"on\n").unwrap();
    let Notice::Exit(record) = client.notice().unwrap() else { panic!("another notice") };
    assert_eq!(record.code, 5);
    eventually("the shim's end", || {
        let lock = fs::File::open(run_dir.lock()).unwrap();
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok()
    });
}

#[test]
fn a_container_dies_with_its_shim() {
    let mut container = command(&["sleep", "1000"]).start();
    let pid = container.start.pid;
    let shim = container.shim().as_mut().unwrap();
    shim.kill().unwrap();
    shim.wait().unwrap();
    eventually("the container's end", || !std::path::Path::new(&format!("/proc/{pid}")).exists());
    assert!(!container.run_dir().exit_record().exists());
}

#[test]
fn an_incarnation_is_started_once() {
    let setup = command(&["true"]);
    let (first, mut shim) = setup.spawn(&SEALED.path());
    assert!(matches!(first, StartReport::Started(_)));
    crate::harness::wait(&mut shim);
    let record = fs::read(setup.config.run_dir.join("exit.json")).unwrap();
    let (second, mut shim) = setup.spawn(&SEALED.path());
    crate::harness::wait(&mut shim);
    let StartReport::Failed(failure) = second else { panic!("started again") };
    assert!(failure.reason.contains("has been started"), "{}", failure.reason);
    assert_eq!(fs::read(setup.config.run_dir.join("exit.json")).unwrap(), record);
}

#[test]
fn what_a_shim_that_died_early_has_left_is_no_obstacle() {
    let setup = command(&["true"]);
    fs::create_dir(setup.config.run_dir.join("root")).unwrap();
    fs::write(setup.config.run_dir.join("shim.sock"), "").unwrap();
    fs::write(setup.config.run_dir.join("lock"), "").unwrap();
    assert_eq!(setup.run().exit.code, 0);
}

#[test]
fn a_program_in_a_plain_file_seals_itself_first() {
    let setup = shell("exec sleep 1000");
    let (report, mut shim) = setup.spawn(&PROGRAM);
    let StartReport::Started(start) = report else { panic!("{report:?}") };
    let exe = fs::File::open(format!("/proc/{}/exe", start.shim_pid)).unwrap();
    assert!(sandbox_shim::SealedProgram::is_sealed(exe));
    let run_dir = sandbox_shim::RunDir::new(&setup.config.run_dir);
    let (mut client, _, _) = Client::connect(&run_dir).unwrap();
    client.call(Request::Shutdown, Vec::new()).unwrap();
    crate::harness::wait(&mut shim);
}

#[test]
fn pausing_stops_and_unpausing_resumes() {
    let container = shell("while :; do echo tick; sleep 0.01; done").start();
    container.await_output("tick\ntick");
    container.call(Request::Pause);
    assert!(container.connect().1.paused);
    let before = container.output().0.len();
    let refused = container.connect().0.call(
        Request::Exec {
            exec_id: "x".to_owned(),
            spec: Box::new(sandbox_shim::ExecSpec {
                process: crate::harness::process(&["true"]),
                stdio: sandbox_shim::ExecStdio::default(),
            }),
        },
        Vec::new(),
    );
    assert!(refused.is_err());
    // What was in the pipe when everything stopped may still arrive.
    let after = container.output().0.len();
    assert!(after - before <= "tick\n".len(), "output goes on");
    container.call(Request::Unpause);
    let (_client, _, news) = container.connect();
    assert!(crate::harness::readable(&news), "no output after unpausing");
    container.call(Request::Pause);
    container.call(Request::Shutdown);
    assert_eq!(container.end().exit.code, 137);
}

#[test]
fn with_init_signals_are_passed_on_and_orphans_are_reaped() {
    let script = "trap 'exit 9' TERM; (sleep 0.05 &) ; echo $$; while :; do sleep 0.01; done";
    let container = shell(script).with(|config| config.init = true).start();
    container.await_output("\n");
    let first = container.exec_shell("tr '\\0' ' ' < /proc/1/cmdline");
    assert!(first.starts_with("/sbin/docker-init -- /bin/sh -c"), "{first}");
    eventually("the orphan's end", || {
        !container.exec_shell("ps -o stat,args").lines().any(|line| line.starts_with('Z'))
    });
    container.call(Request::Signal { n: 1, signal: 15 });
    let ended = container.end();
    assert_eq!(ended.exit.code, 9);
    assert_ne!(ended.stdout.trim(), "1", "the program is the first process itself");
}
