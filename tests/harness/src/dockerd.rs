//! A stock dockerd as the peer: the oracle of the rows, and what benchmarks are measured against.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::eventually::eventually;
use crate::http::Client;
use crate::leftovers::sweep;
use crate::namespace::Namespace;
use crate::process::{Process, command, report, run};

/// How long dockerd may take from its start to its first answer, with its containerd.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// The bridge inside the peer's own network namespace.
const BRIDGE: &str = "peer0";

/// The address of the bridge, in a network with room for the thousand containers of a benchmark.
const BRIDGE_ADDRESS: &str = "172.31.250.1/16";

/// A dockerd with folders, a socket and a network of its own; it goes with this value.
#[derive(Debug)]
pub struct Dockerd {
    process: Process,
    socket: PathBuf,
    folder: TempDir,
    network: Namespace,
}

impl Dockerd {
    /// Starts dockerd by hand and waits until it answers.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("dockerd-peer-").tempdir()?;
        let network = Namespace::make()?;
        for arguments in [
            vec!["link", "add", BRIDGE, "type", "bridge"],
            vec!["address", "add", BRIDGE_ADDRESS, "dev", BRIDGE],
            vec!["link", "set", BRIDGE, "up"],
        ] {
            run(network.command("ip").args(arguments))?;
        }
        let socket = folder.path().join("docker.sock");
        let mut command = network.command("dockerd");
        for (option, name) in
            [("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "dockerd.pid")]
        {
            command.arg(option).arg(folder.path().join(name));
        }
        command.arg("--host").arg(format!("unix://{}", socket.display())).args([
            "--bridge",
            BRIDGE,
            "--iptables=false",
        ]);
        let log = folder.path().join("log");
        let process = Process::start(&mut command, &log).context("is dockerd installed?")?;
        let mut peer = Self { process, socket, folder, network };
        peer.wait_until_ready().await?;
        Ok(peer)
    }

    /// The unix socket it listens on.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The folder with all its data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its network namespace.
    pub fn network(&self) -> &Namespace {
        &self.network
    }

    /// The process id of dockerd itself.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The process ids of dockerd and of the containerd that it started.
    pub fn pids(&self) -> Result<Vec<u32>> {
        let children = format!("/proc/{0}/task/{0}/children", self.pid());
        let mut pids = vec![self.pid()];
        // Threads start children too; containerd may be listed under any of them.
        for task in std::fs::read_dir(format!("/proc/{}/task", self.pid()))? {
            let text = std::fs::read_to_string(task?.path().join("children")).unwrap_or_default();
            pids.extend(text.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
        pids.dedup();
        if pids.len() == 1 {
            bail!("dockerd has no containerd under it, see {children}");
        }
        Ok(pids)
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let client = Client::new(&self.socket);
        let ready = eventually("dockerd answers", READY_LIMIT, async || {
            Ok(client.get("/_ping").await.ok().filter(|reply| reply.status == 200))
        })
        .await;
        if let Err(error) = ready {
            return Err(error.context(self.process.log_end()));
        }
        Ok(())
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        // Asked to end, it ends its containers and its containerd too; what it leaves is swept.
        let ended = self.process.terminate().map(drop).and_then(|()| sweep(self.folder.path()));
        if let Err(error) = ended {
            report(&format!("the peer did not end well: {error:#}"));
        }
    }
}

/// True where a dockerd is installed.
pub fn is_installed() -> bool {
    run(command("dockerd").arg("--version")).is_ok()
}
