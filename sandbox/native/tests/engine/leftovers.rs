//! What is left after containers: nothing.

use std::collections::BTreeSet;
use std::fs;

use sandbox_shim::{
    Cgroups, Endpoint, HostRequest, InterfaceAddress, MacAddress, Network, SweepRequest,
};

use crate::harness::{command, eventually, shell};
use crate::image::{CGROUP_PARENT, HOST, prepare, tool};

/// Mounts of or over anything in `dirs`; others come and go with whoever else uses the host.
fn mounts_of(dirs: &[String]) -> Vec<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let ours = |line: &&str| dirs.iter().any(|dir| line.contains(dir));
    mounts.lines().filter(ours).map(str::to_owned).collect()
}

fn interfaces() -> BTreeSet<String> {
    let names = fs::read_dir("/sys/class/net").unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn groups_of(ids: &[String]) -> Vec<String> {
    let Cgroups::V1 { hierarchies } = &HOST.cgroups else { return Vec::new() };
    let names = hierarchies.iter().flat_map(|h| fs::read_dir(&h.parent).unwrap());
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| ids.contains(name)).collect()
}

#[test]
fn fifty_starts_leave_nothing_behind() {
    let mut dirs = Vec::new();
    let mut ids = Vec::new();
    let mut kept = Vec::new();
    for number in 0..50 {
        let argv: &[&str] = if number % 5 == 0 { &["nosuch"] } else { &["true"] };
        let setup = command(argv).with(|config| config.init = number % 7 == 0);
        dirs.push(setup.dir.path().to_str().unwrap().to_owned());
        ids.push(setup.config.cgroup_name.clone());
        if let Ok(mut container) = setup.try_start() {
            assert_eq!(container.finish().exit.code, 0);
            let files: BTreeSet<String> = fs::read_dir(&container.config.run_dir)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            assert_eq!(
                files,
                ["exit.json", "lock", "root", "start.json"].map(str::to_owned).into()
            );
            kept.push(container);
        }
    }
    assert_eq!(groups_of(&ids), Vec::<String>::new());
    assert_eq!(mounts_of(&dirs), Vec::<String>::new());
}

#[test]
fn interfaces_go_with_the_namespace() {
    let endpoints = |number: u32| {
        vec![Endpoint {
            bridge: "lo-nobridge".to_owned(),
            host_interface: format!("slleft{number}"),
            container_interface: "eth0".to_owned(),
            mac: MacAddress::new([2, 0x42, 10, 98, 0, 2]),
            mtu_bytes: None,
            addresses: vec![InterfaceAddress {
                address: "10.98.0.2".parse().unwrap(),
                prefix_len: 24,
            }],
            gateway: None,
            gateway_v6: None,
            isolated: false,
        }]
    };
    #[expect(clippy::disallowed_methods, reason = "the test makes its own bridge")]
    let ip = |arguments: &[&str]| {
        let run = std::process::Command::new("/bin/busybox").arg("ip").args(arguments).output();
        assert!(run.unwrap().status.success());
    };
    ip(&["link", "add", "lo-nobridge", "type", "bridge"]);
    for number in 0..5 {
        let argv: &[&str] = if number == 0 { &["nosuch"] } else { &["true"] };
        let setup = command(argv)
            .with(|config| config.network = Network::Bridge { endpoints: endpoints(number) });
        let _ = setup.try_start().map(crate::harness::Container::end);
    }
    eventually("the interfaces' end", || {
        !interfaces().iter().any(|name| name.starts_with("slleft"))
    });
    ip(&["link", "del", "lo-nobridge"]);
}

#[test]
fn sweeping_removes_what_a_killed_shim_has_left() {
    let mut container = shell("sleep 1000 & sleep 1001").start();
    let paths = container.cgroup_paths();
    let mut shim = container.shim().take().unwrap();
    shim.kill().unwrap();
    shim.wait().unwrap();
    assert!(paths.iter().any(|path| path.exists()));
    let request = SweepRequest {
        cgroups: container.config.cgroups.clone(),
        cgroup_name: container.config.cgroup_name.clone(),
    };
    for _ in 0..2 {
        let swept = tool("sweep", &request);
        assert!(swept.status.success(), "{}", String::from_utf8_lossy(&swept.stderr));
    }
    assert!(paths.iter().all(|path| !path.exists()));
}

#[test]
fn preparing_the_host_twice_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let request = HostRequest {
        cgroup_parent: format!("/{CGROUP_PARENT}/nested/"),
        private_mount: dir.path().join("cgroup"),
        keep_processes: true,
        favor_dynmods: false,
    };
    let first = prepare(&request);
    assert_eq!(prepare(&request), first);
    let mut container = shell("true").with(|config| config.cgroups = first.cgroups.clone()).start();
    assert_eq!(container.finish().exit.code, 0);
}

#[test]
fn without_control_groups_containers_run_but_limits_are_refused() {
    let absent = || shell("echo ran").with(|config| config.cgroups = Cgroups::Absent);
    assert_eq!(absent().stdout(), "ran\n");
    let mut container =
        shell("mknod /dev/disk b 254 0; mknod /tmp/null c 1 3; echo x > /dev/null && echo usable")
            .with(|config| config.cgroups = Cgroups::Absent)
            .start();
    let ended = container.finish();
    assert_eq!(ended.stdout, "usable\n");
    assert_eq!(ended.stderr.matches("Operation not permitted").count(), 2, "{}", ended.stderr);
    assert!(container.start.warnings[0].contains("nothing filters devices"));
    let failure = absent().with(|c| c.resources.memory_bytes = Some(1 << 30)).try_start().err();
    assert!(failure.unwrap().reason.contains("no memory controller"));
}
