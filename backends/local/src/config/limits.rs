//! Limits of a container as a whole.

use journal_domain::{Limits, PidsLimit};
use sandbox_shim::Resources;

/// Gives the limits in the shim's words, where an absent one is not set; Docker's zero is absent.
pub(crate) fn resources(limits: &Limits) -> Resources {
    Resources {
        memory_bytes: some(limits.memory_bytes),
        memory_swap_bytes: some(limits.memory_swap_bytes),
        memory_reservation_bytes: some(limits.memory_reservation_bytes),
        nano_cpus: some(limits.nano_cpus),
        cpu_quota_micros: some(limits.cpu_quota_micros),
        cpu_period_micros: some(limits.cpu_period_micros),
        cpu_shares: some(limits.cpu_shares),
        cpuset_cpus: some(limits.cpuset_cpus.clone()),
        cpuset_mems: some(limits.cpuset_mems.clone()),
        pids_limit: match limits.pids {
            PidsLimit::Unset => None,
            PidsLimit::Unlimited => Some(-1),
            PidsLimit::Max(count) => Some(i64::try_from(count).unwrap_or(-1)),
        },
        blkio_weight: some(limits.blkio_weight),
        devices: Vec::new(),
    }
}

fn some<T: Default + PartialEq>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}
