//! Names on the host.

use super::LocalOptions;

#[test]
fn clusters_of_one_host_have_names_of_their_own() {
    let one = LocalOptions::new("/data", "/shim", [0xab; 16]);
    let other = LocalOptions::new("/data", "/shim", [0xac; 16]);
    assert_eq!(one.bridge, "slabababababababa"[..15]);
    assert_eq!(one.cgroup_parent, format!("sockerless-{}", "ab".repeat(16)));
    assert_ne!((one.bridge, one.cgroup_parent), (other.bridge, other.cgroup_parent));
}
