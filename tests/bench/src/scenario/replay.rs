//! A long log: how fast it is verified, how soon a killed server is ready on it, and how long a point of its past takes.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tests_conformance::Server;

use super::{Plan, create};
use crate::figure::{Figure, Spread, Unit, milliseconds};
use crate::machine::now;
use crate::subject::{Kind, Subject};
use crate::wire::{Wire, request};

const VERIFIED: &str = "verified replay";
const READY: &str = "ready after a million records";
const POINT: &str = "a point in a million records";

/// Clients that fill the log; many, for a group of records costs one sync.
const CLIENTS: u32 = 64;

/// Times that a server is killed and started again.
const STARTS: u32 = 5;

/// How long a start may take: a goal that is missed shall be told with its figure.
const READY_LIMIT: Duration = Duration::from_secs(300);

/// Containers that stay, so that the state is not empty.
const KEPT: u32 = 1000;

/// Points that are asked for, one after the other: twenty are in the slowest hundredth.
const POINTS: u32 = 2000;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    if !plan.servers().any(|kind| kind == Kind::Sockerless) {
        return Ok(Vec::new());
    }
    let subject = plan.start(Kind::Sockerless).await?;
    let records = plan.amount(1_000_000, 2_000);
    fill(&subject, records).await?;
    let Subject::Sockerless(mut server) = subject else { return Ok(Vec::new()) };
    let ready = ready(READY, &mut server, plan.amount(STARTS, 2), |_| Ok(())).await?;
    let point = points(&server, plan.amount(POINTS, 50)).await?;
    server.stop()?;
    let mut verified = Vec::new();
    for _ in 0..plan.repeats() {
        let (rate, seconds) = verify(&server)?;
        crate::table::say(&format!("  journal verify took {seconds:.2} s, {rate:.0} records/s"));
        verified.push(Figure::plain(VERIFIED, Kind::Sockerless, rate, Unit::PerSecond));
    }
    let mut figures = Figure::medians(verified);
    figures.extend([ready, point]);
    Ok(figures)
}

/// Creates and removes containers until the log holds about `records` records.
async fn fill(subject: &Subject, records: u32) -> Result<()> {
    let rounds = records / 2 / CLIENTS;
    let mut tasks = Vec::new();
    for _ in 0..CLIENTS {
        let mut wire = Wire::open(&subject.socket()).await?;
        tasks.push(tokio::task::spawn_local(async move {
            for _ in 0..KEPT.min(rounds) / CLIENTS {
                create(&mut wire, &["true"]).await?;
            }
            for _ in 0..rounds {
                let id = create(&mut wire, &["true"]).await?;
                let path = format!("/v1.41/containers/{id}");
                wire.expect(&request("DELETE", &path, ""), 204).await?;
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// How long a server takes to be ready that was killed, with what is done to its data before each start; the first time
/// right after all those records.
pub(super) async fn ready(
    what: &'static str,
    server: &mut Server,
    starts: u32,
    prepare: impl Fn(&Server) -> Result<()>,
) -> Result<Figure> {
    let mut spans = Vec::new();
    for _ in 0..starts {
        server.kill()?;
        prepare(server)?;
        let started = now();
        server.start_within(READY_LIMIT).await?;
        spans.push(now() - started);
        crate::table::say(&format!("  ready after {:.0} ms", milliseconds(now() - started)));
    }
    Ok(spread(what, &mut spans))
}

/// Asks what was there at points drawn at random; hardly any of them is one that was asked for before.
async fn points(server: &Server, count: u32) -> Result<Figure> {
    let client = server.client();
    let reply = client.get("/info").await?.expect_status(200)?;
    let head: u64 = reply.header("x-sockerless-as-of").parse().context("X-Sockerless-As-Of")?;
    let mut spans = Vec::new();
    for _ in 0..count {
        let path = format!("/at/{}/info", fastrand::u64(1..=head));
        let started = now();
        client.get(&path).await?.expect_status(200)?;
        spans.push(now() - started);
    }
    Ok(spread(POINT, &mut spans))
}

/// The median of some spans, and how they lie around it.
fn spread(what: &'static str, spans: &mut [Duration]) -> Figure {
    let spread = Spread::of(spans);
    let median = spread.map(|spread| milliseconds(spread.p50)).unwrap_or_default();
    Figure { spread, ..Figure::plain(what, Kind::Sockerless, median, Unit::Milliseconds) }
}

/// Records verified in a second, and how many seconds the whole command took.
fn verify(server: &Server) -> Result<(f64, f64)> {
    let started = now();
    let said = server.journal(&["verify"])?;
    let seconds = (now() - started).as_secs_f64();
    let rate = rate_in(&said).with_context(|| format!("verify tells no rate: {said}"))?;
    Ok((rate, seconds))
}

/// The number in `(… records/s)`.
fn rate_in(said: &str) -> Option<f64> {
    let (before, _) = said.split_once(" records/s)")?;
    before.rsplit('(').next()?.parse().ok()
}
