//! Limits of resources.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::Made;
use crate::{error::Failure, fields::Fields};

/// A limit of a process, as the OCI runtime specification has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ProcessLimit {
    #[serde(rename = "type")]
    kind: String,
    hard: u64,
    soft: u64,
}

pub(super) fn take(fields: &mut Fields, made: &mut Made) -> Result<(), Failure> {
    let mut limits = fields.object("resource_limits")?;
    take_resources(&mut limits, made)?;
    limits.finish()?;
    let processes: Vec<ProcessLimit> = fields.take("r_limits")?;
    let ulimits = processes.iter().map(|limit| {
        let name = limit.kind.trim_start_matches("RLIMIT_").to_lowercase();
        // The highest number stands for no limit; Docker writes -1.
        let number = |value: u64| i64::try_from(value).unwrap_or(-1);
        json!({ "Name": name, "Soft": number(limit.soft), "Hard": number(limit.hard) })
    });
    made.host("Ulimits", ulimits.collect::<Vec<_>>());
    made.host("OomScoreAdj", fields.take::<Option<i64>>("oom_score_adj")?.unwrap_or(0));
    made.host("Sysctls", json!(fields.take::<BTreeMap<String, String>>("sysctl")?));
    Ok(())
}

/// Takes `LinuxResources`.
pub(super) fn take_resources(limits: &mut Fields, made: &mut Made) -> Result<(), Failure> {
    let number = |group: &mut Fields, name: &str| -> Result<i64, Failure> {
        Ok(group.take::<Option<i64>>(name)?.unwrap_or(0))
    };
    let mut memory = limits.object("memory")?;
    made.host("Memory", number(&mut memory, "limit")?);
    made.host("MemoryReservation", number(&mut memory, "reservation")?);
    made.host("MemorySwap", number(&mut memory, "swap")?);
    made.host("MemorySwappiness", number(&mut memory, "swappiness")?);
    made.host("OomKillDisable", memory.take::<bool>("disableOOMKiller")?);
    memory.finish()?;
    let mut cpu = limits.object("cpu")?;
    made.host("CpuShares", number(&mut cpu, "shares")?);
    made.host("CpuQuota", number(&mut cpu, "quota")?);
    made.host("CpuPeriod", number(&mut cpu, "period")?);
    made.host("CpuRealtimeRuntime", number(&mut cpu, "realtimeRuntime")?);
    made.host("CpuRealtimePeriod", number(&mut cpu, "realtimePeriod")?);
    made.host("CpusetCpus", cpu.take::<String>("cpus")?);
    made.host("CpusetMems", cpu.take::<String>("mems")?);
    cpu.finish()?;
    let mut pids = limits.object("pids")?;
    made.host("PidsLimit", number(&mut pids, "limit")?);
    pids.finish()?;
    let mut block = limits.object("blockIO")?;
    made.host("BlkioWeight", number(&mut block, "weight")?);
    block.finish()
}
