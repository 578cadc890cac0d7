//! Listeners: the unix socket and its file, TCP and who may use it.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

use anyhow::{Result, ensure};
use tests_conformance::{Server, eventually, exit_code};

use crate::setup;

#[tokio::test]
async fn d_007_the_socket_is_for_its_group_and_the_cli_uses_it() -> Result<()> {
    let server = Server::start().await?;
    let file = std::fs::metadata(server.socket())?;
    assert!(file.file_type().is_socket());
    assert_eq!(file.permissions().mode() & 0o777, 0o660);
    server.docker().ok(&["version"]).await?;
    Ok(())
}

#[tokio::test]
async fn d_007_a_stale_socket_is_replaced() -> Result<()> {
    let mut server = Server::start().await?;
    server.kill()?;
    ensure!(server.socket().exists(), "a killed server leaves its socket");
    server.start_again().await?;
    server.stop()?;
    ensure!(!server.socket().exists(), "a server that ends takes its socket with it");
    Ok(())
}

#[tokio::test]
async fn d_007_a_live_socket_is_refused() -> Result<()> {
    let server = Server::start().await?;
    let other = tempfile::tempdir()?;
    let output = server
        .network()
        .command(server.binary())
        .arg("serve")
        .arg("--data")
        .arg(other.path().join("data"))
        .arg("--listen")
        .arg(format!("unix://{}", server.socket().display()))
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(!output.status.success(), "two servers on one socket");
    ensure!(said.contains(&*server.socket().to_string_lossy()), "{said}");
    server.docker().ok(&["version"]).await?;
    Ok(())
}

#[tokio::test]
async fn d_010_plain_tcp_is_off_until_it_is_asked_for() -> Result<()> {
    let mut server = Server::prepare(&["--listen", "tcp://127.0.0.1:2375"])?;
    server.spawn()?;
    let status = server.wait()?;
    assert_ne!(exit_code(status), 0);
    ensure!(server.log_end().contains("--insecure-tcp"), "{}", server.log_end());
    Ok(())
}

#[tokio::test]
async fn d_010_plain_tcp_serves_on_loopback_when_it_is_asked_for() -> Result<()> {
    let server =
        Server::start_with(&["--listen", "tcp://127.0.0.1:2375", "--insecure-tcp"]).await?;
    let mut docker = server.network().command("docker");
    docker.args(["--host", "tcp://127.0.0.1:2375", "version", "--format", "{{.Server.Os}}"]);
    assert_eq!(tests_conformance::run(&mut docker)?, "linux\n");
    Ok(())
}

#[tokio::test]
async fn d_010_plain_tcp_is_refused_beyond_loopback() -> Result<()> {
    let mut server = Server::prepare(&["--listen", "tcp://0.0.0.0:2375", "--insecure-tcp"])?;
    server.spawn()?;
    assert_ne!(exit_code(server.wait()?), 0);
    ensure!(server.log_end().contains("0.0.0.0"), "{}", server.log_end());
    Ok(())
}

#[tokio::test]
async fn d_007_idle_connections_and_many_of_them_are_served() -> Result<()> {
    let server = setup::server().await?;
    let mut kept = Vec::new();
    for _ in 0..200 {
        kept.push(tests_conformance::Connection::open(&server.socket()).await?);
    }
    let limit = std::time::Duration::from_secs(10);
    eventually("an answer beside idle connections", limit, async || {
        Ok(server.client().get("/_ping").await.ok().filter(|reply| reply.status == 200))
    })
    .await?;
    for connection in &mut kept {
        let request = tests_conformance::request(http::Method::GET, "/_ping", None)?;
        assert_eq!(connection.exchange(request).await?.status, 200);
    }
    Ok(())
}
