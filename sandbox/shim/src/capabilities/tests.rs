//! Names of capabilities and the default set.

use super::Capabilities;

fn set(names: &[&str]) -> Capabilities {
    names.iter().fold(Capabilities::NONE, |set, name| set.union(name.parse().unwrap()))
}

#[test]
fn the_default_set_is_dockers() {
    let names = "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP \
                 NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE";
    let names: Vec<&str> = names.split_whitespace().collect();
    assert_eq!(set(&names), Capabilities::DOCKER_DEFAULT);
}

#[test]
fn a_name_may_have_any_case_and_a_prefix() {
    assert_eq!(set(&["cap_net_admin"]), set(&["NET_ADMIN"]));
    assert_eq!(set(&["NET_ADMIN"]).bits(), 1 << 12);
    assert_eq!(set(&["all"]), Capabilities::ALL);
    assert_eq!(set(&["CHECKPOINT_RESTORE"]).bits(), 1 << 40);
}

#[test]
fn an_unknown_name_is_refused_by_name() {
    let error = "CAP_NOSUCH".parse::<Capabilities>().unwrap_err();
    assert_eq!(error.to_string(), "unknown capability: \"CAP_NOSUCH\"");
}
