//! Kernel parameters of the container's own namespaces.
//!
//! They are written through the container's `/proc` by descriptor: no link and no other mount can turn the write elsewhere
//! (CVE-2025-52881).

use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;
use sandbox_shim::{ContainerConfig, Network, Sharing};

use crate::error::{During, StartError, step};

/// Parameters of the ipc namespace.
const OF_IPC: &[&str] = &[
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shm_rmid_forced",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
];

/// Writes the parameters. One that is not the container's own is refused.
pub(super) fn set(proc: BorrowedFd<'_>, config: &ContainerConfig) -> Result<(), StartError> {
    let own_network = match config.network {
        Network::None | Network::Bridge { .. } => true,
        Network::Host | Network::Join { .. } => false,
    };
    let own_ipc = config.namespaces.ipc.sharing() == Sharing::Own;
    let own_uts = config.namespaces.has_own_names();
    for (name, value) in &config.sysctls {
        let own = (own_ipc && (OF_IPC.contains(&name.as_str()) || name.starts_with("fs.mqueue.")))
            || (own_uts && name == "kernel.domainname")
            || (own_network && name.starts_with("net."));
        if !own || name.contains('/') {
            let reason = format!("sysctl {name:?} is not in a separate kernel namespace");
            return Err(StartError::Refused { reason });
        }
        let what = step!("open sysctl {name} file");
        let mut file = open(proc, &name.replace('.', "/")).during(what)?;
        file.write_all(value.as_bytes()).during(step!("write sysctl {name}"))?;
    }
    Ok(())
}

/// Switches IPv6 off on interfaces without addresses of it, before they are up: else a neighbour could give them an address
/// and a way. A host without IPv6 has no such switch.
pub(super) fn without_ipv6(proc: BorrowedFd<'_>, network: &Network) -> Result<(), StartError> {
    let Network::Bridge { endpoints } = network else { return Ok(()) };
    for endpoint in endpoints {
        if endpoint.addresses.iter().any(|given| given.address.is_ipv6()) {
            continue;
        }
        let name = &endpoint.container_interface;
        let what = step!("switching IPv6 off on {name}");
        match open(proc, &format!("net/ipv6/conf/{name}/disable_ipv6")) {
            Ok(mut file) => file.write_all(b"1").during(what)?,
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error).during(what),
        }
    }
    Ok(())
}

fn open(proc: BorrowedFd<'_>, path: &str) -> Result<File, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    Ok(openat2(proc, format!("sys/{path}"), flags, Mode::empty(), resolve)?.into())
}
