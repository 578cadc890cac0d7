//! Pools in the configuration file. What contradicts itself is refused with its line, before anything is done.

use std::{collections::BTreeMap, num::NonZeroU32};

use anyhow::bail;
use journal_domain::{Pool, PoolName};
use serde::Deserialize;
use toml::Spanned;

use super::line_of;
use crate::cli;

/// The tables of the file, by the names of their pools.
pub(super) type PoolTables = BTreeMap<String, Spanned<PoolTable>>;

/// `[pools.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PoolTable {
    running: Option<NonZeroU32>,
    queue: Option<u32>,
    cpus: Option<f64>,
    memory: Option<String>,
    tenants: Option<Vec<String>>,
}

/// Makes the pools of `tables`, which were read of `text`.
pub(super) fn checked(text: &str, tables: PoolTables) -> anyhow::Result<Vec<Pool>> {
    let mut pools: Vec<(usize, Pool)> = Vec::new();
    for (name, table) in tables {
        let line = line_of(text, table.span().start);
        match pool(&name, table.into_inner()) {
            Ok(pool) => pools.push((line, pool)),
            Err(wrong) => bail!("line {line}: pool {name} {wrong}"),
        }
    }
    // Of two that contradict each other the later one is told.
    pools.sort_by_key(|(line, _)| *line);
    let all = pools.iter().map(|(_, pool)| pool);
    if let Some((clashing, wrong)) = Pool::clash(all) {
        let line = pools.iter().find(|(_, pool)| pool == clashing).map_or(0, |(line, _)| *line);
        bail!("line {line}: pool {} {wrong}", clashing.name);
    }
    Ok(pools.into_iter().map(|(_, pool)| pool).collect())
}

fn pool(name: &str, table: PoolTable) -> Result<Pool, String> {
    let name: PoolName = name.parse().map_err(|wrong| format!("cannot be: {wrong}"))?;
    let cpus = table.cpus.map(|cpus| cli::cpus(&cpus.to_string())).transpose()?;
    let memory = table.memory.map(|text| cli::size(&text)).transpose()?;
    if memory == Some(0) {
        return Err("has no memory: leave memory out for no limit".to_owned());
    }
    let pool = Pool {
        name,
        running_max: table.running,
        queue_max: table.queue.unwrap_or(0),
        nano_cpus: cpus,
        memory_bytes: memory.and_then(|bytes| bytes.try_into().ok()),
        tenants: table.tenants.unwrap_or_default(),
    };
    pool.check()?;
    Ok(pool)
}
