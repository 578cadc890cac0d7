//! The fake keeps the contract of a backend.

use std::collections::BTreeMap;

use journal_domain::ContainerSpec;
use tokio::io::AsyncReadExt as _;

use super::{world::FIRST_PID, *};
use crate::{ExecOutput, FoundRun, ObservationReceiver, observations};

fn fake() -> (tempfile::TempDir, Arc<FakeBackend>, ObservationReceiver) {
    let folder = tempfile::tempdir().unwrap();
    let (sender, receiver) = observations();
    let clock: FakeClock = Arc::new(|| Timestamp::from_unix_nanos(7));
    let fake = FakeBackend::new(folder.path().to_owned(), sender, clock);
    (folder, fake, receiver)
}

fn workload(program: &str) -> Workload {
    let spec = ContainerSpec {
        cmd: Some(vec![program.to_owned()]),
        open_stdin: true,
        ..ContainerSpec::default()
    };
    Workload {
        run: RunId { container: ContainerId::from_bytes([1; 32]), incarnation: 1 },
        name: "web".to_owned(),
        hostname: "web".to_owned(),
        spec: Arc::new(spec),
        options: None,
        endpoints: Vec::new(),
        way_out: None,
        links: Vec::new(),
        bridge: None,
        peers: BTreeMap::new(),
        size: None,
    }
}

#[tokio::test]
async fn a_run_starts_once_and_ends_once() {
    let (_folder, fake, mut reports) = fake();
    let workload = workload("sleep");
    fake.start(&workload).await.unwrap();
    fake.start(&workload).await.unwrap();
    assert!(fake.exit(workload.run.container, 3).await);
    assert!(!fake.exit(workload.run.container, 4).await);
    let now = Timestamp::from_unix_nanos(7);
    let run = workload.run;
    let started = Observation::Started { run, pid: FIRST_PID, started_at: now, ports: Vec::new() };
    for _ in 0..2 {
        assert_eq!(reports.recv().await, Some(started.clone()), "each try is told of the one run");
    }
    let ended = reports.recv().await.unwrap();
    assert!(matches!(ended, Observation::Exited { exit_code: 3, .. }), "{ended:?}");
    assert!(reports.try_recv().is_err());
    assert_eq!(
        fake.list().await.unwrap()[0].run,
        Some(FoundRun::Ended { incarnation: 1, report: ended })
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_is_127() {
    let (_folder, fake, mut reports) = fake();
    fake.start(&workload("nosuch")).await.unwrap();
    let report = reports.recv().await.unwrap();
    let Observation::StartFailed { error, .. } = report else { panic!("{report:?}") };
    assert_eq!(error.exit_code, 127);
    assert_eq!(error.message, "exec: \"nosuch\": executable file not found in $PATH");
}

#[tokio::test]
async fn a_signal_is_sent_once_for_each_number() {
    let (_folder, fake, _reports) = fake();
    let workload = workload("sleep");
    let hangup: Signal = "HUP".parse().unwrap();
    fake.start(&workload).await.unwrap();
    for number in [1, 1, 2] {
        fake.signal(workload.run, number, hangup).await.unwrap();
    }
    assert_eq!(fake.signals(workload.run.container), [hangup, hangup]);
    fake.signal(workload.run, 3, Signal::KILL).await.unwrap();
    assert_eq!(fake.signal(workload.run, 4, Signal::KILL).await, Err(EffectError::Gone));
}

#[tokio::test]
async fn output_is_kept_and_growth_is_told() {
    let (_folder, fake, _reports) = fake();
    let container = workload("sleep").run.container;
    let mut output = fake.output(container).unwrap();
    fake.print(container, Stream::Stdout, b"hello\n");
    output.grown.changed().await.unwrap();
    let frame = output.reader.next_frame().unwrap().unwrap();
    assert_eq!(&frame.bytes[..], b"hello\n");
}

#[tokio::test]
async fn input_is_kept_until_it_is_closed() {
    use tokio::io::AsyncWriteExt as _;
    let (_folder, fake, _reports) = fake();
    let workload = workload("cat");
    fake.start(&workload).await.unwrap();
    let mut stdin = fake.stdin(workload.run).await.unwrap();
    stdin.writer.write_all(b"abc").await.unwrap();
    assert_eq!(fake.input(workload.run.container), (b"abc".to_vec(), false));
    (stdin.close)();
    assert_eq!(fake.input(workload.run.container), (b"abc".to_vec(), true));
}

#[tokio::test]
async fn an_execs_output_ends_with_it() {
    let (_folder, fake, mut reports) = fake();
    let exec = ExecId::from_bytes([2; 32]);
    let attach = ExecAttach { stdout: true, ..ExecAttach::default() };
    fake.prepare_exec_io(exec, attach).unwrap();
    let spec = journal_domain::ExecSpec { cmd: vec!["echo".into()], ..Default::default() };
    let container = workload("sleep");
    let workload = ExecWorkload {
        exec,
        run: container.run,
        spec: Arc::new(spec),
        container: container.spec,
        hostname: String::new(),
        size: None,
    };
    fake.start_exec(&workload).await.unwrap();
    let io = fake.exec_io(exec).await.unwrap();
    assert!(fake.print_exec(exec, Stream::Stdout, b"out").await);
    assert!(!fake.print_exec(exec, Stream::Stderr, b"nobody reads").await);
    assert!(fake.exit_exec(exec, 5).await);
    let ExecOutput::Split { stdout: Some(mut stdout), stderr: None } = io.output else {
        panic!("only standard output was asked for")
    };
    let mut read = Vec::new();
    stdout.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, b"out");
    reports.recv().await.unwrap();
    let ended = Observation::ExecExited { exec, exit_code: 5, error: String::new() };
    assert_eq!(reports.recv().await, Some(ended));
}
