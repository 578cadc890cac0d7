//! Pools: how many containers may run side by side, how much they may take together, and how many may wait.

use std::{
    fmt,
    num::{NonZeroU32, NonZeroU64},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{ContainerId, EndpointId, Limits, registry::payloads};

/// Bytes of a pool's name: it is a label's value, and a label of metrics.
const NAME_BYTES_MAX: usize = 63;

/// Containers that may wait in one pool: whoever is further back has better things to do than to wait.
const QUEUE_MAX: u32 = 10_000;

/// Tenants of one pool: each of them is looked through for each container that is created.
const TENANTS_MAX: usize = 64;

/// The least memory that a container can have, as Docker has it.
const MEMORY_BYTES_MIN: u64 = 6 << 20;

/// The least that a container can have of the CPUs, as Docker has it: a hundredth of one.
const NANO_CPUS_MIN: u64 = 10_000_000;

/// A pool's name: `[a-zA-Z0-9][a-zA-Z0-9_.-]*`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PoolName(String);

/// What a pool is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Its name, which is its identity.
    pub name: PoolName,
    /// How many of its containers run side by side; any number when absent.
    pub running_max: Option<NonZeroU32>,
    /// How many wait until one of those ends.
    pub queue_max: u32,
    /// Billionths of a CPU that those which run have together; any number when absent.
    pub nano_cpus: Option<NonZeroU64>,
    /// Bytes of memory that those which run have together; any number when absent.
    pub memory_bytes: Option<NonZeroU64>,
    /// Whose containers it is for, where their labels do not say: `uid:1000`, `cert:alice`, `token:ci`, `group:builders`.
    pub tenants: Vec<String>,
}

/// What one container has of CPUs and memory, or some have together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Billionths of a CPU; zero for no limit.
    pub nano_cpus: u64,
    /// Bytes of memory; zero for no limit.
    pub memory_bytes: u64,
}

payloads! {
    /// A command about pools.
    pub enum PoolCommand {
        /// Pools are added or replaced.
        0x0190 v 1 => Set(SetPools),
        /// A pool takes nothing new.
        0x0191 v 1 => Drain(DrainPool),
        /// A pool goes.
        0x0192 v 1 => Remove(RemovePool),
    }
}

payloads! {
    /// An event of a pool.
    pub enum PoolEvent {
        /// It is there, or is another than before.
        0x0290 v 1 => Set(PoolSet),
        /// It takes nothing new.
        0x0291 v 1 => Drained(PoolDrained),
        /// It is gone.
        0x0292 v 1 => Removed(PoolRemoved),
    }
}

/// Asks for pools: those that are there already are replaced and take containers again. All of them or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPools {
    /// What they shall be.
    pub pools: Vec<Pool>,
}

/// Asks a pool to take nothing new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainPool {
    /// Which pool.
    pub name: String,
}

/// Asks for a pool to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovePool {
    /// Which pool.
    pub name: String,
}

/// A pool is there, or is another than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolSet {
    /// What it is.
    pub pool: Pool,
}

/// A pool takes nothing new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolDrained {
    /// The pool.
    pub name: PoolName,
}

/// A pool is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolRemoved {
    /// The pool.
    pub name: PoolName,
}

/// A container shall run once its pool has room for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartQueued {
    /// The container.
    pub id: ContainerId,
    /// The number of the run.
    pub incarnation: u32,
    /// The attachment of the run.
    pub endpoint: EndpointId,
}

/// A container that waited for its run waits no more, and does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartWithdrawn {
    /// The container.
    pub id: ContainerId,
}

// === impl PoolName ===

impl PoolName {
    /// The label by which a client says which pool a container is of.
    pub const LABEL: &'static str = "com.sockerless.pool";

