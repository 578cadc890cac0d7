//! Resource limits of a container, checked as dockerd checks them before it creates one.

use api_types::{ApiVersion, ContainerCreateRequest, HostConfig, ResourcesUlimits};
use journal_domain::{Limits, PidsLimit, Ulimit};

use crate::Invalid;

/// The least memory that a container can be limited to, in bytes: dockerd's own floor.
const MEMORY_BYTES_MIN: i64 = 6 * 1024 * 1024;

/// The API whose clients know no limit of the kernel's memory any more.
const WITHOUT_KERNEL_MEMORY: ApiVersion = ApiVersion::new(1, 42);

/// The API from which on clients can limit the kernel's memory for TCP.
const WITH_KERNEL_MEMORY_OF_TCP: ApiVersion = ApiVersion::new(1, 40);

/// What is said of a limit of the kernel's memory: dockerd's words.
const NO_KERNEL_MEMORY: &str = "Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. \
     Limitation discarded.";

/// The like for that of TCP.
const NO_KERNEL_MEMORY_OF_TCP: &str =
    "Kernel memory limits of TCP are not supported by the runtime. Limitation discarded.";

/// The scheduler's bounds of a period, in microseconds (kernel, `cpu.max`).
const CPU_PERIOD_MICROS: std::ops::RangeInclusive<i64> = 1_000..=1_000_000;

/// The scheduler's least quota, in microseconds.
const CPU_QUOTA_MICROS_MIN: i64 = 1_000;

/// Bounds of a block I/O weight (kernel, `io.weight` as Docker takes it).
pub(crate) const BLKIO_WEIGHTS: std::ops::RangeInclusive<u16> = 10..=1_000;

/// Bounds of the kernel's badness adjustment (`proc(5)`, `oom_score_adj`).
const OOM_SCORE_ADJUSTMENTS: std::ops::RangeInclusive<i64> = -1_000..=1_000;

/// Limits of `setrlimit(2)` by Docker's names.
const ULIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// Reads the limits; `cpus` is how many processors the host has.
pub fn limits(host: &HostConfig, cpus: u32) -> Result<Limits, Invalid> {
    check_memory(host)?;
    check_cpu(host, cpus)?;
    if host.blkio_weight != 0 && !BLKIO_WEIGHTS.contains(&host.blkio_weight) {
        return Err(Invalid::new("range of blkio weight is from 10 to 1000"));
    }
    if !OOM_SCORE_ADJUSTMENTS.contains(&host.oom_score_adj) {
        return Err(Invalid::new(format!(
            "Invalid value {}, range for oom score adj is [-1000, 1000]",
            host.oom_score_adj
        )));
    }
    Ok(Limits {
        memory_bytes: positive(host.memory),
        memory_swap_bytes: host.memory_swap,
        memory_reservation_bytes: positive(host.memory_reservation),
        nano_cpus: positive(host.nano_cpus),
        cpu_shares: positive(host.cpu_shares),
        cpu_period_micros: positive(host.cpu_period),
        cpu_quota_micros: host.cpu_quota,
        cpuset_cpus: cpu_list("cpuset cpus", &host.cpuset_cpus)?,
        cpuset_mems: cpu_list("cpuset mems", &host.cpuset_mems)?,
        pids: match host.pids_limit {
            None => PidsLimit::Unset,
            Some(limit) => u64::try_from(limit)
                .ok()
                .filter(|limit| *limit > 0)
                .map_or(PidsLimit::Unlimited, PidsLimit::Max),
        },
        blkio_weight: host.blkio_weight,
        ulimits: host.ulimits.iter().map(ulimit).collect::<Result<_, _>>()?,
        oom_score_adj: i32::try_from(host.oom_score_adj).unwrap_or_default(),
    })
}

/// Checks limits of the kernel's own memory, and tells what becomes of them. Clients of API 1.42 and later have none of it all,
/// for earlier ones dockerd discards it with these words where the kernel has no such limit; kernels since 5.16 only pretend to.
/// That of buffers of TCP, which is known since 1.40, dockerd gives to runc, which passes over it.
pub fn kernel_memory(
    request: &ContainerCreateRequest,
    version: ApiVersion,
) -> Result<Vec<String>, Invalid> {
    let mut told = Vec::new();
    let host = request.host();
    if host.kernel_memory > 0 && version < WITHOUT_KERNEL_MEMORY {
        if host.kernel_memory < MEMORY_BYTES_MIN {
            return Err(Invalid::new("Minimum kernel memory limit allowed is 6MB"));
        }
        told.push(
            "Specifying a kernel memory limit is deprecated and will be removed in a future release."
                .to_owned(),
        );
        told.push(NO_KERNEL_MEMORY.to_owned());
    }
    if host.kernel_memory_tcp > 0 && version >= WITH_KERNEL_MEMORY_OF_TCP {
        told.push(NO_KERNEL_MEMORY_OF_TCP.to_owned());
    }
    Ok(told)
}

