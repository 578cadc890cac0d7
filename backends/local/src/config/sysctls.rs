//! Kernel parameters: those that were asked for, and what Docker opens to every user of a network of one's own.

use std::collections::BTreeMap;

use backends_images::in_user_namespace;
use journal_domain::{ContainerSpec, NetworkMode};

/// Ports under 1024 need no privilege: the network is the container's, so nobody else's port can be taken.
const PORTS: (&str, &str) = ("net.ipv4.ip_unprivileged_port_start", "0");

/// Nor do echo requests.
const ECHOES: (&str, &str) = ("net.ipv4.ping_group_range", "0 2147483647");

/// Gives the parameters of a container.
pub(super) fn sysctls(spec: &ContainerSpec) -> BTreeMap<String, String> {
    let mut sysctls = spec.sysctls.clone();
    let has_own_network = match spec.network {
        NetworkMode::Host | NetworkMode::Container => false,
        NetworkMode::Default | NetworkMode::Bridge | NetworkMode::User | NetworkMode::None => true,
    };
    if has_own_network {
        // Most of those groups are not in a user namespace, and the kernel refuses a range that has others.
        let echoes = (!in_user_namespace()).then_some(ECHOES);
        for (name, value) in [PORTS].into_iter().chain(echoes) {
            sysctls.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    sysctls
}
