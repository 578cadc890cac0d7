//! Runs the acceptance rows against one endpoint that is started once.
//!
//! Without further word it is the binary of this repository. `SOCKERLESS_TEST_ENDPOINT=dockerd` starts a stock
//! dockerd instead, and `SOCKERLESS_TEST_ENDPOINT=unix:///…` takes what listens there: a row that a dockerd fails
//! is wrong, unless its oracle says why.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use libtest_mimic::{Arguments, Failed, Trial};
use tests_conformance::{
    Archives, Choice, Client, Cx, Dockerd, Row, Server, Target, all_rows, endpoint, report,
};
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// How long one row may take: ten times what the slowest takes on a dockerd.
const ROW_LIMIT: Duration = Duration::from_secs(120);

/// What the rows run against, kept until the last has ended.
enum Endpoint {
    Ours(Box<Server>),
    Dockerd(Box<Dockerd>),
    Socket(PathBuf),
}

fn main() -> Result<()> {
    let mut arguments = Arguments::from_args();
    if arguments.list {
        let trials = all_rows().into_iter().map(|row| Trial::test(row.name, || Ok(())));
        libtest_mimic::run(&arguments, trials.collect()).exit();
    }
    // Rows wait for containers most of the time, so more of them than processors run at once.
    arguments.test_threads.get_or_insert(4);
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let archives = Archives::make(folder.path())?;
    let endpoint = runtime.block_on(Endpoint::start())?;
    let target = Arc::new(Target {
        socket: endpoint.socket(),
        archives,
        ours: matches!(endpoint, Endpoint::Ours(_)),
    });
    let api = runtime.block_on(prepare(&target))?;
    let trials = all_rows().into_iter().map(|row| trial(row, &target, api)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() {
        endpoint.tell();
    }
    // Ends the endpoint before the process does: `exit` would drop nothing.
    drop(endpoint);
    drop(folder);
    conclusion.exit()
}

impl Endpoint {
    async fn start() -> Result<Self> {
        Ok(match endpoint()? {
            Choice::Ours => Self::Ours(Box::new(Server::start().await?)),
            Choice::Dockerd => Self::Dockerd(Box::new(Dockerd::start().await?)),
            Choice::Socket(path) => Self::Socket(path),
        })
    }

    fn socket(&self) -> PathBuf {
        match self {
            Self::Ours(server) => server.socket(),
            Self::Dockerd(dockerd) => dockerd.socket().to_owned(),
            Self::Socket(path) => path.clone(),
        }
    }

    fn tell(&self) {
        if let Self::Ours(server) = self {
            report(&format!("-- the end of the server's log\n{}", server.log_end()));
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

fn trial(row: Row, target: &Arc<Target>, api: (u32, u32)) -> Trial {
    // Our own server is asked every row; an oracle only what it can know.
    let silent = if target.ours { None } else { row.oracle.silent_because(api) };
    let target = Arc::clone(target);
    let run = move || run(row, target).map_err(|error| Failed::from(format!("{error:?}")));
    Trial::test(row.name, run).with_ignored_flag(silent.is_some())
}

fn run(row: Row, target: Arc<Target>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cleaner = Cx::new(target, row.name)?;
    let cx = cleaner.share();
    // A check that panics leaves its containers too.
    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(async { timeout(ROW_LIMIT, (row.check)(cx)).await })
    }));
    let cleaned = runtime.block_on(cleaner.clean());
    match checked {
        Ok(Ok(result)) => result.and(cleaned),
        Ok(Err(_)) => Err(anyhow!("took longer than {ROW_LIMIT:?}")),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
