//! Many workers at once for a span of time, each request timed, the server's CPU time taken before and after.

use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use crate::figure::{Figure, Spread, Unit};
use crate::machine::cpu_time;
use crate::subject::Subject;
use crate::wire::Wire;

/// Share of the span that is spent before anything is counted.
const WARM_UP: f64 = 0.1;

/// One client's work.
pub(crate) trait Work {
    /// Does one request, or one cycle of them.
    async fn once(&mut self) -> Result<()>;
}

/// Lets all workers work for `span` and returns their rate with its spread and the server's CPU time.
pub(crate) async fn load<W: Work + 'static>(
    what: &'static str,
    subject: &Subject,
    workers: Vec<W>,
    span: Duration,
) -> Result<Figure> {
    let begin = Instant::now() + span.mul_f64(WARM_UP);
    let end = begin + span;
    let pids = subject.pids()?;
    let tasks: Vec<_> = workers
        .into_iter()
        .map(|worker| tokio::task::spawn_local(work(worker, begin, end)))
        .collect();
    tokio::time::sleep_until(begin).await;
    let cpu_before = cpu_time(&pids)?;
    tokio::time::sleep_until(end).await;
    let cpu = cpu_time(&pids)?.saturating_sub(cpu_before);
    let mut samples = Vec::new();
    for task in tasks {
        samples.extend(task.await??);
    }
    let count = samples.len();
    let value = count as f64 / span.as_secs_f64();
    Ok(Figure {
        spread: Spread::of(&mut samples),
        cpu: (count > 0).then(|| cpu.div_f64(count as f64)),
        ..Figure::plain(what, subject.kind(), value, Unit::PerSecond)
    })
}

/// Clients that send the same request again and again.
pub(crate) async fn readers(
    subject: &Subject,
    request: &[u8],
    clients: usize,
) -> Result<Vec<Reader>> {
    let mut readers = Vec::new();
    for _ in 0..clients {
        readers
            .push(Reader { wire: Wire::open(&subject.socket()).await?, request: request.to_vec() });
    }
    Ok(readers)
}

/// A client that reads one thing.
#[derive(Debug)]
pub(crate) struct Reader {
    wire: Wire,
    request: Vec<u8>,
}

impl Work for Reader {
    async fn once(&mut self) -> Result<()> {
        self.wire.expect(&self.request, 200).await.map(drop)
    }
}

async fn work<W: Work>(mut worker: W, begin: Instant, end: Instant) -> Result<Vec<Duration>> {
    let mut samples = Vec::new();
    loop {
        let started = Instant::now();
        worker.once().await?;
        let ended = Instant::now();
        if ended >= end {
            return Ok(samples);
        }
        if started >= begin {
            samples.push(ended - started);
        }
    }
}
