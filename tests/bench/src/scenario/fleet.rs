//! A thousand containers that run: the memory of their shims and of the control plane, and what looking at their health
//! costs.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::BUSYBOX;
use tokio::time::sleep;

use super::{Plan, id_of};
use crate::figure::{Figure, Unit};
use crate::machine::{
    cpu_time_with_children, now, processes_called, proportional_mebibytes, resident_mebibytes,
};
use crate::subject::{Kind, Subject};
use crate::wire::{Wire, request};

const SHIM: &str = "PSS of one of 1,000 shims";
const CONTROL: &str = "control plane of 1,000 running";
const HEALTH: &str = "health checks of 1,000";

const CLIENTS: u32 = 8;

/// Seconds between two looks at the health of a container.
const INTERVAL_SECONDS: u64 = 30;

/// How many times each container is looked at while the load is measured.
const LOOKS: u64 = 2;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let containers = plan.amount(1000, 8);
    for kind in plan.servers() {
        let called =
            if kind == Kind::Dockerd { "containerd-shim-runc-v2" } else { "sockerless-shim" };
        let before = processes_called(called)?;
        let subject = plan.start(kind).await?;
        run(&subject.socket(), containers).await?;
        let mut shims = processes_called(called)?;
        shims.retain(|pid| !before.contains(pid));
        ensure!(shims.len() >= containers as usize, "{} shims of {containers}", shims.len());
        let each = proportional_mebibytes(&shims)? / f64::from(containers);
        figures.push(Figure::plain(SHIM, kind, each, Unit::Mebibytes));
        let control = resident_mebibytes(&subject.pids()?)?;
        figures.push(Figure::plain(CONTROL, kind, control, Unit::Mebibytes));
        figures.push(health(plan, &subject, &shims).await?);
    }
    Ok(figures)
}

/// Measures what servers, shims and probes use of a processor, once every container was looked at for the first time.
async fn health(plan: &Plan, subject: &Subject, shims: &[u32]) -> Result<Figure> {
    sleep(plan.span(INTERVAL_SECONDS)).await;
    let mut all = subject.pids()?;
    all.extend_from_slice(shims);
    let (used, begun) = (cpu_time_with_children(&all)?, now());
    sleep(plan.span(LOOKS * INTERVAL_SECONDS)).await;
    let used = cpu_time_with_children(&all)?.saturating_sub(used);
    let share = used.as_secs_f64() / (now() - begun).as_secs_f64() * 100.0;
    let mut wire = Wire::open(&subject.socket()).await?;
    let path = "/v1.41/containers/json?filters=%7B%22health%22%3A%5B%22unhealthy%22%5D%7D";
    let sick = wire.expect(&request("GET", path, ""), 200).await?;
    let sick: Value = serde_json::from_slice(&sick.body).context("a list")?;
    ensure!(sick.as_array().is_some_and(Vec::is_empty), "containers are unhealthy: {sick}");
    Ok(Figure::plain(HEALTH, subject.kind(), share, Unit::PercentOfCore))
}

async fn run(socket: &Path, containers: u32) -> Result<()> {
    let interval = INTERVAL_SECONDS * 1_000_000_000;
    let body = json!({
        "Image": BUSYBOX, "Cmd": ["sleep", "100000"],
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": interval, "StartInterval": interval},
    });
    let create = request("POST", "/v1.41/containers/create", &body.to_string());
    let mut tasks = Vec::new();
    for _ in 0..CLIENTS {
        let (mut wire, create) = (Wire::open(socket).await?, create.clone());
        tasks.push(tokio::task::spawn_local(async move {
            for _ in 0..containers / CLIENTS {
                let id = id_of(&wire.expect(&create, 201).await?.body)?;
                let start = format!("/v1.41/containers/{id}/start");
                wire.expect(&request("POST", &start, ""), 204).await?;
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}
