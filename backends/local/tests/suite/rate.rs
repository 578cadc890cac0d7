//! Rates that users would notice: a flood of output, many small execs, starts.

use std::sync::Arc;

use backends_core::{Backend, ExecAttach, ExecIo, ExecOutput, ExecWorkload, Observation, Workload};
use journal_domain::ExecSpec;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Instant,
};

use super::bundle::{Host, on_a_host};

/// Output of one container in this suite, in bytes. The figure of the benchmark is 500 MB.
const FLOOD_BYTES: usize = 100 << 20;

#[test]
fn a_flood_of_output_is_followed_to_its_last_byte() {
    on_a_host(|mut host| async move {
        let workload = host.script(&format!("head -c {FLOOD_BYTES} /dev/zero"));
        let mut output = host.local().output(workload.run.container).unwrap();
        let began = Instant::now();
        host.start(&workload).await;
        let mut count = 0;
        while count < FLOOD_BYTES {
            while let Some(frame) = output.reader.next_frame().unwrap() {
                count += frame.bytes.len();
            }
            if count < FLOOD_BYTES {
                output.grown.changed().await.unwrap();
            }
        }
        println!("{} MB/s of output", (count as f64 / began.elapsed().as_secs_f64() / 1e6) as u64);
        assert_eq!(count, FLOOD_BYTES);
        host.exit(workload.run).await;
    });
}

#[test]
fn execs_one_after_another_do_not_get_slower() {
    on_a_host(|mut host| async move {
        let inside = host.script("sleep 1000");
        host.start(&inside).await;
        let began = Instant::now();
        let rounds = 300;
        for _ in 0..rounds {
            echo(&mut host, &inside).await;
        }
        println!("{:.0} execs a second", f64::from(rounds) / began.elapsed().as_secs_f64());
    });
}

#[test]
fn starts_one_after_another_leave_room_for_more() {
    on_a_host(|mut host| async move {
        let mut times = Vec::new();
        for _ in 0..50 {
            let workload = host.workload(host.spec(&["true"]));
            let began = Instant::now();
            host.start(&workload).await;
            times.push(began.elapsed());
            host.exit(workload.run).await;
            host.remove(workload.run.container).await;
        }
        times.sort();
        println!("start to report: p50 {:?}, p95 {:?}", times[25], times[47]);
    });
}

async fn echo(host: &mut Host, inside: &Workload) {
    let exec = ExecWorkload {
        exec: host.exec_id(),
        run: inside.run,
        spec: Arc::new(ExecSpec { cmd: vec!["cat".into()], ..ExecSpec::default() }),
        container: Arc::clone(&inside.spec),
        hostname: inside.hostname.clone(),
        size: None,
    };
    let attach = ExecAttach { stdin: true, stdout: true, stderr: true, tty: false };
    host.local().prepare_exec_io(exec.exec, attach).unwrap();
    host.local().start_exec(&exec).await.unwrap();
    let ExecIo { stdin, output } = host.local().exec_io(exec.exec).await.unwrap();
    let ExecOutput::Split { stdout: Some(mut stdout), .. } = output else { panic!() };
    let mut stdin = stdin.unwrap();
    stdin.write_all(b"echo").await.unwrap();
    drop(stdin);
    let mut text = String::new();
    stdout.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "echo");
    while !matches!(host.report().await, Observation::ExecExited { exit_code: 0, .. }) {}
}
