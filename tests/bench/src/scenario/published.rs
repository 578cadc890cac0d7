//! Bytes out of a container through a published port.

use std::io::Read as _;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests_conformance::{BUSYBOX, Client, Namespace, eventually};

use super::{Plan, refused};
use crate::figure::{Figure, Unit};
use crate::inside::connect;
use crate::machine::now;

const WHAT: &str = "TCP out through a published port";

/// The port in the subject's own network, where nobody else is.
const PORT: u16 = 18_080;

/// Bytes that are read at once.
const READ_BYTES: usize = 1 << 18;

/// How long a container may take to listen.
const READY_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let megabytes = plan.amount(2_000, 50);
    for kind in plan.servers() {
        let subject = plan.start(kind).await?;
        let Some(network) = subject.network() else { continue };
        // It serves one connection after the other, for the first may come before it listens.
        let script = format!(
            "while :; do dd if=/dev/zero bs=1000000 count={megabytes} 2>/dev/null | nc -l -p 8080; done"
        );
        let body = json!({
            "Image": BUSYBOX, "Cmd": ["sh", "-c", script], "ExposedPorts": {"8080/tcp": {}},
            "HostConfig": {"PortBindings": {"8080/tcp": [{"HostPort": PORT.to_string()}]}},
        });
        let client = Client::new(&subject.socket());
        let reply = client.post_json("/containers/create?name=published", &body).await?;
        if let Some(why) = refused(&reply) {
            figures.push(Figure::unsupported(WHAT, kind, Unit::MegabytesPerSecond, why));
            continue;
        }
        reply.expect_status(201)?;
        client.post("/containers/published/start").await?.expect_status(204)?;
        let rate = eventually("bytes come", READY_LIMIT, async || read(network, megabytes)).await?;
        figures.push(Figure::plain(WHAT, kind, rate, Unit::MegabytesPerSecond));
    }
    Ok(figures)
}

/// Reads all bytes of one connection and returns their rate, or none where nothing came.
fn read(network: &Namespace, megabytes: u32) -> Result<Option<f64>> {
    let mut stream = connect(network, SocketAddr::from(([127, 0, 0, 1], PORT)))?;
    let mut buffer = vec![0; READ_BYTES];
    let mut bytes = stream.read(&mut buffer).context("the first bytes")? as u64;
    if bytes == 0 {
        return Ok(None);
    }
    let started = now();
    loop {
        match stream.read(&mut buffer)? {
            0 => break,
            count => bytes += count as u64,
        }
        if bytes >= u64::from(megabytes) * 1_000_000 {
            break;
        }
    }
    let seconds = (now() - started).as_secs_f64();
    ensure!(bytes == u64::from(megabytes) * 1_000_000, "{bytes} bytes came of {megabytes} MB");
    Ok(Some(f64::from(megabytes) / seconds))
}
