//! The binary under test, on a data folder and a socket of its own.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::cli::Docker;
use crate::eventually::eventually;
use crate::http::Client;
use crate::leftovers::sweep;
use crate::namespace::Namespace;
use crate::process::{Process, command, log_end, report, run};
use crate::settings;

/// How long a server may take to answer: replay of a test's log takes milliseconds, a busy machine some seconds.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// A sockerless server with folders, a socket and a network of its own; all of it goes with this value.
///
/// Its containers do too: whatever still runs for its data folder is ended.
#[derive(Debug)]
pub struct Server {
    process: Option<Process>,
    binary: PathBuf,
    arguments: Vec<String>,
    tracer: Vec<String>,
    network: Namespace,
    folder: TempDir,
    /// Where its data is, when it is not in its own folder.
    data: Option<PathBuf>,
}

impl Server {
    /// Starts a server and waits until it answers.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts a server with more arguments after `serve`, and waits until it answers.
    pub async fn start_with(arguments: &[&str]) -> Result<Self> {
        let mut server = Self::prepare(arguments)?;
        server.start_again().await?;
        Ok(server)
    }

    /// Makes the folders and the network of a server without starting it.
    pub fn prepare(arguments: &[&str]) -> Result<Self> {
        Ok(Self {
            process: None,
            binary: settings::binary()?,
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            tracer: Vec::new(),
            network: Namespace::make()?,
            folder: tempfile::Builder::new().prefix("sockerless-").tempdir()?,
            data: None,
        })
    }

    /// Does the same with the data in a folder of the caller's, which has to outlive the server.
    pub fn prepare_on(data: &Path, arguments: &[&str]) -> Result<Self> {
        let mut server = Self::prepare(arguments)?;
        server.data = Some(data.to_owned());
        Ok(server)
    }

    /// Starts the process again, on the same data, and waits until it answers.
    pub async fn start_again(&mut self) -> Result<()> {
        self.start_within(READY_LIMIT).await
    }

    /// Does the same where the log is so long that its replay may take up to `limit`.
    pub async fn start_within(&mut self, limit: Duration) -> Result<()> {
        self.spawn()?;
        let client = self.client();
        let ready = eventually("the server answers", limit, async || {
            if let Some(status) = self.ended()? {
                bail!("the server ended with {status}");
            }
            Ok(client.get("/_ping").await.ok().filter(|reply| reply.status == 200))
        });
        let ready = ready.await;
        ready.map(drop).map_err(|error| error.context(self.log_end()))
    }

    /// Has the process started with more arguments from now on.
    pub fn add_arguments(&mut self, arguments: &[&str]) {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
    }

    /// Has the process started by another program from now on, such as strace; by none where the list is empty.
    ///
    /// That program has to become the server, so that what is killed and asked for its end is the server itself.
    pub fn trace_with(&mut self, tracer: &[&str]) {
        self.tracer = tracer.iter().map(|&word| word.to_owned()).collect();
    }

    /// Starts the process and does not wait for anything.
    pub fn spawn(&mut self) -> Result<()> {
        let mut command = self.serve_command();
        self.process = Some(Process::start(&mut command, &self.log_path())?);
        Ok(())
    }

    /// The command that serves this server's data, inside its network.
    pub fn serve_command(&self) -> std::process::Command {
        let mut command = match self.tracer.split_first() {
            None => self.network.command(&self.binary),
            Some((program, options)) => {
                let mut command = self.network.command(program);
                command.args(options).arg(&self.binary);
                command
            }
        };
        command.arg("serve").arg("--data").arg(self.data());
        command.arg("--listen").arg(format!("unix://{}", self.socket().display()));
        // Many servers at once would take much room for nothing, and copies of their data more; and how full the disk of the
        // tests is, is not what most of them ask.
        for (option, value) in
            [("--ballast", "1MiB"), ("--soft-mark", "64MiB"), ("--hard-mark", "32MiB")]
        {
            if !self.arguments.iter().any(|argument| argument == option) {
                command.args([option, value]);
            }
        }
        command.args(["--ops-listen", "127.0.0.1:9417"]).args(&self.arguments);
        command
    }

    /// Runs `sockerless journal ARGUMENTS --data …` and returns what it printed; a failure is an error.
    pub fn journal(&self, arguments: &[&str]) -> Result<String> {
        let mut command = self.network.command(&self.binary);
        run(command.arg("journal").args(arguments).arg("--data").arg(self.data()))
    }

    /// Kills the server at once, as `kill -9` does. Its containers go on.
    pub fn kill(&mut self) -> Result<()> {
        self.process.as_mut().context("the server was never started")?.kill()
    }

    /// Asks the server to end and waits until it has. Its containers go on.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        self.process.as_mut().context("the server was never started")?.terminate()
    }

    /// Waits until the server has ended by itself.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.process.as_mut().context("the server was never started")?.wait()
    }

    /// The exit status of the server, where it has ended.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.process.as_mut().context("the server was never started")?.ended()
    }

    /// The process id of the server.
    pub fn pid(&self) -> Result<u32> {
        Ok(self.process.as_ref().context("the server was never started")?.pid())
    }

    /// A client of its API.
    pub fn client(&self) -> Client {
        Client::new(&self.socket())
    }

    /// The docker command line client, pointed at it.
    pub fn docker(&self) -> Docker {
        Docker::new(&self.socket())
    }

    /// The unix socket it listens on.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| self.folder.path().join("data"))
    }

    /// Its network namespace.
    pub fn network(&self) -> &Namespace {
        &self.network
    }

    /// The last lines of its log.
    pub fn log_end(&self) -> String {
        log_end(&self.log_path())
    }

    /// The binary under test.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            report(&format!("-- the end of the server's log\n{}", self.log_end()));
        }
        self.process = None;
        let mut down = self.network.command(&self.binary);
        let ended = run(down.arg("down").arg("--data").arg(self.data()));
        if let Err(error) = ended.and_then(|_| sweep(self.folder.path())) {
            report(&format!("cleaning up after a server failed: {error:#}"));
        }
    }
}

/// Runs the binary with arguments that make it end by itself, and returns its exit code and what it said.
pub fn run_binary(arguments: &[&str]) -> Result<(i32, String)> {
    let output = command(settings::binary()?).args(arguments).output()?;
    let said = [output.stdout, output.stderr].concat();
    Ok((crate::process::exit_code(output.status), String::from_utf8_lossy(&said).into_owned()))
}
