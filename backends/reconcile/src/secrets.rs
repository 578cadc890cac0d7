//! Sealed values on their way to a backend.
//!
//! The state has them sealed, and so has a plan. They are opened for one step, and destroyed with their container.

use std::{sync::Arc, time::Duration};

use backends_core::{ExecWorkload, ProbeOutcome, Workload};
use journal_domain::{
    Command, ContainerCommand, ContainerId, ContainerSpec, ExecCommand, ExecSpec, KeyId, Link,
    ObserveExecStartFailure, ObserveProbe, ObserveStartFailure, SealedEnvironment,
};
use journal_keys::{KeyStore, OpenError};
use projector_containers::State;

use crate::Step;

/// The exit status of what could not be started for another cause than its program.
const NOT_STARTED: i64 = 128;

/// The same for an exec.
const EXEC_NOT_STARTED: i64 = 126;

/// A step with what its sealed values are.
pub(crate) enum Prepared {
    /// It can be taken.
    Ready(Step),
    /// A container goes, and these keys with it: one at least.
    Removal(ContainerId, Vec<KeyId>),
    /// Values cannot be opened: this goes on record instead of a start.
    Closed(Command),
}

/// Opens the sealed values of a step.
pub(crate) fn prepare(keys: &KeyStore, state: &State, step: Step) -> Prepared {
    match step {
        Step::Start(workload) => start(keys, state, workload),
        Step::StartExec(workload) => start_exec(keys, state, workload),
        Step::Probe { exec, number, timeout } => probe(keys, state, exec, number, timeout),
        Step::Remove(id) => match state.container(&id) {
            Some(container) if !container.keys.is_empty() => {
                Prepared::Removal(id, container.keys.clone())
            }
            Some(_) | None => Prepared::Ready(step),
        },
        Step::Signal { .. }
        | Step::Resize { .. }
        | Step::Freeze { .. }
        | Step::Update { .. }
        | Step::ResizeExec { .. }
        | Step::DropUnreferenced(_)
        | Step::MakeVolume(_)
        | Step::RemoveVolume(_)
        | Step::MakeNetwork(_)
        | Step::RemoveNetwork(_)
        | Step::Wire(_) => Prepared::Ready(step),
    }
}

fn start(keys: &KeyStore, state: &State, mut workload: Workload) -> Prepared {
    let sealed = workload.options.as_ref().and_then(|all| all.sealed_environment.as_ref());
    let opened = open_spec(keys, &workload.spec, sealed)
        .and_then(|spec| tell_of_links(keys, state, &mut workload.links).map(|()| spec));
    match opened {
        Ok(spec) => {
            workload.spec = spec;
            Prepared::Ready(Step::Start(workload))
        }
        Err(error) => {
            let (id, incarnation) = (workload.run.container, workload.run.incarnation);
            let (exit_code, message) = (NOT_STARTED, error.to_string());
            let failure = ObserveStartFailure { id, incarnation, exit_code, message };
            Prepared::Closed(ContainerCommand::from(failure).into())
        }
    }
}

/// Tells a container of the variables of those that it is linked to, as Docker does.
fn tell_of_links(keys: &KeyStore, state: &State, links: &mut [Link]) -> Result<(), OpenError> {
    for link in links {
        let Some(other) = state.container(&link.container) else { continue };
        let opened = open_spec(keys, &other.spec, other.sealed_environment())?;
        // Those of every image, which say nothing of one.
        let tells = |name: &str| !["HOME", "PATH"].contains(&name);
        let told = opened.env.iter().filter_map(|variable| variable.split_once('='));
        let told = told.filter(|(name, _)| tells(name));
        let told = told.map(|(name, value)| format!("{}_ENV_{name}={value}", link.prefix));
        link.env.extend(told);
    }
    Ok(())
}

fn start_exec(keys: &KeyStore, state: &State, mut workload: ExecWorkload) -> Prepared {
    let container = state.container(&workload.run.container);
    let of_container = container.and_then(|container| container.sealed_environment());
    let of_exec = state.exec(&workload.exec).and_then(|exec| exec.sealed_environment.as_deref());
    let opened = open_spec(keys, &workload.container, of_container)
        .and_then(|container| Ok((container, open_exec(keys, &workload.spec, of_exec)?)));
    match opened {
        Ok((container, spec)) => {
            workload.container = container;
            workload.spec = spec;
            Prepared::Ready(Step::StartExec(workload))
        }
        Err(error) => {
            let (id, message) = (workload.exec, error.to_string());
            let failure = ObserveExecStartFailure { id, exit_code: EXEC_NOT_STARTED, message };
            Prepared::Closed(ExecCommand::from(failure).into())
        }
    }
}

/// A probe has its container's variables. One whose values cannot be opened says so as any other failure does.
fn probe(
    keys: &KeyStore,
    state: &State,
    mut exec: ExecWorkload,
    number: u32,
    timeout: Duration,
) -> Prepared {
    let container = state.container(&exec.run.container);
    let sealed = container.and_then(|container| container.sealed_environment());
    match open_spec(keys, &exec.container, sealed) {
        Ok(opened) => {
            exec.container = opened;
            Prepared::Ready(Step::Probe { exec, number, timeout })
        }
        Err(error) => {
            let (id, incarnation) = (exec.run.container, exec.run.incarnation);
            let (exit_code, output) = (ProbeOutcome::NO_STATUS, error.to_string());
            let seen = ObserveProbe { id, incarnation, number, exit_code, output };
            Prepared::Closed(ContainerCommand::from(seen).into())
        }
    }
}

fn open_spec(
    keys: &KeyStore,
    spec: &Arc<ContainerSpec>,
    sealed: Option<&SealedEnvironment>,
) -> Result<Arc<ContainerSpec>, OpenError> {
    let Some(sealed) = sealed else { return Ok(Arc::clone(spec)) };
    let env = keys.open_environment(&spec.env, sealed)?;
    Ok(Arc::new(ContainerSpec { env, ..ContainerSpec::clone(spec) }))
}

fn open_exec(
    keys: &KeyStore,
    spec: &Arc<ExecSpec>,
    sealed: Option<&SealedEnvironment>,
) -> Result<Arc<ExecSpec>, OpenError> {
    let Some(sealed) = sealed else { return Ok(Arc::clone(spec)) };
    let env = keys.open_environment(&spec.env, sealed)?;
    Ok(Arc::new(ExecSpec { env, ..ExecSpec::clone(spec) }))
}

#[cfg(test)]
mod tests;
