//! Limits as the lines that are written.

use sandbox_shim::{DeviceRate, Resources};

use super::{v1, v2};

fn check(resources: &Resources, expected_v1: &[&str], expected_v2: &[&str]) {
    let lines = |settings: Vec<super::Setting>| -> Vec<String> {
        settings.iter().map(|setting| format!("{}={}", setting.file, setting.value)).collect()
    };
    assert_eq!(lines(v1(resources).unwrap()), expected_v1);
    assert_eq!(lines(v2(resources).unwrap()), expected_v2);
}

#[test]
fn nothing_asked_for_writes_nothing() {
    check(&Resources::default(), &[], &[]);
}

#[test]
fn memory_comes_before_swap_and_swap_defaults_to_twice() {
    check(
        &Resources { memory_bytes: Some(1000), ..Resources::default() },
        &["memory.limit_in_bytes=1000", "memory.memsw.limit_in_bytes=2000"],
        &["memory.max=1000", "memory.swap.max=1000"],
    );
    check(
        &Resources {
            memory_bytes: Some(1000),
            memory_swap_bytes: Some(-1),
            memory_reservation_bytes: Some(500),
            ..Resources::default()
        },
        &[
            "memory.limit_in_bytes=1000",
            "memory.memsw.limit_in_bytes=-1",
            "memory.soft_limit_in_bytes=500",
        ],
        &["memory.max=1000", "memory.swap.max=max", "memory.low=500"],
    );
}

#[test]
fn processors_become_quota_and_period() {
    check(
        &Resources { nano_cpus: Some(1_500_000_000), ..Resources::default() },
        &["cpu.cfs_period_us=100000", "cpu.cfs_quota_us=150000"],
        &["cpu.max=150000 100000"],
    );
    check(
        &Resources { cpu_period_micros: Some(50_000), ..Resources::default() },
        &["cpu.cfs_period_us=50000", "cpu.cfs_quota_us=-1"],
        &["cpu.max=max 50000"],
    );
}

#[test]
fn weights_are_rescaled_for_version_2() {
    check(
        &Resources { cpu_shares: Some(1024), blkio_weight: Some(1000), ..Resources::default() },
        &["cpu.shares=1024", "blkio.bfq.weight=1000"],
        &["cpu.weight=39", "io.weight=10000"],
    );
}

#[test]
fn unlimited_processes_and_processor_sets_are_passed_on() {
    check(
        &Resources {
            pids_limit: Some(-1),
            cpuset_cpus: Some("0-1".to_owned()),
            ..Resources::default()
        },
        &["cpuset.cpus=0-1"],
        &["cpuset.cpus=0-1"],
    );
    check(
        &Resources { pids_limit: Some(10), ..Resources::default() },
        &["pids.max=10"],
        &["pids.max=10"],
    );
}

#[test]
fn a_rate_names_the_numbers_of_its_device() {
    let rate = |rate| vec![DeviceRate { source: "/dev/null".into(), rate }];
    let resources = Resources {
        blkio_weights: rate(10),
        blkio_read_bytes: rate(1 << 20),
        blkio_write_operations: rate(100),
        ..Resources::default()
    };
    check(
        &resources,
        &[
            "blkio.bfq.weight_device=1:3 10",
            "blkio.throttle.read_bps_device=1:3 1048576",
            "blkio.throttle.write_iops_device=1:3 100",
        ],
        &["io.weight=1:3 1", "io.max=1:3 rbps=1048576", "io.max=1:3 wiops=100"],
    );
    let missing = vec![DeviceRate { source: "/nosuch".into(), rate: 1 }];
    assert!(v1(&Resources { blkio_read_bytes: missing, ..Resources::default() }).is_err());
}

#[test]
fn what_only_version_1_knows_is_asked_for_by_its_name() {
    let resources = Resources {
        memory_swappiness: Some(0),
        oom_kill_disable: true,
        cpu_realtime_period_micros: Some(1_000_000),
        cpu_realtime_runtime_micros: Some(950_000),
        ..Resources::default()
    };
    check(
        &resources,
        &[
            "memory.swappiness=0",
            "memory.oom_control=1",
            "cpu.rt_period_us=1000000",
            "cpu.rt_runtime_us=950000",
        ],
        &["memory.swappiness=0", "memory.oom_control=1", "cpu.rt_runtime_us=950000"],
    );
}
