//! Networks of containers on our own server: the host's, and the way out through the bridge.

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests_conformance::{BUSYBOX, Namespace, Process, Server, eventually, run};

use crate::setup;

/// The address of a machine beyond the server, from a block for documentation.
const OUTSIDE: &str = "203.0.113.1";

/// The server's own address on the way there.
const SERVER: &str = "203.0.113.2";

#[tokio::test]
async fn w_002_a_container_on_the_hosts_network_shares_it() -> Result<()> {
    let server = setup::server().await?;
    let body = json!({
        "Image": BUSYBOX, "Cmd": ["readlink", "/proc/self/ns/net"], "HostConfig": {"NetworkMode": "host"}
    });
    server.client().post_json("/containers/create?name=host", &body).await?.expect_status(201)?;
    server.client().post("/containers/host/start").await?.expect_status(204)?;
    setup::wait(&server, "host").await?;
    let inode = std::fs::metadata(server.network().path())?.ino();
    assert_eq!(setup::output(&server, "host").await?, format!("net:[{inode}]\n"));
    Ok(())
}

#[tokio::test]
async fn w_008_a_container_on_the_bridge_reaches_the_world_outside() -> Result<()> {
    let server = setup::server().await?;
    let outside = Outside::beside(&server)?;
    outside.until_it_serves(&server).await?;
    let id =
        setup::start(&server, "out", &format!("wget -q -O - http://{OUTSIDE}:8080/file")).await?;
    let code = setup::wait(&server, &id).await?;
    ensure!(code == 0, "wget ended with {code}");
    // The outside knows no way to the container: that it answered shows that the address was exchanged.
    assert_eq!(setup::output(&server, "out").await?, "from outside\n");
    Ok(())
}

#[tokio::test]
async fn w_008_addresses_are_given_once_and_given_again() -> Result<()> {
    let server = setup::server().await?;
    let mut seen = Vec::new();
    for number in 0..5 {
        let id = setup::start(&server, &format!("n{number}"), "sleep 100").await?;
        let whole = setup::inspect(&server, &id).await?;
        let address = whole["NetworkSettings"]["Networks"]["bridge"]["IPAddress"].clone();
        ensure!(!seen.contains(&address), "{address} was given twice");
        seen.push(address);
    }
    for number in 0..5 {
        server
            .client()
            .delete(&format!("/containers/n{number}?force=1"))
            .await?
            .expect_status(204)?;
    }
    Ok(())
}

/// A machine beyond the server: a namespace with a web server and a cable to the server's.
struct Outside {
    _network: Namespace,
    _web: Process,
    _folder: tempfile::TempDir,
}

impl Outside {
    fn beside(server: &Server) -> Result<Self> {
        let network = Namespace::make()?;
        let name = network.path().file_name().context("a namespace has a name")?.to_owned();
        let name = name.to_string_lossy().into_owned();
        let inner = |arguments: &[&str]| run(server.network().command("ip").args(arguments));
        inner(&["link", "add", "up0", "type", "veth", "peer", "name", "down0", "netns", &name])?;
        inner(&["address", "add", &format!("{SERVER}/24"), "dev", "up0"])?;
        inner(&["link", "set", "up0", "up"])?;
        inner(&["route", "add", "default", "via", OUTSIDE])?;
        let outer = |arguments: &[&str]| run(network.command("ip").args(arguments));
        outer(&["address", "add", &format!("{OUTSIDE}/24"), "dev", "down0"])?;
        outer(&["link", "set", "down0", "up"])?;
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("file"), "from outside\n")?;
        let mut httpd = network.command("busybox");
        httpd.args(["httpd", "-f", "-p", &format!("{OUTSIDE}:8080"), "-h"]).arg(folder.path());
        let web = Process::start(&mut httpd, &folder.path().join("log"))?;
        Ok(Self { _network: network, _web: web, _folder: folder })
    }

    async fn until_it_serves(&self, server: &Server) -> Result<()> {
        let url = format!("http://{OUTSIDE}:8080/file");
        eventually("the outside serves", Duration::from_secs(10), async || {
            let mut wget = server.network().command("busybox");
            run(wget.args(["wget", "-q", "-O", "-", &url])).map(Some)
        })
        .await
        .map(drop)
    }
}
