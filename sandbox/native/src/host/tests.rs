//! Mount tables of different hosts.

use super::trees;

fn check(mountinfo: &str, expected: &[(&str, &str)]) {
    let found: Vec<(String, String)> = trees(mountinfo)
        .into_iter()
        .map(|tree| {
            let controllers = tree.controllers.map_or("v2".to_owned(), |list| list.join("+"));
            (tree.mount_point.display().to_string(), controllers)
        })
        .collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_hybrid_host_has_both_versions() {
    check(
        "30 25 0:26 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755\n\
         31 30 0:27 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw\n\
         32 30 0:28 / /sys/fs/cgroup/systemd rw shared:11 - cgroup cgroup rw,xattr,name=systemd\n\
         34 30 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:12 - cgroup cgroup rw,cpu,cpuacct\n\
         35 30 0:31 / /sys/fs/cgroup/memory rw shared:13 - cgroup cgroup rw,memory\n\
         36 30 0:31 / /mnt/memory rw shared:13 - cgroup cgroup rw,memory\n",
        &[
            ("/sys/fs/cgroup/unified", "v2"),
            ("/sys/fs/cgroup/cpu,cpuacct", "cpu+cpuacct"),
            ("/sys/fs/cgroup/memory", "memory"),
        ],
    );
}

#[test]
fn a_unified_host_has_one_tree() {
    check(
        "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
        &[("/sys/fs/cgroup", "v2")],
    );
}

#[test]
fn a_bare_host_has_none() {
    check("25 1 0:22 / /proc rw - proc proc rw\nbroken line\n", &[]);
}
