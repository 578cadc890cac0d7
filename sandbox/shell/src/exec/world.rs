//! What is around one process of the shell, as its tools see it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bstr::{BStr, BString};
use sandbox_tools::{
    Child, DirEntry, FileSystem, Identity, Interrupt, Metadata, OpenOptions, OwnerChange, Process,
    ProcessInfo, Space, Stream, System, Time, TimesChange, World,
};

use super::process::status_of;
use crate::fds::Fds;
use crate::machine::Machine;
use crate::shell::Shell;

/// The world of one process: the machine's, with its number and the names of its descriptors.
pub(crate) struct ProcessWorld {
    machine: Arc<Machine>,
    pid: u32,
    fds: Fds,
}

impl ProcessWorld {
    pub(crate) fn of(machine: &Arc<Machine>, pid: u32) -> Arc<dyn World> {
        Self::with_fds(machine, pid, Fds::default())
    }

    /// The same for one run of a tool: `/dev/fd` and its like name `fds`.
    pub(super) fn with_fds(machine: &Arc<Machine>, pid: u32, fds: Fds) -> Arc<dyn World> {
        Arc::new(Self { machine: Arc::clone(machine), pid, fds })
    }

    fn base(&self) -> &dyn FileSystem {
        self.machine.world.files()
    }

    fn named_stream(&self, path: &Path) -> Option<Arc<dyn Stream>> {
        self.fds.get(fd_of(path)?).cloned()
    }
}

/// The descriptor that a path names.
pub(crate) fn fd_of(path: &Path) -> Option<u32> {
    let path = path.to_str()?;
    match path {
        "/dev/stdin" => Some(0),
        "/dev/stdout" => Some(1),
        "/dev/stderr" => Some(2),
        path => {
            let number =
                path.strip_prefix("/dev/fd/").or_else(|| path.strip_prefix("/proc/self/fd/"))?;
            number.parse().ok()
        }
    }
}

impl World for ProcessWorld {
    fn files(&self) -> &dyn FileSystem {
        self
    }

    fn identity(&self) -> Identity {
        self.machine.world.identity()
    }

    fn system(&self) -> System {
        self.machine.world.system()
    }

    fn now(&self) -> Time {
        self.machine.world.now()
    }

    fn elapsed(&self) -> Duration {
        self.machine.world.elapsed()
    }

    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        self.machine.world.random(bytes)
    }

    fn pid(&self) -> u32 {
        self.pid
    }

    fn start(&self, process: Process) -> io::Result<Box<dyn Child>> {
        let pid = Shell::start_process(&self.machine, self.pid, process)?;
        Ok(Box::new(Started { machine: Arc::clone(&self.machine), pid, parent: self.pid }))
    }

    fn processes(&self) -> Vec<ProcessInfo> {
        self.machine.processes()
    }

    fn kill(&self, pid: i64, signal: u8) -> io::Result<()> {
        self.machine.kill(self.pid, pid, signal)
    }

    fn connect(
        &self,
        host: &BStr,
        port: u16,
        patience: Duration,
        interrupt: &Interrupt,
    ) -> io::Result<Arc<dyn Stream>> {
        self.machine.world.connect(host, port, patience, interrupt)
    }
}

/// A process that a tool started.
struct Started {
    machine: Arc<Machine>,
    pid: u32,
    parent: u32,
}

impl Child for Started {
    fn pid(&self) -> u32 {
        self.pid
    }

    fn wait(&mut self, time: Option<Duration>, interrupt: &Interrupt) -> io::Result<Option<u8>> {
        let ended = self.machine.wait(interrupt, time, |machine| machine.status(self.pid))?;
        Ok(ended.map(|ended| {
            self.machine.reap(self.pid);
            u8::try_from(status_of(ended)).unwrap_or(u8::MAX)
        }))
    }

    fn kill(&mut self, signal: u8) -> io::Result<()> {
        self.machine.kill(self.parent, self.pid.into(), signal)
    }
}

impl FileSystem for ProcessWorld {
    fn open(
        &self,
        path: &Path,
        options: &OpenOptions,
        interrupt: &Interrupt,
    ) -> io::Result<Arc<dyn Stream>> {
        match self.named_stream(path) {
            Some(stream) => Ok(stream),
            None => self.base().open(path, options, interrupt),
        }
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        match self.named_stream(path) {
            Some(stream) => stream.metadata(),
            None => self.base().metadata(path),
        }
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<Metadata> {
        match self.named_stream(path) {
            Some(stream) => stream.metadata(),
            None => self.base().symlink_metadata(path),
        }
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.base().read_dir(path)
    }

    fn create_dir(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.base().create_dir(path, mode)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.base().remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.base().remove_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.base().rename(from, to)
    }

    fn hard_link(&self, original: &Path, link: &Path) -> io::Result<()> {
        self.base().hard_link(original, link)
    }

    fn symlink(&self, target: &Path, link: &Path) -> io::Result<()> {
        self.base().symlink(target, link)
    }

    fn read_link(&self, path: &Path) -> io::Result<BString> {
        self.base().read_link(path)
    }

    fn set_permissions(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.base().set_permissions(path, mode)
    }

    fn set_owner(&self, path: &Path, owner: OwnerChange, follow: bool) -> io::Result<()> {
        self.base().set_owner(path, owner, follow)
    }

    fn set_times(&self, path: &Path, times: TimesChange, follow: bool) -> io::Result<()> {
        self.base().set_times(path, times, follow)
    }

    fn make_fifo(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.base().make_fifo(path, mode)
    }

    fn access(&self, path: &Path, mode: u32) -> io::Result<()> {
        match self.named_stream(path) {
            Some(_) => Ok(()),
            None => self.base().access(path, mode),
        }
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        self.base().space(path)
    }
}

/// A working directory as a path.
pub(super) fn directory(path: PathBuf) -> Vec<u8> {
    use std::os::unix::ffi::OsStringExt as _;
    path.into_os_string().into_vec()
}
