//! Docker Compose brings an application of three containers up and down: built, healthy, published, kept up by policy.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests_conformance::{Server, command, eventually, run};

use crate::setup;

const LIMIT: Duration = Duration::from_secs(60);

/// The application, as a user would write it.
const APPLICATION: &str = "../compose/app";

/// Docker Compose at the server's socket, without BuildKit, which is not served.
fn compose(server: &Server, arguments: &[&str]) -> Command {
    let mut compose = command("docker-compose");
    compose.current_dir(APPLICATION).args(["--progress", "plain"]).args(arguments);
    compose.env("DOCKER_HOST", format!("unix://{}", server.socket().display()));
    compose.env("DOCKER_BUILDKIT", "0");
    compose
}

/// Asks the front by its published port, from the server's own network.
fn ask(server: &Server) -> Result<String> {
    let port = run(&mut compose(server, &["port", "front", "8000"]))?;
    let url = format!("http://{}/cgi-bin/ask", port.trim());
    run(server.network().command("busybox").args(["wget", "-q", "-O", "-", &url]))
}

async fn until_answered(server: &Server) -> Result<()> {
    eventually("the application answers", LIMIT, async || {
        Ok((ask(server).ok().as_deref() == Some("kept\n")).then_some(()))
    })
    .await
}

async fn state(server: &Server, service: &str) -> Result<Value> {
    Ok(setup::inspect(server, &format!("demo-{service}-1")).await?["State"].clone())
}

#[tokio::test]
async fn an_application_goes_up_outlives_the_server_and_comes_down() -> Result<()> {
    let mut server = setup::server().await?;
    run(&mut compose(&server, &["up", "--detach", "--build", "--wait"]))?;
    for service in ["store", "api", "front"] {
        assert_eq!(state(&server, service).await?["Health"]["Status"], "healthy", "{service}");
    }
    until_answered(&server).await?;
    let listed = run(&mut compose(&server, &["ps", "--format", "{{.Service}}"]))?;
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_unstable();
    assert_eq!(listed, ["api", "front", "store"]);

    server.kill()?;
    server.start_again().await?;
    until_answered(&server).await?;
    // What dies by itself runs again, and is found by its name at once.
    let pid = state(&server, "api").await?["Pid"].as_i64().context("Pid")?;
    run(command("kill").args(["-9", &pid.to_string()]))?;
    eventually("it runs again", LIMIT, async || {
        let now = state(&server, "api").await?;
        Ok((now["Running"] == true && now["Pid"].as_i64() != Some(pid)).then_some(()))
    })
    .await?;
    until_answered(&server).await?;

    run(&mut compose(&server, &["down", "--volumes", "--rmi", "local"]))?;
    assert_eq!(setup::names(&server).await?, [""; 0]);
    for (path, field) in [("/networks", "Name"), ("/volumes", "Name")] {
        let left = server.client().get(path).await?.expect_status(200)?.text();
        ensure!(!left.contains(&format!("\"{field}\":\"demo_")), "{path}: {left}");
    }
    ensure!(Path::new(APPLICATION).join("compose.yaml").exists(), "the application is as it was");
    Ok(())
}
