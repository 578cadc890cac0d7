//! A server that ends, and the next one.

use std::sync::Arc;

use backends_core::{Backend, ExecWorkload, Found, FoundExec, FoundRun, Observation};
use journal_domain::{ContainerSpec, ExecSpec, Signal};

use super::bundle::{follow_until, on_a_host};

#[test]
fn a_container_goes_on_without_a_server_and_the_next_one_watches_it() {
    on_a_host(|mut host| async move {
        let spec = ContainerSpec {
            open_stdin: true,
            ..host.spec(&["sh", "-c", "while read x; do echo got $x; done; exit 9"])
        };
        let workload = host.workload(spec);
        let pid = host.start(&workload).await;
        let container = workload.run.container;
        {
            use tokio::io::AsyncWriteExt;
            let mut stdin = host.local().stdin(workload.run).await.unwrap();
            stdin.writer.write_all(b"one\n").await.unwrap();
        }
        host.wait_for_text(container, "got one\n").await;
        host.restart(async {}).await;
        let found = host.local().list().await.unwrap();
        let [Found { run: Some(FoundRun::Running { incarnation: 1, pid: same, .. }), .. }] =
            &found[..]
        else {
            panic!("{found:?}")
        };
        assert_eq!(*same, pid);
        let again = host.local().list().await.unwrap();
        assert_eq!(again, found, "listing twice holds it once");
        use tokio::io::AsyncWriteExt;
        let mut stdin = host.local().stdin(workload.run).await.unwrap();
        stdin.writer.write_all(b"two\n").await.unwrap();
        host.wait_for_text(container, "got one\ngot two\n").await;
        (stdin.close)();
        assert_eq!(host.exit(workload.run).await.0, 9, "a dead server is not the end of input");
    });
}

#[test]
fn what_ended_without_a_server_is_found_with_its_code_and_all_its_output() {
    on_a_host(|mut host| async move {
        let workload =
            host.script("echo ready; while [ ! -e /go ]; do sleep 0.01; done; seq 2000; exit 11");
        let pid = host.start(&workload).await;
        let container = workload.run.container;
        host.wait_for_text(container, "ready\n").await;
        let dir = host.data().join("run").join(container.to_string()).join("1");
        host.restart(async move {
            std::fs::write(format!("/proc/{pid}/root/go"), "").unwrap();
            let lock = std::fs::File::open(dir.join("lock")).unwrap();
            // The shim holds this until it has left.
            tokio::task::spawn_blocking(move || {
                rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
            })
            .await
            .unwrap();
        })
        .await;
        let found = host.local().list().await.unwrap();
        let [Found { run: Some(FoundRun::Ended { incarnation: 1, report }), .. }] = &found[..]
        else {
            panic!("{found:?}")
        };
        let Observation::Exited { run, exit_code: 11, .. } = report else { panic!("{report:?}") };
        assert_eq!(*run, workload.run);
        assert!(host.text(container).ends_with("\n1999\n2000\n"));
    });
}

#[test]
fn execs_are_found_too() {
    on_a_host(|mut host| async move {
        let workload = host.script("sleep 1000");
        host.start(&workload).await;
        let exec = |host: &super::bundle::Host, script: &str| ExecWorkload {
            exec: host.exec_id(),
            run: workload.run,
            spec: Arc::new(ExecSpec {
                cmd: ["sh", "-c", script].map(str::to_owned).to_vec(),
                ..ExecSpec::default()
            }),
            container: Arc::clone(&workload.spec),
            hostname: workload.hostname.clone(),
            size: None,
        };
        let (short, long) = (exec(&host, "exit 8"), exec(&host, "sleep 1000"));
        host.local().start_exec(&short).await.unwrap();
        host.local().start_exec(&long).await.unwrap();
        let (mut pid, mut ended) = (0, false);
        while pid == 0 || !ended {
            let report = host.report().await;
            if let Observation::ExecStarted { exec, pid: started } = report
                && exec == long.exec
            {
                pid = started;
            }
            ended |= matches!(report, Observation::ExecExited { exit_code: 8, .. });
        }
        host.restart(async {}).await;
        let mut found = host.local().list().await.unwrap();
        assert_eq!(host.local().list().await.unwrap(), found, "listing again tells the same");
        let mut execs = found.remove(0).execs;
        execs.sort_by_key(|exec| exec.exec);
        let expected = [
            FoundExec { exec: short.exec, pid: None, exit_code: Some(8) },
            FoundExec { exec: long.exec, pid: Some(pid), exit_code: None },
        ];
        assert_eq!(execs, expected);
        host.local().signal(workload.run, 1, Signal::KILL).await.unwrap();
        let Observation::ExecExited { exec, .. } = host.report().await else { panic!() };
        assert_eq!(exec, long.exec, "from now on its end is observed");
    });
}

#[test]
fn a_container_whose_shim_was_killed_is_lost_and_nothing_of_it_runs() {
    on_a_host(|mut host| async move {
        let workload = host.script("sleep 1000");
        let pid = host.start(&workload).await;
        let shim = shim_of(&host, &workload);
        kill(shim);
        let Observation::Lost { run, .. } = host.report().await else { panic!("not lost") };
        assert_eq!(run, workload.run);
        assert!(!std::path::Path::new(&format!("/proc/{pid}/root/bin")).exists());
        let found = host.local().list().await.unwrap();
        let Some(FoundRun::Ended { report: Observation::Lost { .. }, .. }) = &found[0].run else {
            panic!("{found:?}")
        };
        host.remove(run.container).await;
        assert!(host.local().list().await.unwrap().is_empty());
    });
}

#[test]
fn a_container_with_files_alone_is_found() {
    on_a_host(|host| async move {
        let workload = host.script("true");
        let container = workload.run.container;
        drop(host.local().output(container).unwrap());
        let found = host.local().list().await.unwrap();
        assert_eq!(found, [Found { container, run: None, execs: Vec::new(), own: false }]);
        host.remove(container).await;
        assert!(host.local().list().await.unwrap().is_empty());
    });
}

#[test]
fn a_start_that_was_cut_short_is_done_again() {
    on_a_host(|mut host| async move {
        let workload = host.script("echo ran");
        let dir = host.data().join("run").join(workload.run.container.to_string()).join("1");
        std::fs::create_dir_all(dir.join("root")).unwrap();
        std::fs::write(dir.join("lock"), "").unwrap();
        let found = host.local().list().await.unwrap();
        assert_eq!(found[0].run, None, "nothing ran");
        assert_eq!(host.run(&workload).await, (0, "ran\n".into()));
    });
}

#[test]
fn output_written_while_no_server_looked_is_followed_without_a_gap() {
    on_a_host(|mut host| async move {
        let workload =
            host.script("i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; sleep 1000");
        host.start(&workload).await;
        let container = workload.run.container;
        host.restart(async {}).await;
        host.local().list().await.unwrap();
        let output = host.local().output(container).unwrap();
        let seen = follow_until(output, |seen, _| seen.ends_with(b"\n2999\n")).await;
        let expected: String = (0..3000).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8(seen).unwrap(), expected);
    });
}

pub(crate) fn shim_of(host: &super::bundle::Host, workload: &backends_core::Workload) -> i32 {
    let dir = host.data().join("run").join(workload.run.container.to_string()).join("1");
    let record = std::fs::read_to_string(dir.join("start.json")).unwrap();
    let record: sandbox_shim::StartRecord = serde_json::from_str(&record).unwrap();
    i32::try_from(record.shim_pid).unwrap()
}

pub(crate) fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
