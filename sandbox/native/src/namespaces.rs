//! Namespaces that are not the container's own: opened by the shim, entered by the container's first process.

use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use sandbox_shim::{Ipc, Namespaces, Network, Peer, Sharing};

use crate::error::{During, StartError, step};
use crate::mount;

/// Where shared memory is, on the host and in every container.
const SHARED_MEMORY: &str = "/dev/shm";

/// Namespaces of other containers, open.
///
/// While they are open they are those that were found, whatever becomes of the processes.
#[derive(Debug)]
pub(crate) struct Shared {
    pid: Option<OwnedFd>,
    network: Option<OwnedFd>,
    ipc: Option<SharedIpc>,
    uts: Option<OwnedFd>,
}

#[derive(Debug)]
struct SharedIpc {
    ipc: OwnedFd,
    /// The mounts that the peer sees, for its shared memory is one of them.
    mounts: OwnedFd,
}

/// Returns what the first process is born into: the flags of `clone`.
///
/// The control group namespace comes later, once the process is in its groups.
pub(crate) fn own(namespaces: &Namespaces, network: &Network) -> u64 {
    let own_network = match network {
        Network::None | Network::Bridge { .. } => libc::CLONE_NEWNET,
        Network::Host | Network::Join { .. } => 0,
    };
    let own = |sharing: Sharing, flag: i32| match sharing {
        Sharing::Own => flag,
        Sharing::Host | Sharing::Peer(_) => 0,
    };
    let pid = own(namespaces.pid, libc::CLONE_NEWPID);
    let ipc = own(namespaces.ipc.sharing(), libc::CLONE_NEWIPC);
    let uts = if namespaces.has_own_names() { libc::CLONE_NEWUTS } else { 0 };
    u64::from((libc::CLONE_NEWNS | own_network | pid | ipc | uts).unsigned_abs())
}

/// Returns what is mounted on `/dev/shm`, unless it is a file system of the container's own.
///
/// By then the container's first process has entered its peer's namespaces.
pub(crate) fn shared_memory(
    namespaces: &Namespaces,
    shared: &Shared,
) -> Result<Option<OwnedFd>, StartError> {
    match namespaces.ipc.sharing() {
        Sharing::Own => Ok(None),
        Sharing::Host => mount::copy_of_path(SHARED_MEMORY.as_ref())
            .map(Some)
            .during(step!("taking the host's {SHARED_MEMORY}")),
        Sharing::Peer(_) => shared.ipc.as_ref().map(SharedIpc::memory).transpose(),
    }
}

// === impl Shared ===

impl Shared {
    /// Opens the namespaces of the containers that are shared with.
    pub(crate) fn open(namespaces: &Namespaces, network: &Network) -> Result<Self, StartError> {
        let pid = match namespaces.pid {
            Sharing::Own | Sharing::Host => None,
            Sharing::Peer(peer) => Some(open(peer, "pid")?),
        };
        let ipc = match namespaces.ipc {
            Ipc::None | Ipc::Of(Sharing::Own | Sharing::Host) => None,
            Ipc::Of(Sharing::Peer(peer)) => {
                Some(SharedIpc { ipc: open(peer, "ipc")?, mounts: open(peer, "mnt")? })
            }
        };
        let network = match network {
            Network::None | Network::Host | Network::Bridge { .. } => None,
            Network::Join { peer } => Some(open(*peer, "net")?),
        };
        let uts = namespaces.uts_of.map(|peer| open(peer, "uts")).transpose()?;
        Ok(Self { pid, network, ipc, uts })
    }

    /// Has the children of this process born among the peer's.
    pub(crate) fn enter_processes(&self) -> Result<(), StartError> {
        let Some(pid) = &self.pid else { return Ok(()) };
        move_into_link_name_space(pid.as_fd(), Some(LinkNameSpaceType::ProcessID))
            .during(step!("joining the pid namespace of another container"))
    }

    /// Makes this process's network the peer's.
    pub(crate) fn enter_network(&self) -> Result<(), StartError> {
        let Some(network) = &self.network else { return Ok(()) };
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))
            .during(step!("joining the network of another container"))
    }

    /// Makes this process's names the peer's.
    pub(crate) fn enter_names(&self) -> Result<(), StartError> {
        let Some(uts) = &self.uts else { return Ok(()) };
        move_into_link_name_space(uts.as_fd(), Some(LinkNameSpaceType::HostNameAndNISDomainName))
            .during(step!("joining the uts namespace of another container"))
    }

    /// Has this process share the peer's memory and queues.
    pub(crate) fn enter_ipc(&self) -> Result<(), StartError> {
        let Some(SharedIpc { ipc, .. }) = &self.ipc else { return Ok(()) };
        let kind = LinkNameSpaceType::InterProcessCommunication;
        move_into_link_name_space(ipc.as_fd(), Some(kind))
            .during(step!("joining the ipc namespace of another container"))
    }
}

// === impl SharedIpc ===

impl SharedIpc {
    /// Copies the mount of the peer's shared memory, by a visit to where it is.
    fn memory(&self) -> Result<OwnedFd, StartError> {
        let what = step!("taking the {SHARED_MEMORY} of another container");
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let home = openat(CWD, "/proc/thread-self/ns/mnt", flags, Mode::empty()).during(what)?;
        let go = |mounts: &OwnedFd| {
            move_into_link_name_space(mounts.as_fd(), Some(LinkNameSpaceType::Mount)).during(what)
        };
        go(&self.mounts)?;
        let copy = mount::copy_of_path(SHARED_MEMORY.as_ref()).during(what);
        go(&home)?;
        copy
    }
}

/// Opens a namespace of a container that runs.
///
/// The number of a process that has ended may belong to another one by now. The peer's is a child of its shim as long as
/// it lives, and nothing else is that but the container's own programs.
fn open(peer: Peer, kind: &str) -> Result<OwnedFd, StartError> {
    let Peer { pid, shim_pid } = peer;
    let what = step!("opening the {kind} namespace of another container");
    let file = File::open(format!("/proc/{pid}/ns/{kind}")).during(what)?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).during(what)?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
    if parent == Some(shim_pid) {
        return Ok(file.into());
    }
    Err(StartError::Refused { reason: "the container that is shared with has ended".to_owned() })
}
