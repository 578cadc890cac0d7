//! What the machine itself does: the time of a sync, CPU time and memory of processes.

use std::fs::{self, File};
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::figure::{Figure, Spread, Unit, milliseconds};

/// Bytes that are written before each sync: about what a group of records takes.
const SYNC_BYTES: usize = 4096;

/// Where and when a run was made.
#[derive(Debug)]
pub(crate) struct Machine {
    kernel: String,
    processors: usize,
    memory: String,
    time: String,
}

impl Machine {
    /// Describes this machine.
    pub(crate) fn here() -> Result<Self> {
        let memory = fs::read_to_string("/proc/meminfo")?;
        Ok(Self {
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            processors: std::thread::available_parallelism()?.get(),
            memory: memory
                .lines()
                .next()
                .unwrap_or_default()
                .replace("MemTotal:", "")
                .trim()
                .to_owned(),
            time: jiff::Timestamp::now().to_string(),
        })
    }

    /// The machine in one line.
    pub(crate) fn line(&self) -> String {
        format!(
            "{} processors, {} of memory, Linux {}, {}",
            self.processors, self.memory, self.kernel, self.time
        )
    }

    /// The machine as JSON.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "kernel": self.kernel, "processors": self.processors, "memory": self.memory, "time": self.time,
        })
    }
}

/// Measures how long an append and its `fdatasync` take on the disk that holds the servers' data.
pub(crate) fn fsync_figures(quick: bool) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let mut file = File::create(folder.path().join("synced"))?;
    let block = [0x5a; SYNC_BYTES];
    let mut samples = Vec::new();
    for _ in 0..if quick { 50 } else { 1000 } {
        let started = now();
        file.write_all(&block)?;
        file.sync_data()?;
        samples.push(now() - started);
    }
    let spread = Spread::of(&mut samples).context("no samples")?;
    Ok(vec![Figure {
        what: "append and fdatasync of 4 KiB",
        subject: None,
        value: Some(milliseconds(spread.p50)),
        refusal: None,
        unit: Unit::Milliseconds,
        spread: Some(spread),
        cpu: None,
    }])
}

/// The CPU time that processes used so far, in user and kernel mode.
pub(crate) fn cpu_time(pids: &[u32]) -> Result<Duration> {
    ticks(pids, &[11, 12])
}

/// The same with that of their children that have ended.
pub(crate) fn cpu_time_with_children(pids: &[u32]) -> Result<Duration> {
    ticks(pids, &[11, 12, 13, 14])
}

/// Adds up fields of `/proc/<pid>/stat`, counted from the state.
fn ticks(pids: &[u32], summed: &[usize]) -> Result<Duration> {
    let ticks_per_second = rustix::param::clock_ticks_per_second() as f64;
    let mut ticks = 0;
    for pid in pids {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))
            .with_context(|| format!("process {pid}"))?;
        // The name in parentheses may hold blanks; fields are counted after it.
        let rest = text.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = rest.split_whitespace().collect();
        for field in summed {
            ticks += fields.get(*field).context("a short stat")?.parse::<u64>()?;
        }
    }
    Ok(Duration::from_secs_f64(ticks as f64 / ticks_per_second))
}

/// The resident memory of processes, in MiB.
pub(crate) fn resident_mebibytes(pids: &[u32]) -> Result<f64> {
    sum_of(pids, "status", "VmRSS:")
}

/// The proportional share of memory of processes, in MiB: what they share is divided among those who share it.
pub(crate) fn proportional_mebibytes(pids: &[u32]) -> Result<f64> {
    sum_of(pids, "smaps_rollup", "Pss:")
}

/// The process ids of the programs whose file, which may be in memory only, is called `name`.
pub(crate) fn processes_called(name: &str) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|text| text.parse().ok()) else {
            continue;
        };
        let program = fs::read_link(entry.path().join("exe")).unwrap_or_default();
        if program.to_string_lossy().contains(name) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Processes that `pid` has started and that are there still.
pub(crate) fn children_of(pid: u32) -> Result<Vec<u32>> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(children.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>()?)
}

/// The time of a clock that only goes forward.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures real time, outside of any runtime"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

fn sum_of(pids: &[u32], file: &str, field: &str) -> Result<f64> {
    let mut kibibytes = 0_u64;
    for pid in pids {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}"))?;
        let line = text.lines().find(|line| line.starts_with(field)).context("no such field")?;
        kibibytes += line.split_whitespace().nth(1).context("no figure")?.parse::<u64>()?;
    }
    Ok(kibibytes as f64 / 1024.0)
}
