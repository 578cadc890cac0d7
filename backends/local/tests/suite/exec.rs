//! Programs added to a running container.

use std::sync::Arc;

use backends_core::{
    Backend, EffectError, ExecAttach, ExecIo, ExecOutput, ExecWorkload, Observation, Workload,
};
use journal_domain::{ExecId, ExecSpec, Signal, TerminalSize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::bundle::{Host, PATIENCE, on_a_host};

const PIPES: ExecAttach = ExecAttach { stdin: true, stdout: true, stderr: true, tty: false };

fn exec_of(host: &Host, inside: &Workload, spec: ExecSpec) -> ExecWorkload {
    ExecWorkload {
        exec: host.exec_id(),
        run: inside.run,
        spec: Arc::new(spec),
        container: Arc::clone(&inside.spec),
        hostname: inside.hostname.clone(),
        size: None,
    }
}

fn script(script: &str) -> ExecSpec {
    let cmd = ["sh", "-c", script].map(str::to_owned).to_vec();
    ExecSpec { cmd, ..ExecSpec::default() }
}

async fn sleeper(host: &mut Host) -> Workload {
    let workload = host.script("sleep 1000");
    host.start(&workload).await;
    workload
}

async fn started(host: &mut Host, exec: &ExecWorkload) -> u32 {
    host.local().start_exec(exec).await.unwrap();
    let report = host.report().await;
    let Observation::ExecStarted { exec: id, pid } = report else { panic!("no start: {report:?}") };
    assert_eq!(id, exec.exec);
    pid
}

async fn exec_exit(host: &mut Host, wanted: ExecId) -> i64 {
    let report = host.report().await;
    let Observation::ExecExited { exec, exit_code, error } = report else {
        panic!("no end: {report:?}")
    };
    assert_eq!((exec, error.as_str()), (wanted, ""));
    exit_code
}

async fn read_all(mut stream: std::pin::Pin<Box<dyn tokio::io::AsyncRead + Send>>) -> String {
    let mut text = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut text)).await.expect("it ends").unwrap();
    text
}

#[test]
fn an_exec_has_its_streams_apart_and_sees_the_end_of_its_input() {
    on_a_host(|mut host| async move {
        let inside = sleeper(&mut host).await;
        let exec = exec_of(&host, &inside, script("echo err >&2; cat; echo end; exit 5"));
        host.local().prepare_exec_io(exec.exec, PIPES).unwrap();
        started(&mut host, &exec).await;
        let ExecIo { stdin, output } = host.local().exec_io(exec.exec).await.unwrap();
        let ExecOutput::Split { stdout, stderr } = output else { panic!("a terminal") };
        let mut stdin = stdin.unwrap();
        stdin.write_all(b"in\n").await.unwrap();
        // Half closed: input is at its end, output goes on.
        drop(stdin);
        assert_eq!(read_all(stdout.unwrap()).await, "in\nend\n");
        assert_eq!(read_all(stderr.unwrap()).await, "err\n");
        assert_eq!(exec_exit(&mut host, exec.exec).await, 5);
        assert_eq!(host.text(inside.run.container), "", "its output is not the container's");
    });
}

#[test]
fn an_exec_without_a_client_runs_all_the_same() {
    on_a_host(|mut host| async move {
        let inside = sleeper(&mut host).await;
        let spec =
            ExecSpec { user: "app".into(), env: vec!["A=1".into()], ..script("id -u > /tmp/$A") };
        let exec = exec_of(&host, &inside, ExecSpec { user: "0".into(), ..spec });
        let pid = started(&mut host, &exec).await;
        assert!(pid > 1);
        assert_eq!(exec_exit(&mut host, exec.exec).await, 0);
        let seen = exec_of(&host, &inside, script("cat /tmp/1"));
        let attach = ExecAttach { stdout: true, ..ExecAttach::default() };
        host.local().prepare_exec_io(seen.exec, attach).unwrap();
        started(&mut host, &seen).await;
        let io = host.local().exec_io(seen.exec).await.unwrap();
        assert!(io.stdin.is_none());
        let ExecOutput::Split { stdout: Some(stdout), stderr: None } = io.output else { panic!() };
        assert_eq!(read_all(stdout).await, "0\n");
        assert_eq!(exec_exit(&mut host, seen.exec).await, 0);
    });
}

