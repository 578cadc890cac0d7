//! Memory: of a server that knows ten thousand containers, and of the process that holds a running one.

use anyhow::{Result, ensure};

use super::{Plan, create, create_sleeping};
use crate::figure::{Figure, Unit};
use crate::machine::{processes_called, proportional_mebibytes, resident_mebibytes};
use crate::subject::Kind;
use crate::wire::Wire;

const SERVER: &str = "resident with 10,000 created";
const SHIM: &str = "PSS of a running shim";
const CLIENTS: u32 = 16;

/// Containers that run at once when their shims are measured.
const RUNNING: usize = 10;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let containers = plan.amount(10_000, 320);
    for kind in plan.servers() {
        let subject = plan.start(kind).await?;
        let mut tasks = Vec::new();
        for _ in 0..CLIENTS {
            let mut wire = Wire::open(&subject.socket()).await?;
            tasks.push(tokio::task::spawn_local(async move {
                for _ in 0..containers / CLIENTS {
                    create(&mut wire, &["true"]).await?;
                }
                anyhow::Ok(())
            }));
        }
        for task in tasks {
            task.await??;
        }
        let resident = resident_mebibytes(&subject.pids()?)?;
        figures.push(Figure::plain(SERVER, kind, resident, Unit::Mebibytes));
        drop(subject);
        figures.push(shim(plan, kind).await?);
    }
    Ok(figures)
}

async fn shim(plan: &Plan, kind: Kind) -> Result<Figure> {
    let name = if kind == Kind::Dockerd { "containerd-shim-runc-v2" } else { "sockerless-shim" };
    let before = processes_called(name)?;
    let subject = plan.start(kind).await?;
    let mut wire = Wire::open(&subject.socket()).await?;
    for _ in 0..RUNNING {
        create_sleeping(&mut wire).await?;
    }
    let mut shims = processes_called(name)?;
    shims.retain(|pid| !before.contains(pid));
    ensure!(shims.len() >= RUNNING, "{} shims for {RUNNING} containers", shims.len());
    // More than one process of that name for a container counts in full.
    let each = proportional_mebibytes(&shims)? / RUNNING as f64;
    Ok(Figure::plain(SHIM, kind, each, Unit::Mebibytes))
}
