//! `GET /info`.

use std::collections::BTreeMap;

use api_types::{PluginsInfo, RegistryConfig, RegistryIndex, Runtime, SystemInfo};
use backends_core::{BackendInfo, BackendRuntime};
use journal_log::Timestamp;
use projector_containers::State;
use warp::{Filter, reply::Response};

use crate::{
    ServerInfo,
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    routes::Route,
};

/// The registry of an image name that names none.
const DEFAULT_REGISTRY: &str = "docker.io";

pub(super) fn route() -> Route {
    warp::path!("info")
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.look("/info", info))
        .boxed()
}

async fn info(look: Look) -> Result<Response, ApiError> {
    let world = look.world();
    let counted = counts(&world.state);
    let mut backend = BackendInfo::clone(&look.backend());
    // What is refused at present stands where clients show what is not as it should be.
    backend.warnings.extend(look.gate().reason().map(|reason| format!("WARNING: {reason}")));
    let described = described(counted, look.server(), backend, look.now());
    Ok(read(&world, &described))
}

/// Counts what the state has.
fn counts(state: &State) -> SystemInfo {
    let running = state.active().filter(|container| container.running().is_some()).count();
    let paused = state.active().filter(|container| container.is_paused()).count();
    let all = state.container_count();
    let signed = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    SystemInfo {
        containers: signed(all),
        containers_running: signed(running),
        containers_paused: signed(paused),
        containers_stopped: signed(all - running),
        images: signed(state.images().len()),
        ..SystemInfo::default()
    }
}

/// Adds what is known of the server, its machine and its backend.
fn described(
    counted: SystemInfo,
    server: &ServerInfo,
    backend: BackendInfo,
    now: Timestamp,
) -> SystemInfo {
    // Each limit is a control group's; where there are none, nothing can be limited.
    let limits = !backend.cgroup_version.is_empty();
    let host = &server.host;
    SystemInfo {
        id: server.id.clone(),
        driver: backend.storage_driver.to_owned(),
        plugins: plugins(),
        memory_limit: limits,
        swap_limit: limits,
        cpu_cfs_period: limits,
        cpu_cfs_quota: limits,
        cpu_shares: limits,
        cpu_set: limits,
        pids_limit: limits,
        ipv4_forwarding: host.ipv4_forwarding,
        system_time: now.to_string(),
        logging_driver: "json-file".to_owned(),
        cgroup_driver: backend.cgroup_driver.to_owned(),
        cgroup_version: backend.cgroup_version.to_owned(),
        kernel_version: host.kernel_version.clone(),
        operating_system: host.operating_system.clone(),
        os_version: host.os_version.clone(),
        os_type: "linux".to_owned(),
        architecture: host.machine.clone(),
        index_server_address: "https://index.docker.io/v1/".to_owned(),
        registry_config: registries(),
        n_cpu: host.cpus.into(),
        mem_total: i64::try_from(host.memory_bytes).unwrap_or(i64::MAX),
        docker_root_dir: backend.root,
        name: host.name.clone(),
        server_version: server.version.clone(),
        runtimes: backend.runtimes.iter().map(runtime).collect(),
        default_runtime: backend.default_runtime.to_owned(),
        // Each container has a process of its own above it, which goes on while the server is down.
        live_restore_enabled: true,
        security_options: backend.security_options,
        warnings: Some(backend.warnings).filter(|warnings| !warnings.is_empty()),
        ..counted
    }
}

fn runtime(runtime: &BackendRuntime) -> (String, Runtime) {
    (runtime.name.to_owned(), Runtime { path: runtime.program.to_owned() })
}

/// Names what is built in.
fn plugins() -> PluginsInfo {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    PluginsInfo {
        volume: words(&["local"]),
        network: words(&["bridge", "host", "null"]),
        authorization: None,
        log: words(&["json-file", "local", "syslog"]),
    }
}

fn registries() -> RegistryConfig {
    let default = RegistryIndex {
        name: DEFAULT_REGISTRY.to_owned(),
        mirrors: Vec::new(),
        secure: true,
        official: true,
    };
    RegistryConfig {
        index_configs: BTreeMap::from([(DEFAULT_REGISTRY.to_owned(), default)]),
        ..RegistryConfig::default()
    }
}
