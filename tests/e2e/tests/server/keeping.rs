//! The log is kept: backed up, restored, forked, trimmed, beside a running server and without one.

mod backup;
mod fork;
mod newer;
mod trim;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests_conformance::{BUSYBOX, Server, exit_code, run};

use crate::setup;

/// Runs `sockerless` with arguments of its own.
fn sockerless(server: &Server, arguments: &[&str]) -> Result<String> {
    run(server.network().command(server.binary()).args(arguments))
}

/// Runs it where it has to be refused; returns the exit code and what it says.
fn refused(server: &Server, arguments: &[&str]) -> Result<(i32, String)> {
    let output = server.network().command(server.binary()).args(arguments).output()?;
    ensure!(!output.status.success(), "{arguments:?} should be refused");
    Ok((exit_code(output.status), String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// The line of a printed answer that begins with `name`.
fn line(text: &str, name: &str) -> Result<String> {
    let line = text.lines().find(|line| line.starts_with(name));
    Ok(line.with_context(|| format!("no {name} in {text}"))?.to_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

async fn create_some(server: &Server, count: usize, prefix: &str) -> Result<()> {
    for number in 0..count {
        setup::create(server, &format!("{prefix}{number:02}"), "true").await?;
    }
    Ok(())
}

/// Creates a container that prints a sealed value.
async fn create_sealed(server: &Server, name: &str, value: &str) -> Result<()> {
    let body = json!({
        "Image": BUSYBOX, "Cmd": ["sh", "-c", "echo $TOKEN"], "Env": [format!("TOKEN={value}")]
    });
    let path = format!("/containers/create?name={name}");
    server.client().post_json(&path, &body).await?.expect_status(201).map(drop)
}

/// The value that a container was created with, as `docker inspect` shows it.
async fn sealed_value(server: &Server, name: &str) -> Result<String> {
    let inspected = setup::inspect(server, name).await?;
    let env = inspected["Config"]["Env"].as_array().context("Env")?;
    let value = env.iter().find_map(|line| line.as_str()?.strip_prefix("TOKEN="));
    Ok(value.context("TOKEN")?.to_owned())
}

/// Deletes everything that a server has: its data, and the key that wraps its keys.
fn delete(server: &Server) -> Result<()> {
    fs::remove_dir_all(server.data())?;
    let kek = server.data().with_extension("kek");
    if kek.exists() {
        fs::remove_file(kek)?;
    }
    Ok(())
}
