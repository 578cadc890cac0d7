//! Reading what a distribution says of itself.

use super::*;

#[test]
fn a_quoted_and_a_bare_value_are_read() {
    let release = "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n";
    assert_eq!(release_value(release, "VERSION_ID"), Some("12"));
    assert_eq!(release_value(release, "ID"), Some("debian"));
    assert_eq!(release_value(release, "PRETTY_NAME"), None);
}

#[test]
fn this_machine_has_a_name_processors_and_memory() {
    let host = HostInfo::of_this_machine();
    assert!(!host.kernel_version.is_empty());
    assert!(host.cpus > 0 && host.memory_bytes > 0);
}

#[test]
fn processors_are_named_as_image_configurations_name_them() {
    let host = |machine: &str| HostInfo { machine: machine.to_owned(), ..HostInfo::default() };
    assert_eq!(host("x86_64").go_arch(), "amd64");
    assert_eq!(host("aarch64").go_arch(), "arm64");
    assert_eq!(host("riscv64").go_arch(), "riscv64");
}
