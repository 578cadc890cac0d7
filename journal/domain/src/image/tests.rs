//! Names as Docker shows them.

use super::ImageName;

#[test]
fn a_familiar_name_has_no_default_registry_and_no_library_before_one_word() {
    for (name, familiar) in [
        ("docker.io/library/busybox:latest", "busybox:latest"),
        ("docker.io/team/app:v1", "team/app:v1"),
        ("docker.io/library/a/b:v1", "library/a/b:v1"),
        ("localhost:5000/library/busybox:latest", "localhost:5000/library/busybox:latest"),
    ] {
        assert_eq!(ImageName::from_normalized(name).familiar(), familiar);
    }
}
