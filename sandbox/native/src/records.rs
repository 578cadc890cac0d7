//! Records of a start and an end: whole or not there for whoever looks, whatever becomes of the processes.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::error::{During, StartError, step};

/// Writes `record` to `path`, in the place of what is there. It outlives this process, not a crash of the host.
pub(crate) fn write(path: &Path, record: &impl Serialize) -> Result<(), StartError> {
    let bytes = serde_json::to_vec(record)
        .map_err(|_| Errno::INVAL)
        .during(step!("encoding {}", path.display()))?;
    replace(path, &bytes).during(step!("writing {}", path.display()))
}

/// Makes the record at `path` outlive a crash of the host too.
pub(crate) fn sync(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()?;
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    fs::rename(&temporary, path)
}

/// Returns the time in nanoseconds since the Unix epoch.
pub(crate) fn now_nanos() -> u64 {
    let now = clock_gettime(ClockId::Realtime);
    (now.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(now.tv_nsec as u64)
}
