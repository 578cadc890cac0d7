//! Files as kernels write them.

use std::fs;

use super::*;

#[test]
fn version_one_is_read_by_controller() {
    let folder = tempfile::tempdir().unwrap();
    let groups = Groups::V1(
        ["cpuacct", "cpu", "memory", "pids", "blkio"]
            .map(|name| {
                let path = folder.path().join(name);
                fs::create_dir(&path).unwrap();
                (vec![name.to_owned()], path)
            })
            .to_vec(),
    );
    for (file, text) in [
        ("cpuacct/cpuacct.usage", "1500000000\n"),
        ("cpuacct/cpuacct.usage_percpu", "1000000000 500000000 \n"),
        ("cpuacct/cpuacct.stat", "user 100\nsystem 50\n"),
        ("cpu/cpu.stat", "nr_periods 4\nnr_throttled 2\nthrottled_time 7\n"),
        ("memory/memory.usage_in_bytes", "4096\n"),
        ("memory/memory.max_usage_in_bytes", "8192\n"),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ("memory/memory.failcnt", "3\n"),
        ("memory/memory.stat", "cache 1\nrss 2\n"),
        ("pids/pids.current", "2\n"),
        ("pids/pids.max", "max\n"),
        (
            "blkio/blkio.throttle.io_service_bytes_recursive",
            "254:0 Read 10\n254:0 Write 20\nTotal 30\n",
        ),
        ("blkio/blkio.throttle.io_serviced_recursive", "254:0 Read 1\n254:0 Write 2\nTotal 3\n"),
    ] {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let cpu = groups.cpu();
    assert_eq!(
        (cpu.total_nanos, cpu.user_nanos, cpu.kernel_nanos),
        (1_500_000_000, SECOND, SECOND / 2)
    );
    assert_eq!((cpu.per_cpu_nanos.len(), cpu.throttled_periods, cpu.throttled_nanos), (2, 2, 7));
    let memory = groups.memory(1 << 30);
    assert_eq!((memory.bytes, memory.max_bytes, memory.limit_bytes), (4096, Some(8192), 1 << 30));
    assert_eq!((memory.failures, memory.counters["rss"]), (Some(3), 2));
    assert_eq!(groups.pids(), PidsUsage { current: 2, limit: None });
    let io = groups.block_io();
    assert_eq!(io.len(), 2);
    assert_eq!((io[1].operation.as_str(), io[1].bytes, io[1].operations), ("Write", 20, 2));
}

#[test]
fn version_two_is_one_directory() {
    let folder = tempfile::tempdir().unwrap();
    let groups = Groups::V2(folder.path().to_owned());
    for (file, text) in [
        (
            "cpu.stat",
            "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 1\nthrottled_usec 2\n",
        ),
        ("memory.current", "4096\n"),
        ("memory.max", "max\n"),
        ("memory.stat", "anon 5\n"),
        ("memory.events", "low 0\nmax 9\n"),
        ("pids.current", "1\n"),
        ("pids.max", "64\n"),
        ("io.stat", "254:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n"),
    ] {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let cpu = groups.cpu();
    assert_eq!((cpu.total_nanos, cpu.user_nanos, cpu.kernel_nanos), (30_000, 20_000, 10_000));
    let memory = groups.memory(1 << 30);
    assert_eq!((memory.bytes, memory.limit_bytes, memory.failures), (4096, 1 << 30, Some(9)));
    assert_eq!(groups.pids(), PidsUsage { current: 1, limit: Some(64) });
    let io = groups.block_io();
    assert_eq!((io[0].operation.as_str(), io[0].bytes, io[1].operations), ("read", 10, 2));
}
