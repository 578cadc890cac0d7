//! Versions in paths.

use super::{API_VERSION, ApiVersion, split_version};

#[test]
fn a_version_is_split_from_the_path_only_when_it_is_a_whole_segment_of_digits() {
    let cases = [
        ("/v1.47/containers/json", (Some("1.47"), "/containers/json")),
        ("/v5.8.2/libpod/_ping", (Some("5.8.2"), "/libpod/_ping")),
        ("/v1/info", (Some("1"), "/info")),
        ("/volumes", (None, "/volumes")),
        ("/version", (None, "/version")),
        ("/v1.47", (None, "/v1.47")),
        ("/v/info", (None, "/v/info")),
        ("/v1.47x/info", (None, "/v1.47x/info")),
        ("/info", (None, "/info")),
        ("", (None, "")),
    ];
    for (path, split) in cases {
        assert_eq!(split_version(path), split, "{path}");
    }
}

#[test]
fn versions_between_the_oldest_and_the_newest_are_accepted() {
    assert_eq!(ApiVersion::accept(None), Ok(API_VERSION));
    for minor in 24..=47 {
        let accepted = ApiVersion::accept(Some(&format!("1.{minor}")));
        assert_eq!(accepted, Ok(ApiVersion::new(1, minor)));
    }
    assert_eq!(ApiVersion::accept(Some("1.47.0")), Ok(API_VERSION));
    assert_eq!(ApiVersion::accept(Some("1.024")), Ok(ApiVersion::new(1, 24)));
}

#[test]
fn other_versions_are_refused_with_the_words_of_docker() {
    let old = "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client \
               to a newer version";
    assert_eq!(ApiVersion::accept(Some("1.23")).unwrap_err().to_string(), old);
    let new = "client version 9.99 is too new. Maximum supported API version is 1.47";
    assert_eq!(ApiVersion::accept(Some("9.99")).unwrap_err().to_string(), new);
    for digits in ["1.48", "1.47.1", "2", "1.99999999999999999999"] {
        let text = ApiVersion::accept(Some(digits)).unwrap_err().to_string();
        assert!(text.starts_with(&format!("client version {digits} is too new.")), "{text}");
    }
    for digits in ["1", "0.47", "1..47", "."] {
        let text = ApiVersion::accept(Some(digits)).unwrap_err().to_string();
        assert!(text.starts_with(&format!("client version {digits} is too old.")), "{text}");
    }
}
