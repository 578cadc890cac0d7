//! Starts and ends: their order, their codes, their words; once each.

use std::{path::Path, sync::Arc};

use backends_core::{Backend, EffectError, Observation, Workload};
use journal_domain::{ContainerSpec, PidsLimit, Signal, TerminalSize};

use super::bundle::{Host, add_layer, append, follow_until, on_a_host};

#[test]
fn a_start_is_reported_before_the_end_however_short_the_run_is() {
    on_a_host(|mut host| async move {
        for _ in 0..20 {
            let workload = host.script("exit 7");
            host.local().start(&workload).await.unwrap();
            let Observation::Started { run, pid, started_at, ports } = host.report().await else {
                panic!("no start")
            };
            assert_eq!(run, workload.run);
            assert!(pid > 1);
            assert_eq!(ports, []);
            let Observation::Exited { exit_code, oom_killed, finished_at, error, .. } =
                host.report().await
            else {
                panic!("no end")
            };
            assert_eq!((exit_code, oom_killed, error.as_str()), (7, false, ""));
            assert!(finished_at >= started_at);
        }
    });
}

#[test]
fn exit_codes_are_those_of_the_program_or_tell_the_signal() {
    on_a_host(|mut host| async move {
        for (script, code) in [("true", 0), ("exit 255", 255), ("kill -9 $$", 137), ("nosuch", 127)]
        {
            // A first process cannot kill itself, so the shell is not the first.
            let workload = host.script(&format!("sh -c '{script}'; exit $?"));
            assert_eq!(host.run(&workload).await.0, code, "{script}");
        }
        let workload = host.script("echo ready; sleep 1000");
        host.start(&workload).await;
        host.wait_for_text(workload.run.container, "ready\n").await;
        host.local().signal(workload.run, 1, Signal::KILL).await.unwrap();
        assert_eq!(host.exit(workload.run).await, (137, false));
    });
}

#[test]
fn a_start_is_done_once_however_often_it_is_asked_for() {
    on_a_host(|mut host| async move {
        let workload = host.script("echo started; sleep 1000");
        let pid = host.start(&workload).await;
        assert_eq!(host.start(&workload).await, pid, "it is the same process");
        host.wait_for_text(workload.run.container, "started\n").await;
        host.restart(async {}).await;
        assert_eq!(host.start(&workload).await, pid, "also for another server");
        host.local().signal(workload.run, 1, Signal::KILL).await.unwrap();
        host.exit(workload.run).await;
        assert_eq!(host.start(&workload).await, pid, "and when it has ended");
        assert_eq!(host.exit(workload.run).await, (137, false));
        assert_eq!(host.text(workload.run.container), "started\n");
    });
}

#[test]
fn the_next_run_keeps_what_the_last_one_wrote() {
    on_a_host(|mut host| async move {
        let mut workload = host.script("cat /kept 2>/dev/null; echo run >> /kept");
        for incarnation in 1..=3 {
            workload.run.incarnation = incarnation;
            host.start(&workload).await;
            assert_eq!(host.exit(workload.run).await.0, 0);
        }
        assert_eq!(host.text(workload.run.container), "run\nrun\nrun\n");
        let runs = host.data().join("run").join(workload.run.container.to_string());
        assert_eq!(std::fs::read_dir(runs).unwrap().count(), 1, "records of the last run alone");
    });
}

#[test]
fn a_program_that_cannot_be_started_is_reported_in_dockers_words() {
    on_a_host(|mut host| async move {
        let tty = |host: &Host, cmd: &str, dir: &str| {
            let spec = ContainerSpec { working_dir: dir.into(), ..host.spec(&[cmd]) };
            host.workload(spec)
        };
        let cases = [
            ("nosuch", "/", 127, "exec: \"nosuch\": executable file not found in $PATH"),
            (
                "/bin/nosuch",
                "/",
                127,
                "exec: \"/bin/nosuch\": stat /bin/nosuch: no such file or directory",
            ),
            ("/etc/not-a-program", "/", 126, "exec: \"/etc/not-a-program\": permission denied"),
        ];
        for (cmd, dir, code, words) in cases {
            let workload = tty(&host, cmd, dir);
            host.local().start(&workload).await.unwrap();
            let Observation::StartFailed { run, error } = host.report().await else {
                panic!("{cmd} started")
            };
            assert_eq!((run, error.exit_code), (workload.run, code), "{}", error.message);
            assert!(error.message.contains(words), "{}", error.message);
            // The failure is kept: asking again starts nothing and tells the same.
            host.local().start(&workload).await.unwrap();
            assert_eq!(host.report().await, Observation::StartFailed { run, error });
            host.remove(run.container).await;
        }
    });
}

