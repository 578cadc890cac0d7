//! The network of a subject: every server has one of its own, and what measures it must get in.

use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
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
    enter(&File::open(network.path())?, || TcpStream::connect(address))
}

/// Does something inside of a network. A socket that is made there can be used anywhere.
pub(crate) fn enter<T: Send>(
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
