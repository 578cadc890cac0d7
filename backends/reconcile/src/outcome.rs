//! What goes on record when a backend has answered.

use backends_core::{EffectError, ProbeOutcome, VolumeWork, WireWork};
use journal_domain::{
    Command, ContainerCommand, Digest, ExecCommand, ImageCommand, NetworkCommand, NetworkId,
    ObserveDelay, ObserveExecResize, ObserveExecStartFailure, ObserveFreeze, ObserveLayersDropped,
    ObserveNetworkMade, ObserveNetworkRemoved, ObserveProbe, ObserveRemoved, ObserveResize,
    ObserveSignal, ObserveStartFailure, ObserveUpdate, ObserveVolumeReady, ObserveVolumeRemoved,
    ObserveWired, VolumeCommand, VolumeName,
};

use projector_containers::State;

use crate::{Step, StepKey};

/// The status of a start that a backend refuses for good: Docker's for any cause but the program.
const REFUSED: i64 = 128;

/// Gives the command that puts on record why what a container shall is not done yet.
///
/// Others have no place for it: clients of execs and volumes wait, and nobody waits for a layer to go.
pub fn delay(state: &State, key: StepKey, reason: String) -> Option<Command> {
    let StepKey::Container(id) = key else { return None };
    let incarnation = state.container(&id)?.incarnation;
    Some(ContainerCommand::from(ObserveDelay { id, incarnation, reason }).into())
}

/// What a backend answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It is done; of a start, its outcome was reported.
    Did,
    /// These layers and configurations are gone.
    Dropped(Vec<Digest>),
    /// A probe told this.
    Probed(ProbeOutcome),
}

/// Gives the command that puts the outcome of `step` on record, if one does; or why the step is tried again.
///
/// The outcome of a start that was done is reported on its own way.
pub fn settle(step: &Step, outcome: Result<Done, EffectError>) -> Result<Option<Command>, String> {
    let error = match &outcome {
        Err(EffectError::Failed(_)) if is_told_at_once(step) => None,
        Err(EffectError::Failed(reason)) => return Err(reason.clone()),
        Err(error @ (EffectError::Gone | EffectError::Unsupported(_))) => Some(error.to_string()),
        Ok(_) => None,
    };
    let command = match step {
        Step::Start(workload) => error.map(|message| {
            let (id, incarnation) = (workload.run.container, workload.run.incarnation);
            let failure = ObserveStartFailure { id, incarnation, exit_code: REFUSED, message };
            ContainerCommand::from(failure).into()
        }),
        Step::StartExec(exec) => error.map(|message| {
            let failure = ObserveExecStartFailure { id: exec.exec, exit_code: REFUSED, message };
            ExecCommand::from(failure).into()
        }),
        Step::Signal { run, number, .. } => {
            let (id, incarnation, number) = (run.container, run.incarnation, *number);
            let error = error.unwrap_or_default();
            Some(ContainerCommand::from(ObserveSignal { id, incarnation, number, error }).into())
        }
        Step::Resize { run, size } => {
            let (id, incarnation, size) = (run.container, run.incarnation, *size);
            let error = error.unwrap_or_default();
            Some(ContainerCommand::from(ObserveResize { id, incarnation, size, error }).into())
        }
        Step::Freeze { run, frozen } => {
            let (id, incarnation, frozen) = (run.container, run.incarnation, *frozen);
            let error = error.unwrap_or_default();
            Some(ContainerCommand::from(ObserveFreeze { id, incarnation, frozen, error }).into())
        }
        Step::Update { run, limits } => {
            let (id, incarnation, limits) = (run.container, run.incarnation, limits.clone());
            // A kernel that refuses a limit will do so again.
            let error = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            Some(ContainerCommand::from(ObserveUpdate { id, incarnation, limits, error }).into())
        }
        Step::Probe { exec, number, .. } => match outcome {
            Ok(Done::Probed(ProbeOutcome { exit_code, output })) => {
                let (id, incarnation) = (exec.run.container, exec.run.incarnation);
                let seen = ObserveProbe { id, incarnation, number: *number, exit_code, output };
                Some(ContainerCommand::from(seen).into())
            }
            // The end of the run is on its way, and the probe with it.
            Ok(_) => return Err("nothing was told".to_owned()),
            Err(error) => return Err(error.to_string()),
        },
        Step::ResizeExec { exec, size, .. } => {
            let error = error.unwrap_or_default();
            let report = ObserveExecResize { id: *exec, size: *size, error };
            Some(ExecCommand::from(report).into())
        }
        Step::Remove(id) => match outcome {
            Ok(_) | Err(EffectError::Gone) => {
                Some(ContainerCommand::from(ObserveRemoved { id: *id }).into())
            }
            Err(error) => return Err(error.to_string()),
        },
        Step::MakeVolume(work) => Some(volume_ready(work, error)?),
        Step::RemoveVolume(name) => Some(volume_removed(name, outcome)?),
        Step::MakeNetwork(network) => Some(network_made(network.id, &outcome)),
        Step::RemoveNetwork(network) => Some(network_removed(network.id, outcome)?),
        Step::Wire(work) => Some(wired(work, &outcome)),
        Step::DropUnreferenced(_) => Some(layers_dropped(outcome)?),
    };
    Ok(command)
}

/// Tells whether a failure is told to whoever asked, instead of being tried again.
const fn is_told_at_once(step: &Step) -> bool {
    matches!(step, Step::Update { .. } | Step::MakeNetwork(_) | Step::Wire(_))
}

fn volume_ready(work: &VolumeWork, error: Option<String>) -> Result<Command, String> {
    if let Some(error) = error {
        return Err(error);
    }
    let copied = work.copies.iter().map(|copy| (copy.container, copy.target.clone())).collect();
    let name = work.volume.name.clone();
    Ok(VolumeCommand::from(ObserveVolumeReady { name, copied }).into())
}

fn volume_removed(
    name: &VolumeName,
    outcome: Result<Done, EffectError>,
) -> Result<Command, String> {
    match outcome {
        Ok(_) | Err(EffectError::Gone) => {
            Ok(VolumeCommand::from(ObserveVolumeRemoved { name: name.clone() }).into())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Whoever asked for a network is told that it cannot be made; it is not tried again behind their back.
fn network_made(id: NetworkId, outcome: &Result<Done, EffectError>) -> Command {
    let error = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
    NetworkCommand::from(ObserveNetworkMade { id, error }).into()
}

fn network_removed(id: NetworkId, outcome: Result<Done, EffectError>) -> Result<Command, String> {
    match outcome {
        Ok(_) | Err(EffectError::Gone) => {
            Ok(NetworkCommand::from(ObserveNetworkRemoved { id }).into())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn wired(work: &WireWork, outcome: &Result<Done, EffectError>) -> Command {
    let error = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
    let endpoints = vec![work.change.endpoint().lease.endpoint];
    let (container, incarnation) = (work.run.container, work.run.incarnation);
    NetworkCommand::from(ObserveWired { container, incarnation, endpoints, error }).into()
}

/// Why layers stay for now: transfers and runs use them. It is tried again, and nothing is wrong.
pub(crate) const STILL_IN_USE: &str = "everything is still in use";

fn layers_dropped(outcome: Result<Done, EffectError>) -> Result<Command, String> {
    match outcome {
        Ok(Done::Dropped(diff_ids)) if !diff_ids.is_empty() => {
            Ok(ImageCommand::from(ObserveLayersDropped { diff_ids }).into())
        }
        Ok(_) => Err(STILL_IN_USE.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
