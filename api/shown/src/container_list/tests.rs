//! The command line of a listing.

use super::*;

#[test]
fn arguments_with_spaces_are_quoted() {
    let spec = |argv: &[&str]| ContainerSpec {
        cmd: Some(argv.iter().map(|word| (*word).to_owned()).collect()),
        ..ContainerSpec::default()
    };
    assert_eq!(command(&spec(&["sh", "-c", "sleep 60"])), "sh -c 'sleep 60'");
    assert_eq!(command(&spec(&["true"])), "true");
    assert_eq!(command(&spec(&[])), "");
}
