//! Records of a start and an end, on disk whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::error::{During, StartError, step};

/// How long a record must last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Beyond the end of this process: a start is no news after the host has crashed.
    Process,
    /// Beyond a crash of the host.
    Host,
}

/// Writes `record` to `path`, in the place of what is there.
pub(crate) fn write(
    path: &Path,
    record: &impl Serialize,
    durability: Durability,
) -> Result<(), StartError> {
    let bytes = serde_json::to_vec(record)
        .map_err(|_| Errno::INVAL)
        .during(step!("encoding {}", path.display()))?;
    replace(path, &bytes, durability).during(step!("writing {}", path.display()))
}

fn replace(path: &Path, bytes: &[u8], durability: Durability) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    if durability == Durability::Host {
        file.sync_all()?;
    }
    fs::rename(&temporary, path)?;
    match path.parent() {
        Some(parent) if durability == Durability::Host => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// Returns the time in nanoseconds since the Unix epoch.
pub(crate) fn now_nanos() -> u64 {
    let now = clock_gettime(ClockId::Realtime);
    (now.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(now.tv_nsec as u64)
}
