//! The world of the host's process itself.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bstr::BStr;
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use crate::files::{FileSystem, Time};
use crate::host_connect;
use crate::host_files::HostFiles;
use crate::interrupt::Interrupt;
use crate::process::{Child, Process};
use crate::stream::Stream;
use crate::world::{Identity, ProcessInfo, System, World};

/// The host's files, clock and name as its process sees them: inside a container, the container's.
///
/// It starts no process and knows of none: those of a shell are the shell's.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostWorld;

impl World for HostWorld {
    fn files(&self) -> &dyn FileSystem {
        &HostFiles
    }

    fn identity(&self) -> Identity {
        let groups = rustix::process::getgroups().unwrap_or_default();
        Identity {
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
            groups: groups.into_iter().map(rustix::fs::Gid::as_raw).collect(),
        }
    }

    fn system(&self) -> System {
        let uname = rustix::system::uname();
        let text = |name: &std::ffi::CStr| name.to_string_lossy().into_owned();
        System {
            name: text(uname.sysname()),
            host: text(uname.nodename()),
            release: text(uname.release()),
            version: text(uname.version()),
            machine: text(uname.machine()),
        }
    }

    fn now(&self) -> Time {
        let now = clock_gettime(ClockId::Realtime);
        Time { seconds: now.tv_sec, nanoseconds: u32::try_from(now.tv_nsec).unwrap_or_default() }
    }

    fn elapsed(&self) -> Duration {
        let now = clock_gettime(ClockId::Monotonic);
        let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
        Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or_default())
    }

    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        getrandom::fill(bytes).map_err(|_| Errno::IO.into())
    }

    fn pid(&self) -> u32 {
        std::process::id()
    }

    fn start(&self, _process: Process) -> io::Result<Box<dyn Child>> {
        Err(Errno::NOSYS.into())
    }

    fn processes(&self) -> Vec<ProcessInfo> {
        Vec::new()
    }

    fn kill(&self, _pid: i64, _signal: u8) -> io::Result<()> {
        Err(Errno::SRCH.into())
    }

    fn connect(
        &self,
        host: &BStr,
        port: u16,
        patience: Duration,
        interrupt: &Interrupt,
    ) -> io::Result<Arc<dyn Stream>> {
        Ok(Arc::new(host_connect::connect(host, port, patience, interrupt)?))
    }
}
