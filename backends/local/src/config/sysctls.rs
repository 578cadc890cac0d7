//! Kernel parameters: those that were asked for, and what Docker opens to every user of a network of one's own.

use std::collections::BTreeMap;

use journal_domain::{ContainerSpec, NetworkMode};

/// Ports under 1024 and echo requests need no privilege: the network is the container's, so nobody else's port can be taken.
const OPEN_TO_ALL: [(&str, &str); 2] =
    [("net.ipv4.ip_unprivileged_port_start", "0"), ("net.ipv4.ping_group_range", "0 2147483647")];

/// Gives the parameters of a container.
pub(super) fn sysctls(spec: &ContainerSpec) -> BTreeMap<String, String> {
    let mut sysctls = spec.sysctls.clone();
    let has_own_network = match spec.network {
        NetworkMode::Host | NetworkMode::Container => false,
        NetworkMode::Default | NetworkMode::Bridge | NetworkMode::User | NetworkMode::None => true,
    };
    if has_own_network {
        for (name, value) in OPEN_TO_ALL {
            sysctls.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    sysctls
}
