//! A network namespace for a server under test, so that its bridge meets no other.

use std::path::PathBuf;

use anyhow::Result;

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
