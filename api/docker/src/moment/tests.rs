//! The point in front of a path.

use super::split_point;

#[test]
fn the_point_is_taken_off_the_path_and_nothing_else_is() {
    for (path, point, rest) in [
        ("/at/1234/v1.47/info", Some("1234"), "/v1.47/info"),
        ("/at/2024-01-01T00:00:00Z/_ping", Some("2024-01-01T00:00:00Z"), "/_ping"),
        ("/at/1234", Some("1234"), "/"),
        ("/at//info", Some(""), "/info"),
        ("/attach/1234/info", None, "/attach/1234/info"),
        ("/v1.47/at/1234/info", None, "/v1.47/at/1234/info"),
    ] {
        assert_eq!(split_point(path), (point, rest), "{path}");
    }
}
