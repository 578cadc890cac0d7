//! What a run came to, in numbers.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use crate::{Fault, fault::Faults};

/// What a run came to, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Episodes, each a world of its own.
    pub episodes: u64,
    /// Things that happened.
    pub events: u64,
    /// Commands that were decided.
    pub commands: u64,
    /// Commands of clients that were answered.
    pub answered: u64,
    /// Records that were made durable.
    pub records: u64,
    /// Calls to the provider.
    pub calls: u64,
    /// Workloads that were started.
    pub starts: u64,
    /// Execs that were started.
    pub execs: u64,
    /// Networks, builds, volumes, pods and pools that came to be.
    pub made: u64,
    /// Second workloads for one run.
    pub duplicates: u64,
    /// Lists that were compared with the state.
    pub sweeps: u64,
    /// What nobody wanted and a second list still showed, with nothing done about it.
    pub orphans: u64,
    /// Deaths of the server.
    pub crashes: u64,
    /// How often it could have died of a fault of its own.
    pub crash_points: u64,
    /// What each container came to, by its name, where an episode has a script.
    pub ends: BTreeMap<String, String>,
    /// Starts of the server.
    pub boots: u64,
    /// Records that were folded by these.
    pub replayed_records: u64,
    /// Snapshots that were saved.
    pub snapshots: u64,
    /// The longest time until nothing was left to do, once nothing went wrong any more.
    pub converged_in_max: Duration,
    /// Faults by kind.
    pub faults: BTreeMap<Fault, u64>,
    /// A number for everything that happened.
    pub trace: u64,
    /// Time that workloads ran, together.
    workload_seconds: u64,
    workload_nanos: u64,
}

// === impl Figures ===

impl Figures {
    /// Gives the hours that containers ran, together.
    pub const fn container_hours(&self) -> u64 {
        self.workload_seconds / 3600
    }

    /// Counts the faults of all kinds.
    pub fn fault_count(&self) -> u64 {
        self.faults.values().sum()
    }

    pub(crate) fn add_time(&mut self, span: Duration, workloads: usize) {
        let span = span.saturating_mul(u32::try_from(workloads).unwrap_or(u32::MAX));
        let nanos = self.workload_nanos + u64::from(span.subsec_nanos());
        self.workload_seconds += span.as_secs() + nanos / 1_000_000_000;
        self.workload_nanos = nanos % 1_000_000_000;
    }

    pub(crate) fn count_faults(&mut self, faults: &Faults) {
        self.crash_points = faults.deaths();
        for (fault, count) in faults.counts() {
            *self.faults.entry(fault).or_default() += count;
        }
    }

    /// Adds those of another episode.
    pub(crate) fn add(&mut self, other: &Self) {
        self.episodes += 1;
        self.events += other.events;
        self.commands += other.commands;
        self.answered += other.answered;
        self.records += other.records;
        self.calls += other.calls;
        self.starts += other.starts;
        self.execs += other.execs;
        self.made += other.made;
        self.duplicates += other.duplicates;
        self.sweeps += other.sweeps;
        self.orphans += other.orphans;
        self.crashes += other.crashes;
        self.crash_points += other.crash_points;
        self.boots += other.boots;
        self.replayed_records += other.replayed_records;
        self.snapshots += other.snapshots;
        self.converged_in_max = self.converged_in_max.max(other.converged_in_max);
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
        self.trace = self.trace.rotate_left(1) ^ other.trace;
        let nanos = self.workload_nanos + other.workload_nanos;
        self.workload_seconds += other.workload_seconds + nanos / 1_000_000_000;
        self.workload_nanos = nanos % 1_000_000_000;
    }

    /// Writes all of them as one line that begins with what `make torture` looks for.
    ///
    /// What is tried are container-hours, and what is lost is whatever a checker has found.
    pub fn line(&self, seed: u64, lost: bool) -> String {
        let (hours, lost) = (self.container_hours(), u8::from(lost));
        let head = format!(r#"{{"suite":"sim","seed":{seed},"tried":{hours},"lost":{lost},"#);
        self.to_json().to_string().replacen('{', &head, 1)
    }

    fn to_json(&self) -> Value {
        let faults: BTreeMap<&str, u64> =
            self.faults.iter().map(|(fault, count)| (fault.name(), *count)).collect();
        json!({
            "episodes": self.episodes,
            "events": self.events,
            "container_hours": self.container_hours(),
            "faults": self.fault_count(),
            "faults_by_kind": faults,
            "starts": self.starts,
            "execs": self.execs,
            "networks_builds_volumes_pods_pools": self.made,
            "duplicate_starts": self.duplicates,
            "orphans_after_two_sweeps": self.orphans,
            "sweeps": self.sweeps,
            "commands": self.commands,
            "answered": self.answered,
            "records": self.records,
            "calls": self.calls,
            "crashes": self.crashes,
            "boots": self.boots,
            "replayed_records": self.replayed_records,
            "snapshots": self.snapshots,
            "converged_in_seconds_max": self.converged_in_max.as_secs(),
            "trace": format!("{:016x}", self.trace),
        })
    }
}
