//! A network namespace for a server under test, so that its bridge meets no other.

use std::{fs::File, io, os::fd::AsFd as _, path::PathBuf};

use anyhow::{Result, anyhow};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::process::{command, report, run};

/// A named network namespace with its loopback up; it goes with this value.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes a namespace with a name that no other has.
    pub fn make() -> Result<Self> {
        let name = format!("sockerless-test-{:08x}", getrandom::u32()?);
        run(command("ip").args(["netns", "add", &name]))?;
        let made = Self { name };
        run(made.command("ip").args(["link", "set", "lo", "up"]))?;
        Ok(made)
    }

    /// A command that will run inside, with the mounts of the tests.
    ///
    /// `ip netns exec` would mount another `/sys`, without the cgroups.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> std::process::Command {
        let mut inside = command("nsenter");
        inside.arg(format!("--net={}", self.path().display())).arg("--").arg(program);
        inside
    }

    /// The file that stands for the namespace.
    pub fn path(&self) -> PathBuf {
        PathBuf::from("/run/netns").join(&self.name)
    }

    /// Does something inside. A socket that is made there can be used anywhere.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> io::Result<T> + Send) -> Result<T> {
        enter_network(&File::open(self.path())?, work)
    }

    /// The names of the network interfaces inside.
    pub fn interfaces(&self) -> Result<Vec<String>> {
        let text = run(self.command("ip").args(["-brief", "link"]))?;
        let names = text.lines().filter_map(|line| line.split_whitespace().next());
        Ok(names.map(|name| name.split('@').next().unwrap_or(name).to_owned()).collect())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Err(error) = run(command("ip").args(["netns", "delete", &self.name])) {
            report(&format!("a network namespace stayed: {error:#}"));
        }
    }
}

/// Does something inside of a network that is held open. A socket that is made there can be used anywhere.
pub fn enter_network<T: Send>(
    network: &File,
    work: impl FnOnce() -> io::Result<T> + Send,
) -> Result<T> {
    std::thread::scope(|scope| {
        // A thread of its own: it ends inside, and nobody else is moved.
        let inside = scope.spawn(|| {
            move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?;
            anyhow::Ok(work()?)
        });
        inside.join().map_err(|_| anyhow!("the thread inside panicked"))?
    })
}