/// Writes the limits into what inspect shows.
pub fn show_limits(limits: &Limits, host: &mut HostConfig) {
    host.memory = signed(limits.memory_bytes);
    host.memory_swap = shown_swap(limits);
    host.memory_reservation = signed(limits.memory_reservation_bytes);
    host.nano_cpus = signed(limits.nano_cpus);
    host.cpu_shares = signed(limits.cpu_shares);
    host.cpu_period = signed(limits.cpu_period_micros);
    host.cpu_quota = limits.cpu_quota_micros;
    host.cpuset_cpus.clone_from(&limits.cpuset_cpus);
    host.cpuset_mems.clone_from(&limits.cpuset_mems);
    host.pids_limit = match limits.pids {
        // As in dockerd, where no limit and an unset one look alike.
        PidsLimit::Unset | PidsLimit::Unlimited => None,
        PidsLimit::Max(limit) => Some(signed(limit)),
    };
    host.blkio_weight = limits.blkio_weight;
    host.ulimits = limits.ulimits.iter().map(shown_ulimit).collect();
    host.oom_score_adj = limits.oom_score_adj.into();
}

fn check_memory(host: &HostConfig) -> Result<(), Invalid> {
    let (memory, swap, reservation) = (host.memory, host.memory_swap, host.memory_reservation);
    let problem = if memory < 0 || (memory != 0 && memory < MEMORY_BYTES_MIN) {
        "Minimum memory limit allowed is 6MB"
    } else if memory > 0 && swap > 0 && swap < memory {
        "Minimum memoryswap limit should be larger than memory limit, see usage"
    } else if memory == 0 && swap > 0 {
        "You should always set the Memory limit when using Memoryswap limit, see usage"
    } else if reservation < 0 || (reservation != 0 && reservation < MEMORY_BYTES_MIN) {
        "Minimum memory reservation allowed is 6MB"
    } else if memory > 0 && reservation > memory {
        "Minimum memory limit can not be less than memory reservation limit, see usage"
    } else {
        return Ok(());
    };
    Err(Invalid::new(problem))
}

fn check_cpu(host: &HostConfig, cpus: u32) -> Result<(), Invalid> {
    let nano_cpus_max = i64::from(cpus) * 1_000_000_000;
    if host.nano_cpus < 0 || host.nano_cpus > nano_cpus_max {
        return Err(Invalid::new(format!(
            "range of CPUs is from 0.01 to {cpus}.00, as there are only {cpus} CPUs available"
        )));
    }
    let problem = if host.nano_cpus > 0 && host.cpu_period > 0 {
        "Conflicting options: Nano CPUs and CPU Period cannot both be set"
    } else if host.nano_cpus > 0 && host.cpu_quota > 0 {
        "Conflicting options: Nano CPUs and CPU Quota cannot both be set"
    } else if host.cpu_shares < 0 {
        "invalid CPU shares: the value must be a positive integer"
    } else if host.cpu_period != 0 && !CPU_PERIOD_MICROS.contains(&host.cpu_period) {
        "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"
    } else if host.cpu_quota > 0 && host.cpu_quota < CPU_QUOTA_MICROS_MIN {
        "CPU cfs quota can not be less than 1ms (i.e. 1000)"
    } else {
        return Ok(());
    };
    Err(Invalid::new(problem))
}

/// Checks a list such as `0-2,7`.
fn cpu_list(what: &str, list: &str) -> Result<String, Invalid> {
    let number = |text: &str| text.parse::<u16>().is_ok();
    let part = |part: &str| match part.split_once('-') {
        Some((first, last)) => number(first) && number(last),
        None => number(part),
    };
    if list.is_empty() || list.split(',').all(part) {
        return Ok(list.to_owned());
    }
    Err(Invalid::new(format!("Invalid value {list} for {what}")))
}

fn ulimit(asked: &ResourcesUlimits) -> Result<Ulimit, Invalid> {
    let name = asked.name.clone().unwrap_or_default();
    if !ULIMITS.contains(&name.as_str()) {
        return Err(Invalid::new(format!("invalid ulimit type: {name}")));
    }
    let soft = asked.soft.unwrap_or_default();
    let hard = asked.hard.unwrap_or(soft);
    if hard != -1 && (soft == -1 || soft > hard) {
        return Err(Invalid::new(format!(
            "ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}"
        )));
    }
    Ok(Ulimit { name, soft, hard })
}

fn shown_ulimit(ulimit: &Ulimit) -> ResourcesUlimits {
    ResourcesUlimits {
        name: Some(ulimit.name.clone()),
        soft: Some(ulimit.soft),
        hard: Some(ulimit.hard),
    }
}

/// Twice the memory is what no swap limit means, and what dockerd shows then.
fn shown_swap(limits: &Limits) -> i64 {
    if limits.memory_bytes > 0 && limits.memory_swap_bytes == 0 {
        signed(limits.memory_bytes.saturating_mul(2))
    } else {
        limits.memory_swap_bytes
    }
}

fn positive(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

/// Gives a number as Go has it, where it fits.
pub fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
