//! What unmodified clients send, recorded as scripts for the differential mode.
//!
//! A file of commands is run by a shell whose clients are pointed at a proxy before an endpoint; the calls that pass become
//! a script with the name of the file. Ids that answers give become names, so that the script says the same to any endpoint.

mod proxy;
mod written;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::timeout;

use self::proxy::Proxy;
use self::written::written;
use tests_conformance::command;

/// How long the commands of one file may take together.
const COMMANDS_LIMIT: Duration = Duration::from_secs(300);

/// How a file of commands ends.
const COMMANDS: &str = "sh";

/// Where scripts have what is sent and is no JSON.
pub(crate) const BODIES: &str = "bodies";

/// Records every file of commands in `commands` whose name holds `only`, against the endpoint at `socket`, into `scripts`.
pub async fn record(commands: &Path, only: &str, socket: &Path, scripts: &Path) -> Result<usize> {
    let mut files: Vec<_> =
        std::fs::read_dir(commands)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|end| end == COMMANDS));
    files.sort();
    let mut calls = 0;
    for file in files {
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if name.contains(only) {
            calls += one(&file, &name, socket, scripts).await.with_context(|| name.clone())?;
        }
    }
    Ok(calls)
}

async fn one(file: &Path, name: &str, socket: &Path, scripts: &Path) -> Result<usize> {
    // The shell is in that folder, not in ours.
    let file = &std::path::absolute(file)?;
    let folder = tempfile::tempdir()?;
    let proxy = Proxy::start(&folder.path().join("docker.sock"), socket)?;
    let mut shell = tokio::process::Command::from(command("sh"));
    shell
        .arg("-eu")
        .arg(file)
        .current_dir(file.parent().context("a file is in a folder")?)
        .env("DOCKER_HOST", format!("unix://{}", folder.path().join("docker.sock").display()))
        .env("DOCKER_CLI_HINTS", "false")
        .env("DOCKER_BUILDKIT", "0")
        .env("COMPOSE_ANSI", "never")
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = timeout(COMMANDS_LIMIT, shell.output()).await.context("took too long")??;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the commands ended with {}: {said}", output.status);
    let calls = proxy.into_calls();
    let count = calls.len();
    let place = file.parent().context("a file is in a folder")?.display().to_string();
    let (text, bodies) = written(name, &std::fs::read_to_string(file)?, &place, calls);
    std::fs::write(scripts.join(format!("{name}.txt")), text)?;
    let folder = scripts.join(BODIES);
    std::fs::create_dir_all(&folder)?;
    for (name, bytes) in bodies {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(count)
}
