//! A run of a container, and the output that outlives it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use backends_logs::{LogWriter, Stream, WriterOptions};
use journal_domain::{BoundPort, ContainerId, Signal, TerminalSize};
use journal_log::Timestamp;
use tokio::sync::watch;

use super::stream::Collected;
use crate::{FoundRun, Observation, RunId, Workload};

/// A run that was started.
#[derive(Debug)]
pub(super) struct FakeRun {
    pub(super) workload: Workload,
    pub(super) size: Option<TerminalSize>,
    pub(super) frozen: bool,
    pub(super) input: Collected,
    /// Its end, once it has ended.
    pub(super) report: Option<Observation>,
    pid: u32,
    started_at: Timestamp,
    running: bool,
    signals: Vec<(u32, Signal)>,
}

/// A container's output.
#[derive(Debug)]
pub(super) struct KeptOutput {
    pub(super) folder: PathBuf,
    pub(super) grown: watch::Sender<u64>,
    writer: LogWriter,
}

// === impl FakeRun ===

impl FakeRun {
    pub(super) fn new(workload: Workload, pid: u32, started_at: Timestamp) -> Self {
        Self {
            size: workload.size,
            frozen: false,
            workload,
            input: Collected::default(),
            report: None,
            pid,
            started_at,
            running: true,
            signals: Vec::new(),
        }
    }

    /// Tells whether it is this run, and runs.
    pub(super) fn is(&self, run: RunId) -> bool {
        self.running && self.workload.run == run
    }

    /// Ends it, if it runs.
    pub(super) fn end(&mut self) -> Option<RunId> {
        std::mem::take(&mut self.running).then_some(self.workload.run)
    }

    /// Notes a signal; false where its number was there before.
    pub(super) fn note_signal(&mut self, number: u32, signal: Signal) -> bool {
        if self.signals.iter().any(|(noted, _)| *noted == number) {
            return false;
        }
        self.signals.push((number, signal));
        true
    }

    pub(super) fn signals(&self) -> Vec<Signal> {
        self.signals.iter().map(|(_, signal)| *signal).collect()
    }

    /// Gives what its start is answered with, the first time and each time after.
    pub(super) fn told(&self) -> Observation {
        let (run, pid, started_at) = (self.workload.run, self.pid, self.started_at);
        match &self.report {
            Some(report) => report.clone(),
            None => Observation::Started { run, pid, started_at, ports: ports(&self.workload) },
        }
    }

    pub(super) fn found(&self) -> FoundRun {
        let incarnation = self.workload.run.incarnation;
        match &self.report {
            Some(report) => FoundRun::Ended { incarnation, report: report.clone() },
            None => FoundRun::Running {
                incarnation,
                pid: self.pid,
                started_at: self.started_at,
                ports: ports(&self.workload),
            },
        }
    }
}

/// Gives every port that is asked for, on one address each; where any will do, it is 32768.
pub(super) fn ports(workload: &Workload) -> Vec<BoundPort> {
    const FREE_PORT: u16 = 32768;
    let publishing = workload.options.as_ref().and_then(|options| options.publishing.as_ref());
    let exposed = &workload.spec.exposed_ports;
    let places = publishing.iter().flat_map(|publishing| publishing.places(exposed));
    let bound = places.map(|(port, place)| {
        let address = place.address.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let number = if place.first_port == 0 { FREE_PORT } else { place.first_port };
        BoundPort { port, host: SocketAddr::new(address, number) }
    });
    bound.collect()
}

// === impl KeptOutput ===

impl KeptOutput {
    /// Opens the output of a container.
    ///
    /// # Panics
    /// Where its folder cannot be made.
    pub(super) fn open(folder: &Path, container: ContainerId) -> Self {
        let folder = folder.join("logs").join(container.to_string());
        std::fs::create_dir_all(&folder).expect("a test's folder can be written");
        let writer = LogWriter::open(&folder, WriterOptions::default());
        let writer = writer.expect("a test's folder can be written");
        Self { folder, grown: watch::Sender::new(0), writer }
    }

    /// Appends output and tells who follows it.
    pub(super) fn append(&mut self, stream: Stream, at: Timestamp, bytes: &[u8]) {
        self.writer.append(stream, at, bytes).expect("a test's folder can be written");
        self.grown.send_modify(|grown| *grown += 1);
    }
}
