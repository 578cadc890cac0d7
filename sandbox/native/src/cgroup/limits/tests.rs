//! Limits as the lines that are written.

use sandbox_shim::Resources;

use super::{v1, v2};

fn check(resources: &Resources, expected_v1: &[&str], expected_v2: &[&str]) {
    let lines = |settings: Vec<super::Setting>| -> Vec<String> {
        settings.iter().map(|setting| format!("{}={}", setting.file, setting.value)).collect()
    };
    assert_eq!(lines(v1(resources)), expected_v1);
    assert_eq!(lines(v2(resources)), expected_v2);
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
