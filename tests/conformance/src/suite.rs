//! Running rows against one endpoint, which is started once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::{Instant, timeout};

use crate::cx::{Cx, Target};
use crate::dockerd::Dockerd;
use crate::http::Client;
use crate::images::Archives;
use crate::process::report;
use crate::results::{TestResult, Word};
use crate::row::Row;
use crate::server::Server;
use crate::settings::Choice;

/// How long one row may take: ten times what the slowest takes on a dockerd.
const ROW_LIMIT: Duration = Duration::from_secs(120);

/// An endpoint with the test images in it, kept until the last row has ended.
#[derive(Debug)]
pub struct Suite {
    endpoint: Endpoint,
    target: Arc<Target>,
    api: (u32, u32),
    _folder: TempDir,
}

#[derive(Debug)]
enum Endpoint {
    Ours(Box<Server>),
    Dockerd(Box<Dockerd>),
    Socket(PathBuf),
}

impl Suite {
    /// Starts the chosen endpoint, where it is one that the tests start, and fills it.
    pub fn start(runtime: &Runtime, choice: Choice) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let archives = Archives::make(folder.path())?;
        runtime.block_on(async {
            let endpoint = match choice {
                Choice::Ours => Endpoint::Ours(Box::new(Server::start().await?)),
                Choice::Dockerd => Endpoint::Dockerd(Box::new(Dockerd::start().await?)),
                Choice::Socket(path) => Endpoint::Socket(path),
            };
            let target = Arc::new(Target {
                socket: endpoint.socket().to_owned(),
                archives,
                network: endpoint.network(),
                ours: matches!(endpoint, Endpoint::Ours(_)),
            });
            let api = prepare(&target).await?;
            Ok(Self { endpoint, target, api, _folder: folder })
        })
    }

    /// The socket of the endpoint.
    pub fn socket(&self) -> &Path {
        &self.target.socket
    }

    /// The archives of the images that it holds.
    pub fn archives(&self) -> &Archives {
        &self.target.archives
    }

    /// What it takes to run rows, for many threads.
    pub fn runner(&self) -> Runner {
        Runner { target: Arc::clone(&self.target), api: self.api }
    }

    /// Tells what the endpoint wrote, for whoever looks for the reason of a failure.
    pub fn tell(&self) {
        if let Endpoint::Ours(server) = &self.endpoint {
            report(&format!("-- the end of the server's log\n{}", server.log_end()));
        }
    }
}

/// Runs rows, one at a time.
#[derive(Debug, Clone)]
pub struct Runner {
    target: Arc<Target>,
    api: (u32, u32),
}

impl Runner {
    /// Runs a row to its end, cleans up after it, and tells what became of it.
    pub fn run(&self, row: &Row) -> TestResult {
        let started = Instant::now();
        let (result, reason) = match self.silent_because(row) {
            Some(why) => (Word::NotAsked, Some(why)),
            None => match self.check(row) {
                Ok(None) => (Word::Pass, None),
                Ok(Some(refused)) => (Word::Unsupported, Some(refused)),
                Err(error) => (Word::Fail, Some(format!("{error:#}"))),
            },
        };
        let duration_ms = u64::try_from(started.elapsed().as_millis()).ok();
        TestResult { test: row.name.to_owned(), result, reason, duration_ms }
    }

    /// Our own server is asked every row; an oracle only what it can know.
    fn silent_because(&self, row: &Row) -> Option<String> {
        if self.target.ours { None } else { row.oracle.silent_because(self.api) }
    }

    /// Runs the check; where it fails right after an answer of 501, returns what that answer said.
    fn check(&self, row: &Row) -> Result<Option<String>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let cleaner = Cx::new(Arc::clone(&self.target), row)?;
        let cx = cleaner.share();
        // A check that panics leaves its containers too.
        let checked = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async { timeout(ROW_LIMIT, (row.check)(cx)).await })
        }));
        let refused = cleaner.refused();
        let cleaned = runtime.block_on(cleaner.clean());
        let failure = match checked {
            Ok(Ok(Ok(()))) => return cleaned.map(|()| None),
            Ok(Ok(Err(error))) => error,
            Ok(Err(_)) => anyhow::anyhow!("took longer than {ROW_LIMIT:?}"),
            Err(panic) => anyhow::anyhow!("{}", said_by(&*panic)),
        };
        match refused {
            Some(why) => Ok(Some(why)),
            None => Err(failure),
        }
    }
}

impl Endpoint {
    fn network(&self) -> Option<PathBuf> {
        match self {
            Self::Ours(server) => Some(server.network().path()),
            Self::Dockerd(dockerd) => Some(dockerd.network().path()),
            Self::Socket(_) => None,
        }
    }

    fn socket(&self) -> PathBuf {
        match self {
            Self::Ours(server) => server.socket(),
            Self::Dockerd(dockerd) => dockerd.socket().to_owned(),
            Self::Socket(path) => path.clone(),
        }
    }
}

/// Puts the images into the endpoint and returns the API version that it advertises.
async fn prepare(target: &Target) -> Result<(u32, u32)> {
    let client = Client::new(&target.socket);
    target.archives.put_into(&client).await?;
    let reply = client.get("/_ping").await?;
    let (major, minor) = reply.header("api-version").split_once('.').context("no API version")?;
    Ok((major.parse()?, minor.parse()?))
}

/// The text of a panic.
fn said_by(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without a text".to_owned())
}
