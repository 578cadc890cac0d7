//! What the backend tells of itself.

use std::fs;

use backends_core::{BackendComponent, BackendInfo, BackendRuntime};
use backends_images::in_user_namespace;
use journal_domain::Runtime;
use rustix::thread::{CapabilitySet, capabilities};
use sandbox_shim::PROTOCOL_VERSION;

use crate::{
    bridge::{NetworkNamespace, probe_translation},
    host::Host,
    layout::Layout,
};

/// The program that holds a container.
const SHIM: &str = "sockerless-shim";

/// Describes the backend on its host.
pub(crate) fn info(host: &Host, layout: &Layout, hub: &NetworkNamespace) -> BackendInfo {
    let mut warnings = host.warnings.clone();
    warnings.extend(missing_rights());
    if let Err(error) = hub.within(probe_translation).and_then(|probed| probed) {
        warnings.push(format!(
            "The kernel does not translate addresses (nftables: {error}): published ports are carried by a process \
             for each container, and containers see the bridge's address in place of their clients'."
        ));
    }
    if !has_overlay() {
        warnings.push("The kernel has no overlayfs: no container can be started.".to_owned());
    }
    BackendInfo {
        name: "local",
        // The name that Docker's clients know for overlayfs over unpacked layers.
        storage_driver: "overlay2",
        cgroup_driver: if host.cgroup_version().is_empty() { "none" } else { "cgroupfs" },
        cgroup_version: host.cgroup_version(),
        warnings,
        security_options: ["name=seccomp,profile=builtin", "name=cgroupns"]
            .into_iter()
            .chain(in_user_namespace().then_some("name=rootless"))
            .map(str::to_owned)
            .collect(),
        root: layout.data().display().to_string(),
        // Each run is held on a connection that tells of its end.
        sweeps: None,
        components: vec![BackendComponent {
            name: SHIM,
            details: vec![("ProtocolVersion", PROTOCOL_VERSION.to_string())],
        }],
        runtimes: runtimes(host),
        default_runtime: host.default_runtime.map_or(Runtime::AUTO, Runtime::as_str),
    }
}

fn runtimes(host: &Host) -> Vec<BackendRuntime> {
    let native = [Runtime::AUTO, Runtime::Native.as_str()];
    let native = native.map(|name| BackendRuntime { name, program: SHIM });
    let wasm = BackendRuntime { name: Runtime::Wasm.as_str(), program: "sockerless-wasm" };
    native.into_iter().chain(host.wasm.is_some().then_some(wasm)).collect()
}

/// Tells what this process may not do, and what follows.
fn missing_rights() -> Vec<String> {
    let held = capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective);
    let consequences = [
        (
            CapabilitySet::SYS_ADMIN,
            "The server may not make namespaces (CAP_SYS_ADMIN): no container can be started.",
        ),
        (
            CapabilitySet::NET_ADMIN,
            "The server may not change the network (CAP_NET_ADMIN): containers can only be started \
             with the networks host and none.",
        ),
    ];
    let missing = consequences.iter().filter(|(right, _)| !held.contains(*right));
    missing.map(|(_, consequence)| (*consequence).to_owned()).collect()
}

fn has_overlay() -> bool {
    // Where the file cannot be read, the first start tells.
    fs::read_to_string("/proc/filesystems")
        .map_or(true, |known| known.lines().any(|line| line.trim() == "nodev\toverlay"))
}
