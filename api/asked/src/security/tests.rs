//! What inspect shows is what is in force.

use super::*;

#[test]
fn the_paths_that_are_shown_are_those_that_are_kept_away() {
    let enforced = sandbox_shim::Security::docker_default();
    assert_eq!(enforced.masked_paths, MASKED_PATHS);
    assert_eq!(enforced.read_only_paths, READONLY_PATHS);
}

#[test]
fn nothing_is_hidden_from_a_privileged_container_but_what_its_client_names() {
    let shown = |security: &Security| {
        let mut host = HostConfig::default();
        show(security, &mut host);
        (host.masked_paths, host.readonly_paths)
    };
    let privileged = Security { privileged: true, ..Security::default() };
    assert_eq!(shown(&privileged), (None, None));
    let named = Security { masked_paths: Some(vec!["/x".into()]), ..privileged };
    assert_eq!(shown(&named), (Some(vec!["/x".into()]), None));
}

#[test]
fn options_of_other_modules_are_not_built_yet() {
    for option in ["systempaths=unconfined", "apparmor=mine", "label=level:s0"] {
        let host = HostConfig { security_opt: vec![option.into()], ..HostConfig::default() };
        assert!(matches!(read(&host), Err(Unfit::Unbuilt(_))), "{option}");
    }
}
