//! Git repositories beside the endpoint, in the same network, served by git's own daemon.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::cx::Cx;
use crate::eventually::eventually;
use crate::process::{Process, command, run};
use crate::registry::inside;

/// How long the daemon may take until it listens.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// A server of repositories; it goes with this value.
#[derive(Debug)]
pub struct Git {
    address: String,
    network: Option<PathBuf>,
    _process: Process,
    folder: TempDir,
}

impl Git {
    /// Starts a server without repositories.
    pub async fn start(cx: &Cx) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("git-").tempdir()?;
        // Free here, and in a network of its own all the more.
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        // The daemon itself: `git daemon` would be one more process, which outlives the first.
        let programs = run(command("git").arg("--exec-path"))?;
        let daemon = Path::new(programs.trim()).join("git-daemon");
        let network = cx.target().network.clone();
        let mut serve = inside(network.as_deref(), daemon);
        serve.arg(format!("--base-path={}", folder.path().display()));
        serve.args(["--export-all", "--listen=127.0.0.1", &format!("--port={}", address.port())]);
        let process = Process::start(&mut serve, &folder.path().join("log"))
            .context("is git's daemon installed?")?;
        let server = Self { address: address.to_string(), network, _process: process, folder };
        server.repository("first", &[("f", "x")])?;
        eventually("git's daemon answers", READY_LIMIT, async || Ok(server.answers())).await?;
        Ok(server)
    }

    /// Where an endpoint finds a repository.
    pub fn url(&self, what: &str) -> String {
        format!("git://{}/{what}", self.address)
    }

    /// Where a repository is on the host.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a repository of files, at a branch called master.
    pub fn repository(&self, name: &str, files: &[(&str, &str)]) -> Result<()> {
        std::fs::create_dir(self.path(name))?;
        self.git(name, &["init", "-q", "-b", "master"])?;
        self.commit(name, files)
    }

    /// Puts files into a repository.
    pub fn commit(&self, name: &str, files: &[(&str, &str)]) -> Result<()> {
        for (path, text) in files {
            let place = self.path(name).join(path);
            std::fs::create_dir_all(place.parent().context("it is in the folder")?)?;
            std::fs::write(place, text)?;
        }
        self.git(name, &["add", "-A"])?;
        self.git(name, &["commit", "-q", "-m", "one more"]).map(drop)
    }

    /// Runs git in a repository, in the endpoint's network, and gives what it writes.
    pub fn git(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let mut git = inside(self.network.as_deref(), "git");
        git.args(["-c", "user.name=someone", "-c", "user.email=someone@example.test"]);
        git.env("HOME", self.folder.path()).current_dir(self.path(name));
        run(git.args(arguments))
    }

    fn answers(&self) -> Option<()> {
        self.git("first", &["ls-remote", &self.url("first")]).ok().map(drop)
    }
}
