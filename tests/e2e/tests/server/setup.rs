//! A server with the test images in it, and short ways to ask it.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{Archives, BUSYBOX, Output, Server};

/// Starts a server that holds the test images.
pub(crate) async fn server() -> Result<Server> {
    let server = Server::start().await?;
    fill(&server).await?;
    Ok(server)
}

/// Puts the test images into a server.
pub(crate) async fn fill(server: &Server) -> Result<()> {
    let folder = tempfile::tempdir()?;
    Archives::make(folder.path())?.put_into(&server.client()).await
}

/// Creates a container that runs a script, and returns its id.
pub(crate) async fn create(server: &Server, name: &str, script: &str) -> Result<String> {
    let body = json!({"Image": BUSYBOX, "Cmd": ["sh", "-c", script]});
    let path = format!("/containers/create?name={name}");
    let reply = server.client().post_json(&path, &body).await?.expect_status(201)?;
    Ok(reply.json()?["Id"].as_str().context("Id")?.to_owned())
}

/// Creates and starts a container that runs a script, and returns its id.
pub(crate) async fn start(server: &Server, name: &str, script: &str) -> Result<String> {
    let id = create(server, name, script).await?;
    server.client().post(&format!("/containers/{id}/start")).await?.expect_status(204)?;
    Ok(id)
}

/// Inspects a container.
pub(crate) async fn inspect(server: &Server, name: &str) -> Result<Value> {
    server.client().get(&format!("/containers/{name}/json")).await?.expect_status(200)?.json()
}

/// Waits for a container's end and returns its exit code.
pub(crate) async fn wait(server: &Server, name: &str) -> Result<i64> {
    let reply =
        server.client().post(&format!("/containers/{name}/wait")).await?.expect_status(200)?;
    reply.json()?["StatusCode"].as_i64().context("StatusCode")
}

/// What a container wrote to its standard output.
pub(crate) async fn output(server: &Server, name: &str) -> Result<String> {
    let path = format!("/containers/{name}/logs?stdout=1");
    let reply = server.client().get(&path).await?.expect_status(200)?;
    Ok(Output::of_frames(&reply.body)?.out())
}

/// The names of all containers, sorted.
pub(crate) async fn names(server: &Server) -> Result<Vec<String>> {
    let listed = server.client().get("/containers/json?all=1").await?.expect_status(200)?.json()?;
    let listed = listed.as_array().context("a list")?;
    let name = |entry: &Value| entry["Names"][0].as_str().unwrap_or_default().replace('/', "");
    let mut names: Vec<String> = listed.iter().map(name).collect();
    names.sort();
    Ok(names)
}

/// Names of containers that were acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Names(pub(crate) Vec<String>);

impl Names {
    /// Checks that a server has each of them once, and at most one more for each call that was cut off.
    pub(crate) async fn check(&self, server: &Server) -> Result<()> {
        let found = names(server).await?;
        for name in &self.0 {
            let times = found.iter().filter(|other| *other == name).count();
            ensure!(times == 1, "{name} is there {times} times");
        }
        Ok(())
    }
}

/// The records of the log, as `journal ls --json` prints them.
pub(crate) fn records(server: &Server) -> Result<Vec<Value>> {
    let text = server.journal(&["ls", "--json"])?;
    text.lines().map(|line| serde_json::from_str(line).context("a line of journal ls")).collect()
}

/// Copies a folder with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut command = tests_conformance::command("cp");
    command.arg("-a").arg(from).arg(to);
    tests_conformance::run(&mut command).map(drop)
}

/// True while a process is there and is no zombie.
pub(crate) fn is_alive(pid: u64) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.is_empty()
        && !status.lines().any(|line| line.starts_with("State:") && line.contains('Z'))
}
