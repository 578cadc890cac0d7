//! What is measured: one file a scenario.

mod archive;
mod build;
mod commit;
mod copy;
mod create;
mod cycle;
mod exec;
mod fleet;
mod followers;
mod inspect;
mod list;
mod memory;
pub(crate) mod network;
mod published;
mod pull;
pub(crate) mod recover;
mod replay;
mod run;
mod stdout;
pub(crate) mod wasm;

use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tempfile::TempDir;
use tests_conformance::{Archives, BUSYBOX, Docker, Reply};

pub(crate) use self::commit::{Options as CommitOptions, commit_alone};
use crate::constant::Constant;
use crate::figure::Figure;
use crate::machine::now;
use crate::subject::{Kind, Subject};
use crate::wire::{Wire, request};

/// Rounds of what depends on the disk; the median counts.
const ROUNDS: u32 = 3;

/// The command of a container that does nothing.
const SLEEPING: &[&str] = &["sleep", "100000"];

/// How a scenario is run.
type Run = for<'p> fn(&'p mut Plan) -> Pin<Box<dyn Future<Output = Result<Vec<Figure>>> + 'p>>;

/// One scenario.
pub(crate) struct Scenario {
    /// The name for `--only`.
    pub(crate) name: &'static str,
    /// What runs it.
    pub(crate) run: Run,
}

/// Every scenario, in the order of the table of goals.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "create", run: |plan| Box::pin(create::measure(plan)) },
    Scenario { name: "commit", run: |plan| Box::pin(commit::measure(plan)) },
    Scenario { name: "inspect", run: |plan| Box::pin(inspect::measure(plan)) },
    Scenario { name: "list", run: |plan| Box::pin(list::measure(plan)) },
    Scenario { name: "cycle", run: |plan| Box::pin(cycle::measure(plan)) },
    Scenario { name: "exec", run: |plan| Box::pin(exec::measure(plan)) },
    Scenario { name: "run", run: |plan| Box::pin(run::measure(plan)) },
    Scenario { name: "stdout", run: |plan| Box::pin(stdout::measure(plan)) },
    Scenario { name: "memory", run: |plan| Box::pin(memory::measure(plan)) },
    Scenario { name: "fleet", run: |plan| Box::pin(fleet::measure(plan)) },
    Scenario { name: "followers", run: |plan| Box::pin(followers::measure(plan)) },
    Scenario { name: "pull", run: |plan| Box::pin(pull::measure(plan)) },
    Scenario { name: "archive", run: |plan| Box::pin(archive::measure(plan)) },
    Scenario { name: "build", run: |plan| Box::pin(build::measure(plan)) },
    Scenario { name: "copy", run: |plan| Box::pin(copy::measure(plan)) },
    Scenario { name: "published", run: |plan| Box::pin(published::measure(plan)) },
    Scenario { name: "network", run: |plan| Box::pin(network::measure(plan)) },
    Scenario { name: "wasm", run: |plan| Box::pin(wasm::measure(plan)) },
    Scenario { name: "replay", run: |plan| Box::pin(replay::measure(plan)) },
    Scenario { name: "recover", run: |plan| Box::pin(recover::measure(plan)) },
];

/// Who is measured and how long.
pub(crate) struct Plan {
    kinds: Vec<Kind>,
    archives: Archives,
    quick: bool,
    _folder: TempDir,
}

impl Plan {
    /// Plans a run over `kinds`.
    pub(crate) fn new(kinds: Vec<Kind>, quick: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self { kinds, archives: Archives::make(folder.path())?, quick, _folder: folder })
    }

    /// The servers to measure, without the responder.
    fn servers(&self) -> impl Iterator<Item = Kind> + use<> {
        self.kinds.clone().into_iter().filter(|kind| *kind != Kind::Constant)
    }

    /// Starts a server anew.
    async fn start(&self, kind: Kind) -> Result<Subject> {
        Subject::start(kind, &self.archives).await
    }

    /// Tells whether the responder is measured too.
    fn has_constant(&self) -> bool {
        self.kinds.contains(&Kind::Constant)
    }

    /// Starts the responder with an answer taken from a server, where it is wanted and there is one.
    async fn constant(&self, status: u16, body: Option<Vec<u8>>) -> Result<Option<Subject>> {
        match body.filter(|_| self.has_constant()) {
            Some(body) => Ok(Some(Subject::Constant(Constant::start(status, &body).await?))),
            None => Ok(None),
        }
    }

    /// The full amount, or a small one for a quick run.
    fn amount(&self, full: u32, quick: u32) -> u32 {
        if self.quick { quick } else { full }
    }

    /// How often something is measured whose median counts.
    fn repeats(&self) -> u32 {
        self.amount(ROUNDS, 1)
    }

    /// The servers to measure, several times in turn where the disk has a say: a disk may take the first bytes on a new
    /// place slower than later ones, and whoever comes first would pay for it.
    fn rounds(&self) -> impl Iterator<Item = Kind> + use<> {
        let servers: Vec<_> = self.servers().collect();
        (0..self.repeats()).flat_map(move |_| servers.clone())
    }

    /// How long a load lasts.
    fn span(&self, seconds: u64) -> Duration {
        if self.quick { Duration::from_millis(200 * seconds) } else { Duration::from_secs(seconds) }
    }
}

/// The body of a create call for `command`.
fn create_body(command: &[&str]) -> String {
    json!({"Image": BUSYBOX, "Cmd": command}).to_string()
}

/// Creates a container and returns its id.
async fn create(wire: &mut Wire, command: &[&str]) -> Result<String> {
    create_of(wire, &create_body(command)).await
}

/// Creates a container by a whole body and returns its id.
async fn create_of(wire: &mut Wire, body: &str) -> Result<String> {
    let answer = wire.expect(&request("POST", "/v1.41/containers/create", body), 201).await?;
    id_of(&answer.body)
}

/// Creates and starts a container that does nothing, and returns its id.
async fn create_sleeping(wire: &mut Wire) -> Result<String> {
    start_of(wire, &create_body(SLEEPING)).await
}

/// Creates and starts a container by a whole body, and returns its id.
async fn start_of(wire: &mut Wire, body: &str) -> Result<String> {
    let id = create_of(wire, body).await?;
    wire.expect(&request("POST", &format!("/v1.41/containers/{id}/start"), ""), 204).await?;
    Ok(id)
}

/// The `Id` of an answer.
fn id_of(body: &[u8]) -> Result<String> {
    let value: serde_json::Value =
        serde_json::from_slice(body).context("an answer without JSON")?;
    Ok(value["Id"].as_str().context("an answer without Id")?.to_owned())
}

/// What an answer of 501 says; none for any other answer.
fn refused(reply: &Reply) -> Option<String> {
    (reply.status == 501).then(|| reply.message())
}

/// Runs a command of the docker client that may take its time, and returns how many seconds it took.
async fn run_docker(docker: &Docker, arguments: &[&str]) -> Result<f64> {
    let started = now();
    let mut child = docker.start(arguments)?;
    drop(child.stdin.take());
    let said = child.wait_with_output().await?;
    let seconds = (now() - started).as_secs_f64();
    let error = String::from_utf8_lossy(&said.stderr);
    ensure!(said.status.success(), "docker {} failed: {error}", arguments.join(" "));
    Ok(seconds)
}
