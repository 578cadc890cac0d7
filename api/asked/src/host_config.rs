//! What inspect shows of the host's side of a container: what was sent, and Docker's defaults.

use std::collections::BTreeMap;

use api_types::{Empty, HostConfig};
use journal_domain::TerminalSize;
use projector_containers::Container;

use super::{logging::log_config, mounts, ports, restart_policy, runtime, security};

/// Size of `/dev/shm` where a client says nothing, in bytes: Docker's default.
const SHM_BYTES: u64 = 64 * 1024 * 1024;

/// Makes the `HostConfig` of a container, and its volumes without a name.
pub(super) fn host_config(container: &Container) -> (HostConfig, BTreeMap<String, Empty>) {
    let spec = &container.spec;
    let TerminalSize { rows, columns } =
        spec.console_size.unwrap_or(TerminalSize { rows: 0, columns: 0 });
    let mut host = HostConfig {
        log_config: log_config(container),
        network_mode: container.network_mode().into(),
        links: links(container),
        restart_policy: restart_policy::show(container.restart_policy()),
        auto_remove: spec.auto_remove,
        console_size: [rows.into(), columns.into()],
        annotations: spec.annotations.clone(),
        cgroupns_mode: "private".into(),
        dns: spec.dns.clone(),
        dns_options: spec.dns_options.clone(),
        dns_search: spec.dns_search.clone(),
        extra_hosts: spec.extra_hosts.clone(),
        ipc_mode: "private".into(),
        readonly_rootfs: spec.read_only_rootfs,
        tmpfs: spec.tmpfs.clone(),
        shm_size: i64::try_from(spec.shm_size_bytes.unwrap_or(SHM_BYTES)).unwrap_or(i64::MAX),
        sysctls: spec.sysctls.clone(),
        runtime: runtime::shown(container).into(),
        init: spec.init.then_some(true),
        oom_kill_disable: Some(false),
        ..HostConfig::default()
    };
    if container.names_host_user_namespace() {
        host.userns_mode = "host".into();
    }
    api_shown::show_limits(&spec.limits, &mut host);
    security::show(&spec.security, &mut host);
    api_shown::show_host_side(container, &mut host);
    ports::show(container, &mut host);
    let volumes = mounts::show(container, &mut host);
    (host, volumes)
}

/// Shows links as Docker does: by the names that both have for the other.
fn links(container: &Container) -> Vec<String> {
    let links = container.networking().into_iter().flat_map(|networking| &networking.links);
    let shown = links.filter_map(|link| {
        let (target, alias) = link.split_once(':')?;
        Some(format!("/{target}:/{}/{alias}", container.name))
    });
    shown.collect()
}
