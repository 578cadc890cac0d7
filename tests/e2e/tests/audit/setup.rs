//! A server with some history, and the two programs that verify it.

use std::path::Path;
use std::process::Output;

use anyhow::{Context as _, Result};
use serde_json::json;
use tests_conformance::{Archives, BUSYBOX, Server, command, exit_code, run};

/// A server with containers made, renamed, refused and removed.
pub(crate) async fn server() -> Result<Server> {
    let server = Server::start().await?;
    let folder = tempfile::tempdir()?;
    Archives::make(folder.path())?.put_into(&server.client()).await?;
    history(&server, "a").await?;
    Ok(server)
}

/// Adds some records, a refusal among them.
pub(crate) async fn history(server: &Server, prefix: &str) -> Result<()> {
    let client = server.client();
    let body = json!({"Image": BUSYBOX, "Cmd": ["true"]});
    for number in 0..4 {
        let path = format!("/containers/create?name={prefix}{number}");
        client.post_json(&path, &body).await?.expect_status(201)?;
        client.post_json(&path, &body).await?.expect_status(409)?;
    }
    let path = format!("/containers/{prefix}0/rename?name={prefix}-renamed");
    client.post(&path).await?.expect_status(204)?;
    client.delete(&format!("/containers/{prefix}1")).await?.expect_status(204)?;
    Ok(())
}

/// Runs `sockerless audit ARGUMENTS --data …` and returns what it printed; a failure is an error.
pub(crate) fn audit(server: &Server, arguments: &[&str]) -> Result<String> {
    run(&mut audit_command(server, arguments))
}

/// The command `sockerless audit ARGUMENTS --data …`.
pub(crate) fn audit_command(server: &Server, arguments: &[&str]) -> std::process::Command {
    let mut command = server.network().command(server.binary());
    command.arg("audit").args(arguments).arg("--data").arg(server.data());
    command
}

/// Verifies an export by our own program; gives exit code and words.
pub(crate) fn verify(
    server: &Server,
    key: &str,
    export: &Path,
    more: &[&str],
) -> Result<(i32, String)> {
    let mut verify = command(server.binary());
    verify.args(["audit", "verify"]).arg(export).args(["--key", key]).args(more);
    Ok(told(&verify.output()?))
}

/// Verifies by the other program; gives exit code and words.
pub(crate) fn other(key: &str, arguments: &[&str]) -> Result<(i32, String)> {
    let program = "tests/audit/verify.py";
    let mut python = command("python3");
    python.arg(program).arg(key).args(arguments);
    Ok(told(&python.output().context("python3 verifies")?))
}

fn told(output: &Output) -> (i32, String) {
    let words = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (exit_code(output.status), String::from_utf8_lossy(&words).into_owned())
}
