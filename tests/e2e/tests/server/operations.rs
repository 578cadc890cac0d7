//! The operations listener: health, readiness, metrics.

use anyhow::{Result, ensure};
use tests_conformance::{Server, run};

use crate::setup;

pub(crate) fn ask(server: &Server, path: &str) -> Result<String> {
    let url = format!("http://127.0.0.1:9417{path}");
    run(server.network().command("busybox").args(["wget", "-q", "-O", "-", &url]))
}

#[tokio::test]
async fn d_015_health_and_readiness_are_true() -> Result<()> {
    let server = Server::start().await?;
    ask(&server, "/healthz")?;
    ask(&server, "/readyz")?;
    Ok(())
}

#[tokio::test]
async fn d_015_metrics_count_calls_by_template() -> Result<()> {
    let server = setup::server().await?;
    let id = setup::start(&server, "counted", "exit 0").await?;
    setup::wait(&server, &id).await?;
    setup::inspect(&server, &id).await?;
    let metrics = ask(&server, "/metrics")?;
    ensure!(metrics.contains("# TYPE "), "{metrics}");
    ensure!(metrics.contains("sockerless_"), "{metrics}");
    ensure!(!metrics.contains(&id) && !metrics.contains(&id[..12]), "an id is a label: {metrics}");
    for line in metrics.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let value = line.rsplit(' ').next().unwrap_or_default();
        ensure!(value.parse::<f64>().is_ok(), "no value: {line}");
    }
    Ok(())
}
