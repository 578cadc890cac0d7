//! Limits that are enforced.

use sandbox_shim::{Mount, Rlimit, RlimitKind, TmpfsMount};

use crate::harness::{command, shell};

const MEGABYTE: u64 = 1024 * 1024;

#[test]
fn more_memory_than_allowed_is_an_oom_kill() {
    let setup = command(&["dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"])
        .with(|config| config.resources.memory_bytes = Some(32 * MEGABYTE));
    let exit = setup.run().exit;
    assert_eq!((exit.code, exit.signal, exit.oom), (137, Some(9), true));
}

#[test]
fn an_oom_kill_of_a_child_is_noticed_too() {
    let setup = shell("dd if=/dev/zero of=/dev/null bs=200M count=1; exit 3")
        .with(|config| config.resources.memory_bytes = Some(32 * MEGABYTE));
    let exit = setup.run().exit;
    assert_eq!((exit.code, exit.oom), (3, true));
}

#[test]
fn the_number_of_processes_is_limited() {
    let script = "i=0; while [ $i -lt 20 ]; do sleep 5 & i=$((i+1)); done; echo all";
    let ended = shell(script).with(|config| config.resources.pids_limit = Some(8)).run();
    assert!(ended.stderr.contains("can't fork"), "{}", ended.stderr);
    assert!(!ended.stdout.contains("all"));
}

#[test]
fn limits_are_visible_in_the_control_groups() {
    let setup = shell(
        "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares pids/pids.max cpuset/cpuset.cpus",
    )
    .with(|config| {
        config.resources.memory_bytes = Some(64 * MEGABYTE);
        config.resources.nano_cpus = Some(500_000_000);
        config.resources.cpu_shares = Some(512);
        config.resources.pids_limit = Some(50);
        config.resources.cpuset_cpus = Some("0".to_owned());
    });
    assert_eq!(setup.stdout(), "67108864\n50000\n512\n50\n0\n");
}

#[test]
fn shared_memory_has_its_size() {
    let setup = shell("df -k /dev/shm | tail -1 | awk '{print $2}'; stat -c %a /dev/shm")
        .with(|config| config.shm_size_bytes = 2 * MEGABYTE);
    assert_eq!(setup.stdout(), "2048\n1777\n");
}

#[test]
fn resource_limits_are_set_and_clamped_with_a_warning() {
    let limit = |kind, soft, hard| Rlimit { kind, soft, hard };
    let setup = shell("ulimit -n; ulimit -Hn; ulimit -c; ulimit -s").with(|config| {
        config.process.rlimits = vec![
            limit(RlimitKind::Nofile, 100, 200),
            limit(RlimitKind::Core, 0, 0),
            limit(RlimitKind::Stack, 1024 * 1024, u64::MAX),
        ];
    });
    assert_eq!(setup.stdout(), "100\n200\n0\n1024\n");

    let host = rustix::process::getrlimit(rustix::process::Resource::Memlock).maximum;
    let Some(host) = host else { return };
    let mut container = shell("ulimit -Hl")
        .with(|config| {
            config.process.rlimits = vec![limit(RlimitKind::Memlock, u64::MAX, u64::MAX)];
        })
        .start();
    let ended = container.finish();
    if container.start.warnings.is_empty() {
        assert_eq!(ended.stdout, "unlimited\n");
    } else {
        assert_eq!(ended.stdout, format!("{}\n", host / 1024));
        assert!(container.start.warnings[0].contains("for memlock"));
    }
}

#[test]
fn a_tmpfs_has_its_options() {
    let setup = shell(
        "grep ' /scratch ' /proc/mounts; stat -c %a /scratch; echo x > /scratch/x && echo written",
    )
    .with(|config| {
        let options = "size=128k,mode=700".to_owned();
        config.mounts = vec![Mount::Tmpfs(TmpfsMount { target: "/scratch".to_owned(), options })];
    });
    let out = setup.stdout();
    assert!(out.contains("nosuid,nodev,noexec") && out.contains("size=128k"), "{out}");
    assert!(out.ends_with("700\nwritten\n"), "{out}");
}

#[test]
fn an_oom_score_is_set_and_one_the_host_refuses_is_a_warning() {
    let setup = shell("cat /proc/self/oom_score_adj").with(|config| config.oom_score_adj = 300);
    assert_eq!(setup.stdout(), "300\n");
    let mut container =
        shell("cat /proc/self/oom_score_adj").with(|config| config.oom_score_adj = -500).start();
    let ended = container.finish();
    let warned = container.start.warnings.iter().any(|w| w.contains("oom_score_adj"));
    assert_eq!(ended.stdout, if warned { "0\n" } else { "-500\n" });
}
