//! The docker command line client, unmodified.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long one command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// The docker client with an endpoint to talk to.
#[derive(Debug, Clone)]
pub struct Docker {
    socket: PathBuf,
    /// The program and what stands before each command.
    words: &'static [&'static str],
    /// The folder of its configuration; the user's own where it is none.
    config: Option<PathBuf>,
}

/// Which of podman's clients is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Podman {
    /// `podman`, of whichever series is in the path.
    Installed,
    /// `podman5`, which is built for the tests.
    Five,
}

/// What a command said and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Docker {
    /// A client of the endpoint at `socket`.
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), words: &["docker"], config: None }
    }

    /// A podman client in its place, as a remote client.
    pub fn podman(socket: &Path, which: Podman) -> Self {
        let words: &[&str] = match which {
            Podman::Installed => &["podman", "--remote"],
            Podman::Five => &["podman5", "--remote"],
        };
        Self { socket: socket.to_owned(), words, config: None }
    }

    /// The same client, with the configuration in a folder.
    pub fn configured(&self, config: &Path) -> Self {
        Self { config: Some(config.to_owned()), ..self.clone() }
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Result<Said> {
        self.run_with_input(arguments, b"").await
    }

    /// Runs a command that must succeed and returns its standard output without the last line end.
    pub async fn ok(&self, arguments: &[&str]) -> Result<String> {
        let said = self.run(arguments).await?;
        ensure!(said.code == 0, "{} {} failed: {said:?}", self.words[0], arguments.join(" "));
        Ok(said.out.trim_end_matches('\n').to_owned())
    }

    /// Runs a command to its end with `input` as its whole standard input.
    pub async fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Result<Said> {
        let mut command = self.command(self.words[0]);
        let child = command.args(&self.words[1..]).args(arguments).spawn();
        let child = child.with_context(|| format!("starting {}", self.words[0]))?;
        let line = || format!("{} {}", self.words[0], arguments.join(" "));
        finish(child, input).await.with_context(line)
    }

    /// Runs a command on a terminal of `rows` and `columns`, with `input` typed into it.
    ///
    /// Both outputs come as one, as they do on a terminal.
    pub async fn run_on_terminal(
        &self,
        arguments: &[&str],
        (rows, columns): (u16, u16),
        input: &[u8],
    ) -> Result<Said> {
        let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        let line = format!("stty rows {rows} cols {columns}; exec docker {}", words.join(" "));
        let child = self
            .command("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .spawn()
            .context("starting script")?;
        finish(child, input).await
    }

    /// Starts a command and leaves it running; it ends with the returned value.
    pub fn start(&self, arguments: &[&str]) -> Result<Child> {
        self.command("docker").args(arguments).spawn().context("starting docker")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("DOCKER_HOST", format!("unix://{}", self.socket.display()))
            .env("CONTAINER_HOST", format!("unix://{}", self.socket.display()))
            .env("DOCKER_CLI_HINTS", "false")
            // Builds are the classic builder's: the other one brings its own half of the work.
            .env("DOCKER_BUILDKIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(config) = &self.config {
            command.env("DOCKER_CONFIG", config);
        }
        command
    }
}

/// Gives a started command its input and waits for its end.
pub async fn finish(mut child: Child, input: &[u8]) -> Result<Said> {
    let mut stdin = child.stdin.take().context("standard input is a pipe")?;
    let feed = async move {
        // A command that ends early closes its input; that it did is seen in what it says.
        let _ = stdin.write_all(input).await;
        drop(stdin);
    };
    let both = async { tokio::join!(feed, child.wait_with_output()).1 };
    let output = timeout(COMMAND_LIMIT, both)
        .await
        .with_context(|| format!("a command took longer than {COMMAND_LIMIT:?}"))??;
    Ok(Said {
        code: crate::process::exit_code(output.status),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
