//! `docker run --rm busybox echo hi`, as a person types it.

use anyhow::{Result, ensure};
use tests_conformance::{BUSYBOX, Docker};

use super::Plan;
use crate::figure::{Figure, Spread, Unit, milliseconds};
use crate::machine::now;
use crate::subject::Kind;

const WHAT: &str = "docker run --rm busybox echo hi";

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for kind in plan.servers() {
        let subject = plan.start(kind).await?;
        let docker = Docker::new(&subject.socket());
        let arguments = ["run", "--rm", BUSYBOX, "echo", "hi"];
        let rounds = plan.amount(40, 3);
        figures.push(timed(WHAT, Some(kind), rounds, &docker, &arguments, "hi\n").await?);
        if kind == Kind::Sockerless {
            let alone = "the docker CLI alone";
            figures.push(
                timed(alone, None, rounds, &docker, &["context", "show"], "default\n").await?,
            );
        }
    }
    Ok(figures)
}

async fn timed(
    what: &'static str,
    subject: Option<Kind>,
    rounds: u32,
    docker: &Docker,
    arguments: &[&str],
    wanted: &str,
) -> Result<Figure> {
    let mut samples = Vec::new();
    for _ in 0..rounds {
        let started = now();
        let said = docker.run(arguments).await?;
        samples.push(now() - started);
        ensure!(said.out == wanted, "{said:?}");
    }
    let spread = Spread::of(&mut samples);
    let value = spread.map(|spread| milliseconds(spread.p50));
    Ok(Figure { what, subject, value, refusal: None, unit: Unit::Milliseconds, spread, cpu: None })
}
