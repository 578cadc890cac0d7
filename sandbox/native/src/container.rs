//! A new container from the inside: the steps its first process takes from its birth to its program.
//!
//! The process is born in new namespaces as a copy of the shim. While the shim makes control groups and interfaces, it makes
//! the mounts; then it turns its back on the host and becomes the program.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::mount::{MountPropagationFlags, UnmountFlags, mount_change, unmount};
use rustix::process::{chdir, fchdir, pivot_root, setsid, umask};
use rustix::system::{setdomainname, sethostname};
use sandbox_shim::{Capabilities, ContainerConfig, FailureOrigin, Ipc, Mount, RunDir};

use crate::cgroup::devices::nodes;
use crate::error::{During, StartError, step};
use crate::finish::Finish;
use crate::handshake::ChildEnd;
use crate::mount;
use crate::namespaces::{self, Shared};
use crate::network;
use crate::rights;
use crate::seccomp::Filter;
use crate::stdio::{self, Stdio, Terminal};
use crate::syscall;
use crate::target;
use crate::wasm::Runs;

mod binds;
mod devices;
mod kernel_files;
mod paths;
mod rootfs;
mod sysctl;
mod tmpfs;

/// What the first process is told; all of it was prepared by the shim.
pub(crate) struct Birth<'a> {
    pub(crate) config: &'a ContainerConfig,
    /// Namespaces of other containers.
    pub(crate) shared: &'a Shared,
    /// The mounts of `/sys/fs/cgroup`.
    pub(crate) cgroups: &'a [Vec<String>],
    /// The host's null device.
    pub(crate) null: BorrowedFd<'a>,
    /// The streams, unless the program has a terminal.
    pub(crate) streams: Option<Stdio>,
    pub(crate) filter: Option<&'a Filter>,
    /// What is withheld from its programs. Without the right to make devices, those of images and binds are of no use either.
    pub(crate) withheld: Capabilities,
    /// The shim's own program, if it is to be the first process.
    pub(crate) init: Option<BorrowedFd<'a>>,
    /// What the program may be.
    pub(crate) runs: Runs,
}

