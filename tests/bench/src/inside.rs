//! The network of a subject: every server has one of its own, and what measures it must get in.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tests_conformance::{Namespace, Process, eventually};

/// Where a registry listens inside of its subject's network, where nobody else is.
pub(crate) const REGISTRY: &str = "127.0.0.1:5000";

/// How long a registry may take to listen.
const READY_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// A stock docker-registry inside of a subject's network; it ends with this value.
#[derive(Debug)]
pub(crate) struct Registry {
    _process: Process,
    _folder: TempDir,
}

impl Registry {
    /// Starts a registry that serves `data`.
    pub(crate) async fn start(network: &Namespace, data: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("config.yml");
        std::fs::write(
            &config,
            format!(
                "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {REGISTRY}\n",
                data.display()
            ),
        )?;
        let mut command = network.command("docker-registry");
        command.arg("serve").arg(&config);
        let process = Process::start(&mut command, &folder.path().join("log"))
            .context("is docker-registry installed?")?;
        eventually("the registry listens", READY_LIMIT, async || {
            Ok(connect(network, REGISTRY.parse()?).ok())
        })
        .await?;
        Ok(Self { _process: process, _folder: folder })
    }
}

/// Connects from inside of a network. The stream can be used anywhere.
pub(crate) fn connect(network: &Namespace, address: SocketAddr) -> Result<TcpStream> {
    network.enter(|| TcpStream::connect(address))
}
