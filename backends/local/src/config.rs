//! What a shim is told about a container: the specification with Docker's defaults filled in.
//!
//! Pure but for the host's own `hosts` and `resolv.conf`, which the caller reads.

mod environment;
mod files;
mod limits;
mod mounts;
mod namespaces;
mod network;
mod ports;
mod process;
mod resolver;
mod security;
mod sysctls;

use std::{
    collections::HashMap,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use backends_core::{ExecWorkload, StartError, Workload};
use backends_images::in_user_namespace;
use journal_domain::{ContainerOptions, LoggingDriver, NetworkId, NetworkMode, Runtime};
use sandbox_shim::{
    Cgroups, ContainerConfig, ExecSpec, ExecStdio, LogRetention, PROTOCOL_VERSION, Rootfs,
    WasmEngine,
};

use crate::{layout::Layout, names};

pub(crate) use files::{BOUND_FILES, HostFiles, hosts_line, named_resolver};
pub(crate) use limits::resources;
pub(crate) use network::{host_end, shared_network};

/// The size of `/dev/shm` when nobody says otherwise, as Docker has it: 64 MiB.
const SHM_SIZE_BYTES: u64 = 64 << 20;

/// What is kept of output that is not logged: enough that the writer seldom begins a new segment.
const UNLOGGED: LogRetention =
    LogRetention { segment_bytes: 1 << 20, segments: NonZeroU32::new(2).expect("two is not zero") };

/// Which of the bound files has the host name.
const HOSTNAME_FILE: usize = 1;

/// What the conversion needs to know beside the workload.
#[derive(Debug)]
pub(crate) struct Place<'p> {
    pub(crate) layout: &'p Layout,
    pub(crate) cgroups: &'p Cgroups,
    /// The network that has the bridges, where it is not the server's own.
    pub(crate) hub: Option<&'p Path>,
    /// The program that compiles and runs WebAssembly, if there is one.
    pub(crate) wasm: Option<&'p Path>,
    /// The image's layers, the topmost first; may be empty.
    pub(crate) layers: Vec<PathBuf>,
    pub(crate) files: &'p HostFiles,
    pub(crate) mtus: Mtus,
    /// The files of the container whose network it shares, in their order.
    pub(crate) shared_files: Option<Vec<String>>,
}

/// The largest packets of networks, where they are not the usual 1500 bytes.
pub(crate) type Mtus = HashMap<NetworkId, Option<u32>>;

/// Gives the configuration of a run.
pub(crate) fn container(
    workload: &Workload,
    place: Place<'_>,
) -> Result<ContainerConfig, StartError> {
    let spec = &*workload.spec;
    let container = workload.run.container;
    let hostname = hostname(workload, &place);
    let network = network::network(workload, place.layout, &place.mtus)?;
    Ok(ContainerConfig {
        version: PROTOCOL_VERSION,
        container_id: container.to_string(),
        incarnation: workload.run.incarnation.into(),
        effect_id: workload.run.to_string(),
        run_dir: place.layout.run(workload.run).path().to_owned(),
        log_dir: place.layout.log(container),
        log_retention: workload.options.as_ref().and_then(|options| retention(options)),
        domainname: spec.domainname.clone(),
        process: process::main(workload, &hostname)?,
        open_stdin: spec.open_stdin,
        init: spec.init,
        files: files::bound(workload, &hostname, &place)?,
        mounts: mounts::mounts(workload, place.layout),
        shm_size_bytes: spec.shm_size_bytes.unwrap_or(SHM_SIZE_BYTES),
        security: security::security(workload)?,
        sysctls: sysctls::sysctls(spec),
        resources: limits::all(workload),
        cgroups: place.cgroups.clone(),
        cgroup_name: container.to_string(),
        oom_score_adj: spec.limits.oom_score_adj,
        network,
        namespaces: namespaces::namespaces(workload, place.layout)?,
        publishing: ports::publishing(workload),
        resolver: workload.has_names().then(names::resolver),
        hub: place.hub.map(Path::to_owned),
        wasm: wasm(workload, &place)?,
        hostname,
        rootfs: rootfs(workload, place),
    })
}

/// Gives how much output is kept.
///
/// Attached clients read what is kept, so some of it is kept also of a container whose logs nobody shall see.
fn retention(options: &ContainerOptions) -> Option<LogRetention> {
    let logging = options.logging.as_ref()?;
    match logging.driver {
        LoggingDriver::None => Some(UNLOGGED),
        LoggingDriver::JsonFile | LoggingDriver::Local | LoggingDriver::Syslog => {
            let kept = logging.retention?;
            Some(LogRetention { segment_bytes: kept.file_bytes, segments: kept.files })
        }
    }
}

/// Gives the configuration of an exec whose streams are `stdio`.
pub(crate) fn exec(workload: &ExecWorkload, stdio: ExecStdio) -> Result<ExecSpec, StartError> {
    Ok(ExecSpec { process: process::exec(workload)?, stdio })
}

/// Tells how programs are run that are WebAssembly.
fn wasm(workload: &Workload, place: &Place<'_>) -> Result<Option<WasmEngine>, StartError> {
    let runtime = workload.options.as_ref().and_then(|options| options.runtime);
    let engine = |only| {
        let program = place.wasm?.to_owned();
        Some(WasmEngine { program, cache: place.layout.wasm(), only })
    };
    match runtime {
        Some(Runtime::Native) => Ok(None),
        None => Ok(engine(false)),
        Some(Runtime::Wasm) => match engine(true) {
            Some(engine) => Ok(Some(engine)),
            None => {
                Err(refused("the runtime wasm is not on this host: sockerless-wasm is missing"))
            }
        },
    }
}

/// What could not be converted, in Docker's words where it has some.
fn refused(message: impl Into<String>) -> StartError {
    StartError { exit_code: 128, message: message.into() }
}

/// The name inside. In the network of the host, or of another container, it is theirs, unless the client chose one.
fn hostname(workload: &Workload, place: &Place<'_>) -> String {
    let shared = match &place.shared_files {
        Some(files) => files.get(HOSTNAME_FILE).map_or("", |name| name.trim()),
        None if workload.spec.network == NetworkMode::Host => &place.files.hostname,
        None => "",
    };
    let is_chosen = !workload.spec.hostname.is_empty();
    if shared.is_empty() || is_chosen { workload.hostname.clone() } else { shared.to_owned() }
}

fn rootfs(workload: &Workload, place: Place<'_>) -> Rootfs {
    let container = workload.run.container;
    let lower = if place.layers.is_empty() { vec![place.layout.empty()] } else { place.layers };
    Rootfs::Overlay {
        lower,
        upper: place.layout.upper(container),
        work: place.layout.work(container),
        volatile: workload.spec.auto_remove,
        user_xattrs: in_user_namespace(),
    }
}

#[cfg(test)]
mod tests;