#[test]
fn what_the_host_cannot_give_is_a_failed_start() {
    on_a_host(|mut host| async move {
        let mut spec = host.spec(&["true"]);
        spec.layers.push(journal_domain::Digest::from_bytes([0; 32]));
        let gone = host.workload(spec);
        host.local().start(&gone).await.unwrap();
        let Observation::StartFailed { error, .. } = host.report().await else { panic!() };
        assert_eq!(error.exit_code, 128);
        assert!(error.message.ends_with("of the image is not on this host"), "{}", error.message);
        let mut spec = host.spec(&["true"]);
        spec.network = journal_domain::NetworkMode::Bridge;
        let unleased = host.workload(spec);
        host.local().start(&unleased).await.unwrap();
        let Observation::StartFailed { error, .. } = host.report().await else { panic!() };
        assert!(error.message.contains("no address"), "{}", error.message);
    });
}

#[test]
fn a_signal_is_sent_once_for_each_number() {
    on_a_host(|mut host| async move {
        let workload = host.script(
            "trap 'echo usr1' USR1; trap 'echo usr2' USR2; trap 'echo term; exit 3' TERM; echo ready; \
             while :; do sleep 0.01; done",
        );
        host.start(&workload).await;
        let (run, container) = (workload.run, workload.run.container);
        host.wait_for_text(container, "ready\n").await;
        let (usr1, usr2) = ("USR1".parse().unwrap(), "USR2".parse().unwrap());
        host.local().signal(run, 1, usr1).await.unwrap();
        host.wait_for_text(container, "usr1\n").await;
        host.local().signal(run, 1, usr1).await.unwrap();
        host.restart(async {}).await;
        host.local().list().await.unwrap();
        host.local().signal(run, 1, usr1).await.unwrap();
        host.local().signal(run, 2, usr2).await.unwrap();
        host.wait_for_text(container, "usr2\n").await;
        host.local().signal(run, 3, Signal::TERM).await.unwrap();
        assert_eq!(host.exit(run).await.0, 3);
        assert_eq!(host.text(container), "ready\nusr1\nusr2\nterm\n");
        let late = host.local().signal(run, 4, Signal::KILL).await;
        assert_eq!(late, Err(EffectError::Gone));
    });
}

#[test]
fn a_terminal_has_the_size_it_was_given_and_follows_a_resize() {
    on_a_host(|mut host| async move {
        let script = "stty size; trap 'stty size' WINCH; tty -s 2>/dev/null; echo $TERM; \
                      while :; do sleep 0.01; done";
        let spec = ContainerSpec { tty: true, ..host.spec(&["sh", "-c", script]) };
        let size = TerminalSize { rows: 25, columns: 90 };
        let workload = Workload { size: Some(size), ..host.workload(spec) };
        host.start(&workload).await;
        let container = workload.run.container;
        host.wait_for_text(container, "25 90\r\nxterm\r\n").await;
        let size = TerminalSize { rows: 40, columns: 132 };
        host.local().resize(workload.run, size).await.unwrap();
        host.wait_for_text(container, "40 132\r\n").await;
        let piped = host.script("echo ready; sleep 1000");
        host.start(&piped).await;
        let refused = host.local().resize(piped.run, size).await;
        assert!(matches!(refused, Err(EffectError::Unsupported(_))), "{refused:?}");
    });
}

#[test]
fn standard_input_goes_to_the_program_and_ends_when_it_is_closed() {
    on_a_host(|mut host| async move {
        use tokio::io::AsyncWriteExt;
        let spec = ContainerSpec { open_stdin: true, ..host.spec(&["sh", "-c", "cat; echo end"]) };
        let workload = host.workload(spec);
        host.start(&workload).await;
        let mut first = host.local().stdin(workload.run).await.unwrap();
        first.writer.write_all(b"one\n").await.unwrap();
        drop(first);
        let mut second = host.local().stdin(workload.run).await.unwrap();
        let mut third = host.local().stdin(workload.run).await.unwrap();
        second.writer.write_all(b"two\n").await.unwrap();
        host.wait_for_text(workload.run.container, "one\ntwo\n").await;
        (second.close)();
        assert!(third.writer.write_all(b"late").await.is_err(), "it is closed for all");
        assert_eq!(host.exit(workload.run).await.0, 0);
        assert_eq!(host.text(workload.run.container), "one\ntwo\nend\n");
        let closed = host.script("cat; echo end");
        assert_eq!(host.run(&closed).await, (0, "end\n".into()), "it is at its end from the start");
        assert!(host.local().stdin(closed.run).await.is_err());
    });
}

#[test]
fn the_specification_reaches_the_program() {
    on_a_host(|mut host| async move {
        let mut spec = host.spec(&[
            "sh",
            "-c",
            "id -u; hostname; echo $A $HOME; pwd; cat /etc/hostname; ls /mem; cat /proc/self/limits \
             | head -8 | tail -1 | wc -w; ps | head -2 | tail -1 | wc -l",
        ]);
        spec.user = "app".into();
        spec.env = vec!["A=b c".into()];
        spec.working_dir = "/made/for/it".into();
        spec.tmpfs.insert("/mem".into(), "size=1m".into());
        let workload = host.workload(spec);
        let name = workload.hostname.clone();
        let (code, text) = host.run(&workload).await;
        assert_eq!(code, 0, "{text}");
        let expected = format!("1000\n{name}\nb c /tmp\n/made/for/it\n{name}\n");
        assert!(text.starts_with(&expected), "{text}");
    });
}

