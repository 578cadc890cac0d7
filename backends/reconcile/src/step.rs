//! What is done to a backend.

use std::{sync::Arc, time::Duration};

use backends_core::{ExecWorkload, RunId, VolumeWork, WireWork, Workload};
use journal_domain::{
    ContainerId, Digest, ExecId, Limits, Network, NetworkId, Signal, TerminalSize, VolumeKey,
    VolumeName,
};

/// One effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Start a run.
    Start(Workload),
    /// Send a run's signal.
    Signal {
        /// The run.
        run: RunId,
        /// Which of the container's signals.
        number: u32,
        /// The signal.
        signal: Signal,
    },
    /// Set the size of a run's terminal.
    Resize {
        /// The run.
        run: RunId,
        /// The size.
        size: TerminalSize,
    },
    /// Freeze the processes of a run, or let them go on.
    Freeze {
        /// The run.
        run: RunId,
        /// Whether they shall be frozen.
        frozen: bool,
    },
    /// Remove what is left of a container.
    Remove(ContainerId),
    /// Start an exec.
    StartExec(ExecWorkload),
    /// Change the limits of a run.
    Update {
        /// The run.
        run: RunId,
        /// All of its limits, as they shall be.
        limits: Box<Limits>,
    },
    /// Look at the health of a run.
    Probe {
        /// The program that looks.
        exec: ExecWorkload,
        /// Which of the container's probes.
        number: u32,
        /// How long it may take.
        timeout: Duration,
    },
    /// Set the size of an exec's terminal.
    ResizeExec {
        /// The run.
        run: RunId,
        /// The exec.
        exec: ExecId,
        /// The size.
        size: TerminalSize,
    },
    /// Drop layers and configurations of images that nothing refers to.
    DropUnreferenced(Vec<Digest>),
    /// Make a volume, and fill it.
    MakeVolume(VolumeWork),
    /// Remove a volume.
    RemoveVolume(VolumeName),
    /// Make a network.
    MakeNetwork(Arc<Network>),
    /// Remove a network.
    RemoveNetwork(Arc<Network>),
    /// Give a run interfaces, or take some from it.
    Wire(WireWork),
}

/// What a step is about. There is one step at a time for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKey {
    /// A container.
    Container(ContainerId),
    /// An exec.
    Exec(ExecId),
    /// The probe of a container's health, which goes on beside whatever else is done to it.
    Probe(ContainerId),
    /// The store of images.
    Images,
    /// A volume.
    Volume(VolumeKey),
    /// A network.
    Network(NetworkId),
}

// === impl Step ===

impl Step {
    /// Tells what the step is about.
    pub fn key(&self) -> StepKey {
        match self {
            Self::Start(workload) => StepKey::Container(workload.run.container),
            Self::Signal { run, .. }
            | Self::Resize { run, .. }
            | Self::Freeze { run, .. }
            | Self::Update { run, .. } => StepKey::Container(run.container),
            Self::Wire(work) => StepKey::Container(work.run.container),
            Self::MakeNetwork(network) | Self::RemoveNetwork(network) => {
                StepKey::Network(network.id)
            }
            Self::Remove(container) => StepKey::Container(*container),
            Self::StartExec(workload) => StepKey::Exec(workload.exec),
            Self::Probe { exec, .. } => StepKey::Probe(exec.run.container),
            Self::ResizeExec { exec, .. } => StepKey::Exec(*exec),
            Self::DropUnreferenced(_) => StepKey::Images,
            Self::MakeVolume(work) => StepKey::Volume(work.volume.name.key()),
            Self::RemoveVolume(name) => StepKey::Volume(name.key()),
        }
    }
}