    /// Gives the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PoolName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let head = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let tail = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if !head || !tail {
            return Err(format!(
                "invalid pool name {text:?}: only [a-zA-Z0-9][a-zA-Z0-9_.-]* is allowed"
            ));
        }
        if text.len() > NAME_BYTES_MAX {
            return Err(format!("invalid pool name: at most {NAME_BYTES_MAX} bytes are allowed"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PoolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PoolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Pool ===

impl Pool {
    /// Says what contradicts itself in it; the texts go on after the pool's name.
    pub fn check(&self) -> Result<(), String> {
        self.name.as_str().parse::<PoolName>().map_err(|wrong| format!("cannot be: {wrong}"))?;
        let limits = self.running_max.is_some() || self.has_totals();
        if self.queue_max > 0 && !limits {
            return Err(
                "has a queue that nothing ever waits in: nothing limits what runs".to_owned()
            );
        }
        if self.queue_max > QUEUE_MAX {
            return Err(format!("has too long a queue: at most {QUEUE_MAX} may wait"));
        }
        if self.memory_bytes.is_some_and(|total| total.get() < MEMORY_BYTES_MIN) {
            return Err("has less memory than the least that a container can have, 6MiB".to_owned());
        }
        if self.nano_cpus.is_some_and(|total| total.get() < NANO_CPUS_MIN) {
            return Err(
                "has less of the CPUs than the least that a container can have, 0.01".to_owned()
            );
        }
        if self.tenants.len() > TENANTS_MAX {
            return Err(format!("has too many tenants: at most {TENANTS_MAX} are possible"));
        }
        for (at, tenant) in self.tenants.iter().enumerate() {
            if tenant.is_empty() || tenant.contains(char::is_whitespace) {
                return Err(format!("has a tenant who is nobody: {tenant:?}"));
            }
            if self.tenants[..at].contains(tenant) {
                return Err(format!("names the tenant {tenant} twice"));
            }
        }
        Ok(())
    }

    /// Says which two of some pools cannot be side by side: a tenant's containers go to one pool.
    pub fn clash<'p>(
        pools: impl IntoIterator<Item = &'p Self> + Clone,
    ) -> Option<(&'p Self, String)> {
        let all = pools.clone();
        for (at, pool) in pools.into_iter().enumerate() {
            for other in all.clone().into_iter().take(at) {
                if other.name == pool.name {
                    return Some((pool, "is there twice".to_owned()));
                }
                if let Some(tenant) = pool.tenants.iter().find(|one| other.tenants.contains(one)) {
                    let text = format!("names the tenant {tenant}, who is of pool {}", other.name);
                    return Some((pool, text));
                }
            }
        }
        None
    }

    /// Tells whether its containers have to say how much they want.
    pub const fn has_totals(&self) -> bool {
        self.nano_cpus.is_some() || self.memory_bytes.is_some()
    }

    /// Says why a container with these limits can never run in it.
    pub fn refuses(&self, limits: &Limits) -> Option<String> {
        let (share, name) = (Share::of(limits), &self.name);
        match self.nano_cpus.map(NonZeroU64::get) {
            Some(_) if share.nano_cpus == 0 => {
                return Some(format!(
                    "pool {name} shares its CPUs out: the container has to say how much it wants (--cpus)"
                ));
            }
            Some(total) if share.nano_cpus > total => {
                return Some(format!(
                    "pool {name} has {} CPUs, and the container wants {}",
                    cpus(total),
                    cpus(share.nano_cpus)
                ));
            }
            Some(_) | None => {}
        }
        match self.memory_bytes.map(NonZeroU64::get) {
            Some(_) if share.memory_bytes == 0 => Some(format!(
                "pool {name} shares its memory out: the container has to say how much it wants (--memory)"
            )),
            Some(total) if share.memory_bytes > total => Some(format!(
                "pool {name} has {total} bytes of memory, and the container wants {}",
                share.memory_bytes
            )),
            Some(_) | None => None,
        }
    }
}

fn cpus(nano: u64) -> String {
    /// Billionths of a thousandth.
    const MILLI: u64 = 1_000_000;
    let milli = nano / MILLI;
    format!("{}.{:03}", milli / 1000, milli % 1000)
}

// === impl Share ===

impl Share {
    /// Gives what a container with these limits has.
    pub fn of(limits: &Limits) -> Self {
        /// The kernel's period in microseconds, where none is set.
        const PERIOD_MICROS: u64 = 100_000;
        let period = match limits.cpu_period_micros {
            0 => PERIOD_MICROS,
            period => period,
        };
        let quota = u64::try_from(limits.cpu_quota_micros).unwrap_or(0);
        let by_quota = u128::from(quota) * 1_000_000_000 / u128::from(period);
        let nano_cpus = match limits.nano_cpus {
            0 => u64::try_from(by_quota).unwrap_or(u64::MAX),
            nano => nano,
        };
        Self { nano_cpus, memory_bytes: limits.memory_bytes }
    }

    /// Gives the larger one of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            nano_cpus: self.nano_cpus.max(other.nano_cpus),
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
        }
    }

    /// Gives what is left of it without another.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            nano_cpus: self.nano_cpus.saturating_sub(other.nano_cpus),
            memory_bytes: self.memory_bytes.saturating_sub(other.memory_bytes),
        }
    }

    /// Gives both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            nano_cpus: self.nano_cpus.saturating_add(other.nano_cpus),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
        }
    }
}

#[cfg(test)]
mod tests;
