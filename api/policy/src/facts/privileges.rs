//! What lets a container do more to the host than others can, each by a name for rules.

use journal_domain::{
    ContainerSpec, Devices, IpcMode, MountAccess, Namespaces, NetworkMode, Propagation, Sharing,
};

/// All of them at once.
pub(super) const PRIVILEGED: &str = "privileged";

/// A control group of the host that is not the backend's own.
pub(super) const CGROUP_PARENT: &str = "cgroup:parent";

/// Another filter of system calls than Docker's, or none.
pub(super) const OWN_SECCOMP: &str = "seccomp:unconfined";

/// The names there are; those with a `*` go on with what is added.
pub(crate) const KNOWN: &[&str] = &[
    PRIVILEGED,
    "cap:*",
    "device:*",
    "cgroup:host",
    CGROUP_PARENT,
    "ipc:host",
    "network:host",
    "network:options",
    "paths:unmasked",
    "pid:host",
    "propagation:shared",
    OWN_SECCOMP,
    "uts:host",
];

/// Adds those that the specification asks for.
pub(super) fn of_spec(spec: &ContainerSpec, to: &mut Vec<String>) {
    let security = &spec.security;
    let mut add = |asked: bool, name: &str| {
        if asked {
            to.push(name.to_owned());
        }
    };
    add(security.privileged, PRIVILEGED);
    add(spec.network == NetworkMode::Host, "network:host");
    add(security.seccomp_unconfined, OWN_SECCOMP);
    // A list of one's own may be shorter than the one that everybody gets.
    let unmasked = security.masked_paths.is_some() || security.readonly_paths.is_some();
    add(unmasked, "paths:unmasked");
    to.extend(security.cap_add.iter().map(|name| {
        let name = name.to_ascii_uppercase();
        format!("cap:{}", name.strip_prefix("CAP_").unwrap_or(&name))
    }));
}

/// Adds those that a mount asks for.
pub(super) fn of_access(access: &MountAccess, to: &mut Vec<String>) {
    match access.propagation {
        Propagation::Shared | Propagation::RecursiveShared => {
            to.push("propagation:shared".to_owned());
        }
        Propagation::Unset
        | Propagation::Private
        | Propagation::RecursivePrivate
        | Propagation::Slave
        | Propagation::RecursiveSlave => {}
    }
}

/// Adds those that sharing the host's namespaces is.
pub(super) fn of_namespaces(namespaces: &Namespaces, to: &mut Vec<String>) {
    let ipc = matches!(namespaces.ipc, Some(IpcMode::Sharing(Sharing::Host)));
    for (asked, name) in [
        (namespaces.pid == Some(Sharing::Host), "pid:host"),
        (ipc, "ipc:host"),
        (namespaces.host_uts, "uts:host"),
        (namespaces.host_cgroup, "cgroup:host"),
    ] {
        if asked {
            to.push(name.to_owned());
        }
    }
}

/// Adds one for each device of the host.
pub(super) fn of_devices(devices: &Devices, to: &mut Vec<String>) {
    to.extend(devices.devices.iter().map(|device| format!("device:{}", device.on_host)));
    // A rule names devices by their numbers.
    to.extend(devices.rules.iter().map(|rule| format!("device:{rule}")));
}
