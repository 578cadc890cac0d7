//! Published ports outlive the server, and nothing of them is left behind.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tests_conformance::{BUSYBOX, Server, command, eventually, run};

use crate::setup;

const LIMIT: Duration = Duration::from_secs(20);

/// The published port; each server has a network of its own.
const PORT: u16 = 21_100;

/// Starts a web server that is published.
async fn publish(server: &Server, name: &str) -> Result<()> {
    let script = "mkdir -p /www && echo here > /www/file && exec httpd -f -p 80 -h /www";
    let body = json!({
        "Image": BUSYBOX, "Cmd": ["sh", "-c", script],
        "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": PORT.to_string()}]}}
    });
    let path = format!("/containers/create?name={name}");
    server.client().post_json(&path, &body).await?.expect_status(201)?;
    server.client().post(&format!("/containers/{name}/start")).await?.expect_status(204)?;
    Ok(())
}

/// Asks from the server's own network, as programs of its host do.
fn ask(server: &Server, address: &str) -> Result<String> {
    let url = format!("http://{address}:{PORT}/file");
    run(server.network().command("busybox").args(["wget", "-q", "-O", "-", &url]))
}

async fn until_answered(server: &Server, address: &str) -> Result<()> {
    eventually("the port answers", LIMIT, async || {
        Ok((ask(server, address).ok().as_deref() == Some("here\n")).then_some(()))
    })
    .await
}

/// The sockets that listen in the server's network.
fn listeners(server: &Server) -> Result<String> {
    run(server.network().command("busybox").args(["netstat", "-lnt"]))
}

/// The elements of maps and the rules in the server's network, where the tool to list them is installed.
fn rules(server: &Server) -> Option<String> {
    run(command("nft").arg("--version")).ok()?;
    run(server.network().command("nft").args(["list", "ruleset"])).ok()
}

async fn gateway(server: &Server, name: &str) -> Result<String> {
    let inspected = setup::inspect(server, name).await?;
    Ok(inspected["NetworkSettings"]["Gateway"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn d_162_a_published_port_outlives_the_server() -> Result<()> {
    let mut server = setup::server().await?;
    publish(&server, "web").await?;
    let gateway = gateway(&server, "web").await?;
    for address in ["127.0.0.1", gateway.as_str()] {
        until_answered(&server, address).await?;
    }
    server.kill()?;
    for address in ["127.0.0.1", gateway.as_str()] {
        assert_eq!(ask(&server, address)?, "here\n", "{address} without a server");
    }
    server.start_again().await?;
    let ports = setup::inspect(&server, "web").await?["NetworkSettings"]["Ports"].clone();
    assert_eq!(ports["80/tcp"][0]["HostPort"], PORT.to_string());
    for address in ["127.0.0.1", gateway.as_str()] {
        assert_eq!(ask(&server, address)?, "here\n", "{address} of the next server");
    }
    if let Some(rules) = rules(&server) {
        ensure!(rules.contains(&format!("tcp . {PORT} : ")), "{rules}");
    }
    server.client().post("/containers/web/stop?t=0").await?.expect_status(204)?;
    ensure!(ask(&server, "127.0.0.1").is_err(), "the port is open without its container");
    if let Some(rules) = rules(&server) {
        ensure!(!rules.contains(&PORT.to_string()), "{rules}");
    }
    Ok(())
}

#[tokio::test]
async fn d_162_what_ended_without_a_server_has_no_ports() -> Result<()> {
    let mut server = setup::server().await?;
    publish(&server, "web").await?;
    until_answered(&server, "127.0.0.1").await?;
    let pid = setup::inspect(&server, "web").await?["State"]["Pid"].to_string();
    server.kill()?;
    run(command("kill").args(["-KILL", &pid]))?;
    eventually("the port is closed", LIMIT, async || {
        Ok((!listeners(&server)?.contains(&format!(":{PORT} "))).then_some(()))
    })
    .await?;
    server.start_again().await?;
    if let Some(rules) = rules(&server) {
        ensure!(!rules.contains(&PORT.to_string()), "{rules}");
    }
    publish(&server, "next").await?;
    until_answered(&server, "127.0.0.1").await
}
