//! Users by name and number.

use std::{fs, os::fd::AsFd as _};

use super::owner;

#[test]
fn users_and_groups_are_found_by_name_and_number() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    fs::write(root.path().join("etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:1000:1001::/:\nbad\n")
        .unwrap();
    fs::write(root.path().join("etc/group"), "root:x:0:\nstaff:x:50:app\n").unwrap();
    let root = fs::File::open(root.path()).unwrap();
    let found = |user: &str| owner(root.as_fd(), user).map_err(|error| error.to_string());
    for (user, ids) in [
        ("", None),
        ("app", Some((1000, 1001))),
        ("1000", Some((1000, 1001))),
        ("app:staff", Some((1000, 50))),
        ("app:7", Some((1000, 7))),
        ("77", Some((77, 0))),
        ("77:78", Some((77, 78))),
    ] {
        assert_eq!(found(user), Ok(ids), "{user}");
    }
    assert_eq!(
        found("nobody"),
        Err("unable to find user nobody: no matching entries in passwd file".to_owned())
    );
    assert_eq!(
        found("app:none"),
        Err("unable to find group none: no matching entries in group file".to_owned())
    );
}