impl Birth<'_> {
    /// Becomes the container's program, or tells the shim why not and ends.
    pub(crate) fn run(mut self, mut shim: ChildEnd) -> ! {
        syscall::reset_signals();
        if let Err(error) = rights::die_with_the_shim() {
            shim.fail(error.into_failure(FailureOrigin::Create));
        }
        let streams = self.streams.take();
        let nothing = Stdio::Streams { stdin: None, stdout: None, stderr: None };
        let stdio = match self.build(&mut shim) {
            Ok(Some(terminal)) => Stdio::Terminal(terminal),
            Ok(None) => streams.unwrap_or(nothing),
            Err(error) => shim.fail(error.into_failure(FailureOrigin::Create)),
        };
        let finish = Finish {
            process: &self.config.process,
            stdio: &stdio,
            null: self.null,
            filter: self.filter,
            withheld: self.withheld,
            init: self.init,
            holds: self.config.namespaces.holder,
            runs: self.runs,
            origin: FailureOrigin::Create,
        };
        finish.run(shim)
    }

    /// Makes everything the program will see; returns the program's side of its terminal.
    fn build(&self, shim: &mut ChildEnd) -> Result<Option<OwnedFd>, StartError> {
        let config = self.config;
        // The mounts' modes are given in full.
        umask(Mode::empty());
        setsid().during(step!("starting a session"))?;
        self.shared.enter_network()?;
        self.shared.enter_ipc()?;
        self.shared.enter_names()?;
        let devices = !self.withheld.contains(rights::MAKE_DEVICES);
        let binds = binds::copies(config, devices)?;
        let memory = namespaces::shared_memory(&config.namespaces, self.shared)?;
        let alone = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount_change("/", alone).during(step!("leaving the host's mounts"))?;
        // Not the shim's, which is a mount of another namespace.
        let null = stdio::null_device(CWD).ok_or_else(stdio::no_null)?;
        let root = self.root()?;
        // They are the root's own: what is mounted over their directories shows none of them.
        paths::mark(root.as_fd(), &config.rootfs)?;
        let proc = kernel_files::proc(root.as_fd())?;
        let terminal = self.kernel_mounts(root.as_fd(), memory, shim)?;
        self.own_mounts(root.as_fd(), binds)?;
        self.names()?;
        sysctl::without_ipv6(proc.as_fd(), &config.network)?;
        network::inside(&config.network)?;
        sysctl::set(proc.as_fd(), config)?;
        umask(Mode::from_raw_mode(0o022));
        target::directory(root.as_fd(), &config.process.cwd)?;
        paths::guard(root.as_fd(), &config.security, &null)?;
        if config.security.read_only_rootfs {
            mount::make_top_read_only(root.as_fd()).during(step!("making the root read-only"))?;
        }
        enter(&root)?;
        Ok(terminal)
    }

    fn names(&self) -> Result<(), StartError> {
        let config = self.config;
        if !config.namespaces.has_own_names() {
            return Ok(());
        }
        sethostname(config.hostname.as_bytes()).during(step!("sethostname"))?;
        if !config.domainname.is_empty() {
            setdomainname(config.domainname.as_bytes()).during(step!("setdomainname"))?;
        }
        Ok(())
    }

    /// Mounts the root file system in the run directory, where only this mount namespace sees it.
    fn root(&self) -> Result<OwnedFd, StartError> {
        let place = RunDir::new(&self.config.run_dir).root();
        let root = rootfs::make(&self.config.rootfs, &place)?;
        if self.withheld.contains(rights::MAKE_DEVICES) {
            mount::forbid_devices(root.as_fd()).during(step!("forbidding devices"))?;
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let target = openat(CWD, &place, flags, Mode::empty());
        target
            .and_then(|target| mount::place(&root, &target))
            .during(step!("placing the root file system on {}", place.display()))?;
        Ok(root)
    }

    /// Mounts what the kernel offers, in two halves with a pause for the shim to finish its part.
    fn kernel_mounts(
        &self,
        root: BorrowedFd<'_>,
        memory: Option<OwnedFd>,
        shim: &mut ChildEnd,
    ) -> Result<Option<OwnedFd>, StartError> {
        let config = self.config;
        let (privileged, size) = (config.security.privileged, config.process.terminal);
        let dev = devices::make(privileged, size.is_some())?;
        let memory = match (memory, config.namespaces.ipc) {
            (Some(shared), _) => Some(shared),
            (None, Ipc::None) => None,
            (None, Ipc::Of(_)) => Some(kernel_files::shared_memory(config.shm_size_bytes)?),
        };
        let terminals = kernel_files::dev(root, &dev, memory)?;
        devices::borrow(&dev)?;
        let terminal = match size {
            Some(size) => {
                let terminal =
                    Terminal::open(&terminals, size).during(step!("making a terminal"))?;
                kernel_files::console(&dev, &terminal.slave)?;
                Some(terminal)
            }
            None => None,
        };
        kernel_files::sys(root, privileged)?;
        let (master, slave) = match terminal {
            Some(Terminal { master, slave }) => (Some(master), Some(slave)),
            None => (None, None),
        };
        shim.mounted([terminals].into_iter().chain(master).collect())?;
        if !config.namespaces.host_cgroup {
            syscall::new_cgroup_namespace().during(step!("leaving the host's control groups"))?;
        }
        kernel_files::cgroups(root, self.cgroups, privileged)?;
        Ok(slave)
    }

    /// Mounts what the container was given.
    fn own_mounts(&self, root: BorrowedFd<'_>, binds: Vec<OwnedFd>) -> Result<(), StartError> {
        let config = self.config;
        let mut binds = binds.into_iter();
        for mount in &config.mounts {
            match mount {
                Mount::Bind(bind) => {
                    let copy = binds.next().expect("each bind has its copy");
                    binds::place(root, bind, copy)?;
                }
                Mount::Tmpfs(tmpfs) => tmpfs::mount(root, tmpfs)?,
            }
        }
        for device in nodes(&config.resources.devices)? {
            devices::add(root, &device)?;
        }
        let devices = !self.withheld.contains(rights::MAKE_DEVICES);
        let files = RunDir::new(&config.run_dir).files();
        for (number, file) in config.files.iter().enumerate() {
            // What the client mounts there is what it wants to see there.
            if config.mounts.iter().any(|mount| mount.target() == file.target) {
                continue;
            }
            let (source, read_only) =
                (files.join(number.to_string()), config.security.read_only_rootfs);
            paths::bind(root, &source, &file.target, read_only, devices)?;
        }
        Ok(())
    }
}

/// Makes `root` the root directory and lets go of the host's.
///
/// The new root is stacked over the old one and that is detached, so no directory is needed for it and nothing keeps it.
fn enter(root: &OwnedFd) -> Result<(), StartError> {
    fchdir(root)
        .and_then(|()| pivot_root(".", "."))
        .and_then(|()| unmount(".", UnmountFlags::DETACH))
        .and_then(|()| chdir("/"))
        .during(step!("pivot_root"))
}
