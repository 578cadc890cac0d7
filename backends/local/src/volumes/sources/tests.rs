//! The mount that a path is in.

use std::path::Path;

use super::mount_of;

const MOUNTS: &str = "\
    21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda rw\n\
    22 21 0:5 / /proc rw - proc proc rw\n\
    23 21 0:6 / /srv rw master:7 - tmpfs tmpfs rw\n\
    24 21 0:7 / /srv rw shared:9 master:7 - tmpfs tmpfs rw\n";

#[test]
fn a_path_is_in_the_deepest_mount_above_it_and_in_the_last_of_two() {
    let of = |path: &str| mount_of(MOUNTS, Path::new(path));
    assert_eq!(of("/home/x"), Some(("/", vec!["shared:1"])));
    assert_eq!(of("/proc/1"), Some(("/proc", vec![])));
    assert_eq!(of("/srv/data"), Some(("/srv", vec!["shared:9", "master:7"])));
    assert_eq!(of("/srvx"), Some(("/", vec!["shared:1"])));
}
