//! The goals of the project, and whether the figures meet them.

use crate::figure::{Figure, milliseconds};
use crate::scenario::{network, recover, wasm};
use crate::subject::Kind;

/// A goal for one row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    what: &'static str,
    wanted: Wanted,
}

/// What is wanted of our figure.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    /// So many times the figure of dockerd in this run.
    TimesDockerd(f64),
    /// Such a share of the responder's figure in this run.
    ShareOfConstant(f64),
    /// Such a share of the machine's own figure of another row.
    ShareOf(&'static str, f64),
    /// At most so many times the machine's own figure of another row.
    TimesOf(&'static str, f64),
    /// A 99th percentile below so many milliseconds.
    P99Below(f64),
    /// CPU time of a request below so many microseconds.
    CpuBelow(f64),
    /// A figure of at least this.
    AtLeast(f64),
    /// A figure below this.
    Below(f64),
}

/// The goals, in the order of the table.
pub(crate) const GOALS: &[Goal] = &[
    Goal { what: "durable create, 16 clients", wanted: Wanted::TimesDockerd(20.0) },
    Goal { what: "durable create, 16 clients", wanted: Wanted::P99Below(10.0) },
    Goal { what: "durable create, 16 clients", wanted: Wanted::CpuBelow(120.0) },
    Goal { what: "durable commits, 1024 in flight", wanted: Wanted::AtLeast(50_000.0) },
    Goal { what: "durable commits, syncs of 2 ms", wanted: Wanted::AtLeast(20_000.0) },
    Goal { what: "inspect, 16 clients", wanted: Wanted::ShareOfConstant(0.8) },
    Goal { what: "list of 500, 4 clients", wanted: Wanted::TimesDockerd(10.0) },
    Goal { what: "create-start-wait-remove, 8 clients", wanted: Wanted::TimesDockerd(15.0) },
    Goal { what: "exec of echo, 8 clients", wanted: Wanted::TimesDockerd(10.0) },
    Goal { what: "docker run --rm busybox echo hi", wanted: Wanted::Below(45.0) },
    Goal { what: "500 MB of stdout by docker run", wanted: Wanted::TimesDockerd(3.0) },
    Goal { what: "build of 10 steps, each done", wanted: Wanted::TimesDockerd(3.0) },
    Goal { what: "build of 10 steps, all cached", wanted: Wanted::TimesDockerd(10.0) },
    Goal { what: "resident with 10,000 created", wanted: Wanted::Below(150.0) },
    Goal { what: "PSS of a running shim", wanted: Wanted::Below(0.5) },
    Goal { what: "PSS of one of 1,000 shims", wanted: Wanted::Below(0.5) },
    Goal { what: "control plane of 1,000 running", wanted: Wanted::Below(200.0) },
    Goal { what: "health checks of 1,000", wanted: Wanted::Below(10.0) },
    Goal { what: "10,000 followers", wanted: Wanted::Below(2048.0) },
    Goal { what: network::BYTES, wanted: Wanted::ShareOf(network::BARE_BYTES, 0.9) },
    Goal { what: network::TURNS, wanted: Wanted::ShareOf(network::BARE_TURNS, 0.9) },
    Goal { what: wasm::CYCLE, wanted: Wanted::AtLeast(2000.0) },
    Goal { what: wasm::EXEC, wanted: Wanted::AtLeast(5000.0) },
    Goal { what: wasm::IDLE, wanted: Wanted::Below(64.0 / 1024.0) },
    Goal { what: wasm::JOBS[0].wasm, wanted: Wanted::TimesOf(wasm::JOBS[0].native, 2.0) },
    Goal { what: wasm::JOBS[1].wasm, wanted: Wanted::TimesOf(wasm::JOBS[1].native, 2.0) },
    Goal { what: wasm::JOBS[2].wasm, wanted: Wanted::TimesOf(wasm::JOBS[2].native, 2.0) },
    Goal { what: wasm::JOBS[3].wasm, wanted: Wanted::TimesOf(wasm::JOBS[3].native, 2.0) },
    Goal { what: "verified replay", wanted: Wanted::AtLeast(500_000.0) },
    Goal { what: "ready after a million records", wanted: Wanted::Below(1000.0) },
    Goal { what: "a point in a million records", wanted: Wanted::P99Below(250.0) },
    Goal { what: recover::READY, wanted: Wanted::Below(1000.0) },
    Goal { what: recover::READY_BARE, wanted: Wanted::Below(25_000.0) },
];

impl Goal {
    /// The goal in words and whether it is met, or none where this run has no figure for it.
    pub(crate) fn verdict(&self, figures: &[Figure]) -> Option<(String, bool)> {
        let ours = find(figures, self.what, Kind::Sockerless)?;
        let value = ours.value?;
        let times = |kind, factor: f64| {
            let other = find(figures, self.what, kind)?;
            let ratio = value / other.value?;
            Some((format!("{ratio:.2} × {}, wanted {factor} ×", kind.name()), ratio >= factor))
        };
        let unit = ours.unit.name();
        match self.wanted {
            Wanted::TimesDockerd(factor) => times(Kind::Dockerd, factor),
            Wanted::ShareOfConstant(factor) => times(Kind::Constant, factor),
            Wanted::ShareOf(bare, share) => {
                let ratio = value / machines(figures, bare)?;
                Some((format!("{ratio:.2} × {bare}, wanted {share} ×"), ratio >= share))
            }
            Wanted::TimesOf(bare, limit) => {
                let ratio = value / machines(figures, bare)?;
                Some((format!("{ratio:.2} × {bare}, wanted at most {limit} ×"), ratio <= limit))
            }
            Wanted::P99Below(limit) => {
                let p99 = milliseconds(ours.spread?.p99);
                Some((format!("p99 {p99:.2} ms, wanted under {limit} ms"), p99 < limit))
            }
            Wanted::CpuBelow(limit) => {
                let cpu = milliseconds(ours.cpu?) * 1000.0;
                Some((format!("{cpu:.0} µs of CPU, wanted under {limit} µs"), cpu < limit))
            }
            Wanted::AtLeast(limit) => {
                Some((format!("{value:.0} {unit}, wanted {limit} {unit}"), value >= limit))
            }
            Wanted::Below(limit) => {
                Some((format!("{value:.2} {unit}, wanted under {limit} {unit}"), value < limit))
            }
        }
    }

    /// What the goal is for.
    pub(crate) fn what(&self) -> &'static str {
        self.what
    }
}

fn find<'f>(figures: &'f [Figure], what: &str, kind: Kind) -> Option<&'f Figure> {
    figures.iter().find(|figure| figure.what == what && figure.subject == Some(kind))
}

/// The machine's own figure.
fn machines(figures: &[Figure], what: &str) -> Option<f64> {
    figures.iter().find(|figure| figure.what == what && figure.subject.is_none())?.value
}

#[cfg(test)]
mod tests;
