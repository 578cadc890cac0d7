//! Names of volumes.

use super::VolumeName;

#[test]
fn names_are_those_that_docker_takes() {
    for good in ["ab", "a.b-c_d", "0x"] {
        assert_eq!(good.parse::<VolumeName>().map(|name| name.to_string()), Ok(good.to_owned()));
    }
    let short = "a".parse::<VolumeName>().unwrap_err();
    assert!(short.contains("too short"), "{short}");
    for bad in ["", "../x", "a/b", ".ab", "a b", "-x"] {
        let error = bad.parse::<VolumeName>().unwrap_err();
        assert!(error.contains("includes invalid characters"), "{bad}: {error}");
    }
    assert!("a".repeat(256).parse::<VolumeName>().is_err());
}

#[test]
fn keys_tell_names_apart() {
    let key = |text: &str| text.parse::<VolumeName>().unwrap().key();
    assert_eq!(key("data"), key("data"));
    assert_ne!(key("data"), key("date"));
}
