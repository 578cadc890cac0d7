//! Names and merged arguments.

use super::{ContainerName, ContainerSpec};

#[test]
fn a_name_follows_dockers_pattern() {
    for good in ["web", "/web", "a1", "0_.-"] {
        assert!(good.parse::<ContainerName>().is_ok(), "{good}");
    }
    for bad in ["", "/", "a", "_web", ".web", "-web", "we b", "wéb", "a/b", "//web"] {
        assert!(bad.parse::<ContainerName>().is_err(), "{bad}");
    }
    assert_eq!(
        "/we b".parse::<ContainerName>().unwrap_err(),
        "Invalid container name (/we b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
    );
}

#[test]
fn a_name_is_bounded() {
    assert!("a".repeat(255).parse::<ContainerName>().is_ok());
    assert!("a".repeat(256).parse::<ContainerName>().is_err());
}

#[test]
fn arguments_are_the_entry_point_and_then_the_command() {
    let spec = ContainerSpec {
        entrypoint: Some(vec!["sh".into(), "-c".into()]),
        cmd: Some(vec!["true".into()]),
        ..ContainerSpec::default()
    };
    assert_eq!(spec.argv(), ["sh", "-c", "true"]);
    assert!(ContainerSpec::default().argv().is_empty());
}
