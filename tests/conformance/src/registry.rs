//! A stock registry beside the endpoint, in the same network: Debian's docker-registry, with its own folder.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::cx::Cx;
use crate::eventually::eventually;
use crate::process::{Process, command, run};

/// How long a registry may take to its first answer.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// The user of a registry with a password.
pub const USER: (&str, &str) = ("alice", "secret");

/// A registry; it goes with this value.
#[derive(Debug)]
pub struct Registry {
    address: String,
    _process: Process,
    _folder: TempDir,
}

impl Registry {
    /// Starts a registry that everybody may use.
    pub async fn start(cx: &Cx) -> Result<Self> {
        Self::start_in(cx, folder()?, "").await
    }

    /// Starts a registry that [`USER`] alone may use.
    pub async fn start_private(cx: &Cx) -> Result<Self> {
        let folder = folder()?;
        let file = folder.path().join("htpasswd");
        let (user, password) = USER;
        std::fs::write(&file, run(command("htpasswd").args(["-Bbn", user, password]))?)?;
        let auth = format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", file.display());
        Self::start_in(cx, folder, &auth).await
    }

    /// Host and port, as they stand before a name.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A name in this registry.
    pub fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }

    async fn start_in(cx: &Cx, folder: TempDir, auth: &str) -> Result<Self> {
        // Free here, and in a network of its own all the more.
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let config = folder.path().join("config.yml");
        let text = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\n\
             http:\n  addr: {address}\n{auth}",
            folder.path().join("data").display()
        );
        std::fs::write(&config, text)?;
        let log = folder.path().join("log");
        let mut serve = inside(cx.target().network.as_deref(), "docker-registry");
        let process = Process::start(serve.arg("serve").arg(&config), &log)
            .context("is docker-registry installed?")?;
        let probe = format!("/distribution/{address}/nothing:here/json");
        eventually("the registry answers", READY_LIMIT, async || {
            let said = cx.client().get(&probe).await?.text();
            Ok((!said.contains("refused")).then_some(()))
        })
        .await?;
        Ok(Self { address, _process: process, _folder: folder })
    }
}

fn folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("registry-").tempdir()?)
}

/// A command in the network of an endpoint.
pub(crate) fn inside(
    network: Option<&Path>,
    program: impl AsRef<std::ffi::OsStr>,
) -> std::process::Command {
    let Some(network) = network else { return command(program) };
    let mut inside = command("nsenter");
    inside.arg(format!("--net={}", network.display())).arg("--").arg(program);
    inside
}