#[test]
fn an_exec_on_a_terminal_follows_its_size() {
    on_a_host(|mut host| async move {
        let inside = sleeper(&mut host).await;
        let spec = ExecSpec { tty: true, ..script("stty size; read line; stty size; exit 4") };
        let size = TerminalSize { rows: 20, columns: 80 };
        let exec = ExecWorkload { size: Some(size), ..exec_of(&host, &inside, spec) };
        host.local().prepare_exec_io(exec.exec, ExecAttach { tty: true, ..PIPES }).unwrap();
        started(&mut host, &exec).await;
        let ExecIo { stdin, output } = host.local().exec_io(exec.exec).await.unwrap();
        let ExecOutput::Terminal(mut terminal) = output else { panic!("no terminal") };
        let mut first = [0; 7];
        timeout(PATIENCE, terminal.read_exact(&mut first)).await.expect("it speaks").unwrap();
        assert_eq!(&first, b"20 80\r\n");
        let size = TerminalSize { rows: 50, columns: 100 };
        host.local().resize_exec(inside.run, exec.exec, size).await.unwrap();
        stdin.unwrap().write_all(b"go\n").await.unwrap();
        assert_eq!(read_all(terminal).await, "go\r\n50 100\r\n");
        assert_eq!(exec_exit(&mut host, exec.exec).await, 4);
        let gone = host.local().resize_exec(inside.run, exec.exec, size).await;
        assert_eq!(gone, Err(EffectError::Gone));
    });
}

#[test]
fn a_terminal_that_nobody_wants_does_not_hold_its_program_up() {
    on_a_host(|mut host| async move {
        let inside = sleeper(&mut host).await;
        let spec = ExecSpec { tty: true, ..script("seq 100000; exit 6") };
        let exec = exec_of(&host, &inside, spec);
        started(&mut host, &exec).await;
        assert_eq!(exec_exit(&mut host, exec.exec).await, 6);
    });
}

#[test]
fn an_exec_that_cannot_be_started_is_reported_in_dockers_words() {
    on_a_host(|mut host| async move {
        let inside = sleeper(&mut host).await;
        let spec = ExecSpec { cmd: vec!["nosuch".into()], ..ExecSpec::default() };
        let exec = exec_of(&host, &inside, spec.clone());
        host.local().prepare_exec_io(exec.exec, PIPES).unwrap();
        host.local().start_exec(&exec).await.unwrap();
        let Observation::ExecStartFailed { exec: id, error } = host.report().await else {
            panic!()
        };
        assert_eq!((id, error.exit_code), (exec.exec, 127));
        assert!(error.message.contains("executable file not found in $PATH"), "{}", error.message);
        assert!(host.local().exec_io(exec.exec).await.is_err());
        host.local().signal(inside.run, 1, Signal::KILL).await.unwrap();
        host.exit(inside.run).await;
        let late = exec_of(&host, &inside, spec);
        host.local().start_exec(&late).await.unwrap();
        let Observation::ExecStartFailed { error, .. } = host.report().await else { panic!() };
        assert_eq!(error.message, "the container is not running");
    });
}

#[test]
fn an_exec_is_started_once_and_ends_with_its_container() {
    on_a_host(|mut host| async move {
        let inside = sleeper(&mut host).await;
        let counting = script("echo x >> /count; echo counted > /proc/1/fd/1; sleep 1000");
        let exec = exec_of(&host, &inside, counting);
        let pid = started(&mut host, &exec).await;
        assert_eq!(started(&mut host, &exec).await, pid);
        host.wait_for_text(inside.run.container, "counted\n").await;
        host.local().signal(inside.run, 1, Signal::KILL).await.unwrap();
        let Observation::ExecExited { exec: id, exit_code, .. } = host.report().await else {
            panic!("the end of the exec comes first")
        };
        assert_eq!((id, exit_code), (exec.exec, 137));
        assert_eq!(host.exit(inside.run).await.0, 137);
        let count =
            host.data().join("rw").join(inside.run.container.to_string()).join("upper/count");
        assert_eq!(std::fs::read_to_string(count).unwrap(), "x\n");
    });
}
