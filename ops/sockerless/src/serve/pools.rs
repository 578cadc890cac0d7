//! The pools of the configuration file, and the numbers of all that there are.

use anyhow::anyhow;
use api_docker::PoolRefusals;
use api_ops::{MetricKind, Metrics, MetricsError};
use journal_domain::{Command, Pool, PoolCommand, SetPools};
use journal_log::{Actor, RequestId};
use projector_containers::{Containers, KeptPool};
use projector_engine::{Handle, Submission};

use super::log::Log;

/// What a pool is counted by; nothing where it has no such limit.
type Read = fn(&KeptPool) -> Option<f64>;

const NUMBERS: [(&str, &str, Read); 8] =
    [
        ("sockerless_pool_running", "Containers that have a place in the pool.", |kept| {
            Some(kept.running() as f64)
        }),
        ("sockerless_pool_queued", "Starts that wait for the pool.", |kept| {
            Some(kept.waiting() as f64)
        }),
        ("sockerless_pool_running_max", "Containers that may run side by side.", |kept| {
            kept.pool.running_max.map(|max| f64::from(max.get()))
        }),
        ("sockerless_pool_queue_max", "Starts that may wait.", |kept| {
            Some(f64::from(kept.pool.queue_max))
        }),
        ("sockerless_pool_cpus", "CPUs that may be shared out.", |kept| {
            kept.pool.nano_cpus.map(|nano| nano.get() as f64 / 1e9)
        }),
        ("sockerless_pool_cpus_used", "CPUs that are shared out.", |kept| {
            Some(kept.used().nano_cpus as f64 / 1e9)
        }),
        ("sockerless_pool_memory_bytes", "Memory that may be shared out.", |kept| {
            kept.pool.memory_bytes.map(|bytes| bytes.get() as f64)
        }),
        ("sockerless_pool_memory_used_bytes", "Memory that is shared out.", |kept| {
            Some(kept.used().memory_bytes as f64)
        }),
    ];

/// Has the pools be as the configuration file says, where they differ: all of them in one record. Others stay.
pub(super) async fn configure(log: &Log, wanted: &[Pool]) -> anyhow::Result<()> {
    let state = &log.handle.snapshot().state;
    let differs = |pool: &&Pool| state.pools().get(&pool.name).map(|kept| &kept.pool) != Some(pool);
    let pools: Vec<Pool> = wanted.iter().filter(differs).cloned().collect();
    if pools.is_empty() {
        return Ok(());
    }
    let count = pools.len();
    let actor = Actor { principal: "boot".into(), ..Actor::default() };
    let command = Command::from(PoolCommand::from(SetPools { pools }));
    let submission = Submission { actor, request: RequestId::NONE, cause: None, command };
    let submitted = log.handle.submit(submission).await;
    submitted.map_err(|error| anyhow!("the pools of the configuration file: {error}"))?;
    tracing::info!(count, "pools are set as the configuration file says");
    Ok(())
}

/// Adds the numbers of the pools.
pub(super) fn add_numbers(
    metrics: &Metrics,
    handle: &Handle<Containers>,
    refusals: &PoolRefusals,
) -> Result<(), MetricsError> {
    for (name, help, read) in NUMBERS {
        let handle = handle.clone();
        metrics.add_each(name, help, MetricKind::Gauge, "pool", move || each(&handle, read))?;
    }
    let (handle, refusals) = (handle.clone(), refusals.clone());
    let help = "Starts that the full pool has turned away.";
    let name = "sockerless_pool_refused_total";
    metrics.add_each(name, help, MetricKind::Counter, "pool", move || {
        each(&handle, |kept| Some(refusals.of(&kept.pool.name) as f64))
    })
}

fn each(
    handle: &Handle<Containers>,
    read: impl Fn(&KeptPool) -> Option<f64>,
) -> Vec<(String, f64)> {
    let world = handle.snapshot();
    let pools = world.state.pools().iter();
    pools.filter_map(|kept| Some((kept.pool.name.to_string(), read(kept)?))).collect()
}
