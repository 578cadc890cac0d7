//! Limits that are refused, in dockerd's words, and how inspect shows those that are not.

use super::*;

const MIB: i64 = 1024 * 1024;

fn check(change: impl FnOnce(&mut HostConfig), message: &str) {
    let mut host = HostConfig::default();
    change(&mut host);
    let error = limits(&host, 2).unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn memory_out_of_range_is_refused() {
    check(|host| host.memory = MIB, "Minimum memory limit allowed is 6MB");
    check(|host| host.memory = -1, "Minimum memory limit allowed is 6MB");
    check(
        |host| (host.memory, host.memory_swap) = (64 * MIB, 32 * MIB),
        "Minimum memoryswap limit should be larger than memory limit, see usage",
    );
    check(
        |host| host.memory_swap = 64 * MIB,
        "You should always set the Memory limit when using Memoryswap limit, see usage",
    );
    check(
        |host| (host.memory, host.memory_reservation) = (64 * MIB, 128 * MIB),
        "Minimum memory limit can not be less than memory reservation limit, see usage",
    );
}

#[test]
fn processor_time_out_of_range_is_refused() {
    check(
        |host| host.nano_cpus = 3_000_000_000,
        "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
    );
    check(
        |host| (host.nano_cpus, host.cpu_quota) = (1, 5000),
        "Conflicting options: Nano CPUs and CPU Quota cannot both be set",
    );
    check(|host| host.cpu_quota = 10, "CPU cfs quota can not be less than 1ms (i.e. 1000)");
    check(|host| host.cpuset_cpus = "a-b".into(), "Invalid value a-b for cpuset cpus");
    check(|host| host.blkio_weight = 5, "range of blkio weight is from 10 to 1000");
}

#[test]
fn a_limit_of_a_process_is_checked() {
    let ulimit = |name: &str, soft, hard| ResourcesUlimits {
        name: Some(name.into()),
        soft: Some(soft),
        hard: Some(hard),
    };
    check(|host| host.ulimits = vec![ulimit("moons", 1, 1)], "invalid ulimit type: moons");
    check(
        |host| host.ulimits = vec![ulimit("nofile", 20, 10)],
        "ulimit soft limit must be less than or equal to hard limit: 20 > 10",
    );
    let host = HostConfig { ulimits: vec![ulimit("core", 0, -1)], ..HostConfig::default() };
    assert_eq!(limits(&host, 2).unwrap().ulimits[0].hard, -1);
}

#[test]
fn what_was_asked_is_shown_again() {
    let host = HostConfig {
        memory: 64 * MIB,
        nano_cpus: 500_000_000,
        pids_limit: Some(10),
        oom_score_adj: -5,
        cpuset_cpus: "0-1".into(),
        ..HostConfig::default()
    };
    let read = limits(&host, 2).unwrap();
    let mut shown = HostConfig::default();
    show_limits(&read, &mut shown);
    assert_eq!((shown.memory, shown.memory_swap), (64 * MIB, 128 * MIB));
    assert_eq!((shown.nano_cpus, shown.pids_limit), (500_000_000, Some(10)));
    assert_eq!((shown.oom_score_adj, shown.cpuset_cpus.as_str()), (-5, "0-1"));
}

#[test]
fn no_limit_of_processes_is_shown_as_none() {
    for asked in [None, Some(0), Some(-1)] {
        let host = HostConfig { pids_limit: asked, ..HostConfig::default() };
        let read = limits(&host, 2).unwrap();
        let unset = if asked.is_none() { PidsLimit::Unset } else { PidsLimit::Unlimited };
        assert_eq!(read.pids, unset);
        let mut shown = HostConfig::default();
        show_limits(&read, &mut shown);
        assert_eq!(shown.pids_limit, None);
    }
}