#[test]
fn limits_are_enforced() {
    on_a_host(|mut host| async move {
        let info = host.local().info();
        if info.cgroup_version.is_empty() {
            return;
        }
        let mut spec = host.spec(&["sh", "-c", "x=$(yes | head -c 200000000); echo survived"]);
        spec.limits.memory_bytes = 32 << 20;
        spec.limits.memory_swap_bytes = 32 << 20;
        let hungry = host.workload(spec);
        host.start(&hungry).await;
        let (_, oom_killed) = host.exit(hungry.run).await;
        assert!(oom_killed, "{}", host.text(hungry.run.container));
        let mut spec =
            host.spec(&["sh", "-c", "for i in 1 2 3 4 5; do sleep 5 & done; echo unlimited"]);
        spec.limits.pids = PidsLimit::Max(3);
        let crowded = host.workload(spec);
        let (code, text) = host.run(&crowded).await;
        assert_ne!(code, 0, "{text}");
        assert!(!text.contains("unlimited"), "{text}");
    });
}

#[test]
fn two_containers_of_one_image_share_its_layers_and_nothing_else() {
    on_a_host(|mut host| async move {
        let mut upper = tar::Builder::new(Vec::new());
        append(&mut upper, "greeting", tar::EntryType::Regular, 0o644, b"hello\n", None);
        append(&mut upper, ".wh.etc", tar::EntryType::Regular, 0o644, b"", None);
        let top = add_layer(&host.images, &upper.into_inner().unwrap());
        let both = vec![host.layer, top];
        let script =
            "cat /greeting; ls /etc/passwd 2>/dev/null; echo mine > /greeting; cat /greeting";
        let spec = ContainerSpec { layers: both.clone(), ..host.spec(&["sh", "-c", script]) };
        for _ in 0..2 {
            let workload = host.workload(spec.clone());
            assert_eq!(host.run(&workload).await.1, "hello\nmine\n");
            let used = host.local().disk_usage(workload.run.container).await.unwrap();
            assert_eq!(used.writable_bytes, 5);
        }
        let lease = host.images.lease();
        lease.hold(backends_images::Digest::from_bytes(*top.as_bytes()));
        let mark = host.local().mark();
        let dropped = host.local().drop_unreferenced(&both, mark).await.unwrap();
        assert_eq!(dropped, [host.layer], "one that is held stays");
        // A transfer finds the layer between the look at the state and the deletion, refers to it, and ends.
        lease.hold(backends_images::Digest::from_bytes(*top.as_bytes()));
        drop(lease);
        let dropped = host.local().drop_unreferenced(&both, mark).await.unwrap();
        assert_eq!(dropped, [host.layer], "one that was used since stays");
        let mark = host.local().mark();
        assert_eq!(host.local().drop_unreferenced(&both, mark).await.unwrap(), both);
    });
}

#[test]
fn the_backend_tells_what_it_is() {
    on_a_host(|host| async move {
        let info = host.local().info();
        assert_eq!((info.name, info.storage_driver), ("local", "overlay2"));
        assert_eq!(Path::new(&info.root), host.data());
        assert!(info.security_options.contains(&"name=seccomp,profile=builtin".to_owned()));
        assert!(!info.warnings.iter().any(|line| line.contains("no container")), "{info:?}");
    });
}

#[test]
fn many_runs_at_once_do_not_disturb_each_other() {
    on_a_host(|mut host| async move {
        let workloads: Vec<Workload> =
            (0..24).map(|number| host.script(&format!("echo {number}; exit {number}"))).collect();
        let starts = workloads.iter().map(|workload| {
            let (local, workload) = (Arc::clone(host.local()), workload.clone());
            tokio::spawn(async move { local.start(&workload).await })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.unwrap().unwrap();
        }
        let mut codes = Vec::new();
        while codes.len() < workloads.len() {
            if let Observation::Exited { exit_code, .. } = host.report().await {
                codes.push(exit_code);
            }
        }
        codes.sort_unstable();
        assert_eq!(codes, (0..24).collect::<Vec<_>>());
        for (number, workload) in workloads.iter().enumerate() {
            assert_eq!(host.text(workload.run.container), format!("{number}\n"));
        }
    });
}

#[test]
fn output_is_apart_by_stream_and_in_order() {
    on_a_host(|mut host| async move {
        let workload = host.script("echo out; sleep 0.05; echo err >&2; sleep 0.05; echo out");
        host.start(&workload).await;
        let output = host.local().output(workload.run.container).unwrap();
        let mut streams = Vec::new();
        follow_until(output, |seen, stream| {
            streams.push(stream);
            seen.len() == 12
        })
        .await;
        use backends_logs::Stream::{Stderr, Stdout};
        assert_eq!(streams, [Stdout, Stderr, Stdout]);
    });
}
