//! Tests of `service`.

use super::*;

#[test]
fn any_version_stands_in_front_of_podmans_paths() {
    let of = |path| Target::of(path).map(|target| (target.major, target.path));
    assert_eq!(of("/v4.3.1/libpod/_ping"), Some((4, "/_ping")));
    assert_eq!(of("/v5.8.2-dev/libpod/info"), Some((5, "/info")));
    assert_eq!(of("/libpod/info"), Some((u32::MAX, "/info")));
    assert_eq!(of("/v1.41/containers/json"), None);
    assert_eq!(of("/volumes/libpod/x"), None);
    assert_eq!(of("/libpodcast/x"), None);
}
