//! `sockerless plan`: what is wanted, what was found, and what would be done. It does nothing.

use std::io::{self, BufWriter, Write};

use anyhow::Context as _;
use backends_local::LocalBackend;
use backends_reconcile::{Drift, drift};
use projector_containers::Containers;
use projector_engine::World;
use tokio::time::Instant;

use crate::{cli::LinesArguments, past::Source};

/// Prints the plan: a running server's, or the one that the next server would begin with.
pub(crate) fn plan(arguments: LinesArguments) -> anyhow::Result<()> {
    let source = Source::new(arguments.data.data)?;
    let mut lines: Vec<Drift> = Vec::new();
    let asked = source.each_line("/plan", &[], |line| {
        lines.push(serde_json::from_slice(line)?);
        Ok(())
    })?;
    if !asked {
        let world = source.log()?.newest()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        lines = runtime.block_on(drifts(source.data(), &world))?;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    for line in &lines {
        if arguments.json {
            writeln!(out, "{}", serde_json::to_string(line)?)?;
        } else {
            write!(out, "{line}")?;
        }
    }
    if !arguments.json {
        let steps: usize = lines.iter().map(|line| line.steps.len()).sum();
        writeln!(out, "objects: {}, steps to do: {steps}", lines.len())?;
    }
    Ok(out.flush()?)
}

/// Looks at what the backend has left in `data`, and compares it with what `world` wants.
pub(crate) async fn drifts(
    data: &std::path::Path,
    world: &World<Containers>,
) -> anyhow::Result<Vec<Drift>> {
    let found = LocalBackend::look(data).await.context("looking at what runs")?;
    Ok(drift(&world.state, &found, Instant::now()))
}
