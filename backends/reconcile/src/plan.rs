//! The pure half: what should be done next.

mod network;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use backends_core::{ExecWorkload, RunId, VolumeCopy, VolumeWork, Workload};
use journal_domain::{ExecId, ExecSpec, MountPoint};
use projector_containers::{
    Container, Exec, ExecPhase, KeptVolume, Peer, Phase, StartRequest, Starting, State,
};
use tokio::time::Instant;

use crate::{Step, StepKey};

/// Bounds of what is done at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Steps under way at once.
    ///
    /// A start costs a process and some mounts, most of them spent waiting for the kernel; 64 keep two cores
    /// busy, and a burst of a thousand starts does not become a thousand processes at once.
    pub steps_max: usize,
    /// The pause after the first failure of a step; it doubles with each further one.
    pub backoff_first: Duration,
    /// The longest pause between two tries.
    pub backoff_max: Duration,
    /// Layers and configurations dropped in one step, so that it ends in good time.
    pub layers_max: usize,
}

/// How long a probe of health may take where nothing is said: Docker's default.
const PROBE_TIMEOUT: Duration = Duration::from_secs(30);

/// What is under way, and what failed lately.
#[derive(Debug, Default)]
pub struct Progress {
    under_way: HashSet<StepKey>,
    failures: HashMap<StepKey, Failure>,
}

#[derive(Debug)]
struct Failure {
    tries: u32,
    not_before: Instant,
    reason: String,
}

/// A step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// How often it has failed in a row.
    pub tries: u32,
    /// Whether it failed for another reason before, or not at all.
    pub is_news: bool,
}

/// The steps that would bring what runs to what should run.
///
/// It is given no hint of what changed, so a change, a retry and a restart take the same path.
pub fn plan(state: &State, progress: &Progress, now: Instant, limits: &Limits) -> Vec<Step> {
    let room = limits.steps_max.saturating_sub(progress.under_way.len());
    let work = state.work();
    let networks = work.networks().map(|kept| network::network_step(kept));
    let volumes = work.volumes().map(|kept| volume_step(state, kept));
    let containers = work.containers().flat_map(|container| {
        [container_step(state, container), probe_step(container)].into_iter().flatten()
    });
    let execs = work.execs().filter_map(|exec| exec_step(state, exec));
    let free = |step: &Step| progress.is_free(step.key(), now);
    let all =
        networks.chain(volumes).chain(containers).chain(execs).chain(image_step(state, limits));
    all.filter(free).take(room).collect()
}

fn volume_step(state: &State, kept: &KeptVolume) -> Step {
    if kept.removing {
        return Step::RemoveVolume(kept.volume.name.clone());
    }
    let copies = kept.copies.iter().filter_map(|(container, target)| {
        let layers = state.container(container)?.spec.layers.clone();
        Some(VolumeCopy { container: *container, target: target.clone(), layers })
    });
    Step::MakeVolume(VolumeWork { volume: kept.volume.clone(), copies: copies.collect() })
}

/// Tells whether every volume of a container is as its image wants it.
fn has_its_volumes(state: &State, container: &Container) -> bool {
    let mut names = container.mount_points().iter().filter_map(MountPoint::volume);
    names.all(|name| {
        let kept = state.volumes().known(name);
        kept.is_none_or(|kept| kept.is_ready_for(&container.id))
    })
}

/// Gives the runs of the containers that a run shares something with.
fn peers(request: &StartRequest) -> BTreeMap<String, RunId> {
    let run = |(text, peer): (&String, &Peer)| {
        let Peer { container, incarnation } = *peer;
        (text.clone(), RunId { container, incarnation })
    };
    request.peers.iter().map(run).collect()
}

fn container_step(state: &State, container: &Container) -> Option<Step> {
    let run = RunId { container: container.id, incarnation: container.incarnation };
    match &container.phase {
        Phase::Starting(_) if !has_its_volumes(state, container) => None,
        Phase::Starting(starting) => Some(Step::Start(workload(state, container, starting))),
        Phase::Running(running) => match container.pending_signals.first() {
            Some(next) => Some(Step::Signal { run, number: next.number, signal: next.signal }),
            None if container.pending_resize => {
                container.size.map(|size| Step::Resize { run, size })
            }
            None if running.freeze.is_some() => {
                running.freeze.map(|frozen| Step::Freeze { run, frozen })
            }
            None => match running.update.clone() {
                Some(limits) => Some(Step::Update { run, limits }),
                None => network::wire_step(state, container),
            },
        },
        Phase::Created(_) | Phase::Exited(_) => (container.removing
            && !journal_log::planted!("removal-not-planned"))
        .then_some(Step::Remove(container.id)),
    }
}

fn workload(state: &State, container: &Container, starting: &Starting) -> Workload {
    let endpoints = network::endpoints(state, container);
    let request = &starting.request;
    Workload {
        run: RunId { container: container.id, incarnation: container.incarnation },
        name: journal_log::planted!(
            "start-asks-for-else",
            request.name.to_string(),
            container.name.to_string()
        ),
        hostname: container.hostname(),
        spec: request.spec.clone(),
        options: request.options.clone(),
        way_out: network::way_out(&endpoints),
        endpoints,
        links: request.links.clone(),
        bridge: request.bridge.clone(),
        peers: peers(request),
        size: request.size,
    }
}

/// Gives the probe that is under way. Its identity is that of the run and its number: one that was begun before a restart
/// of the server is not begun twice.
fn probe_step(container: &Container) -> Option<Step> {
    let (health, check) = (container.health.as_ref()?, container.health_check()?);
    let run = RunId { container: container.id, incarnation: container.incarnation };
    container.running().filter(|_| health.pending.is_some())?;
    let spec = ExecSpec {
        cmd: check.command()?,
        env: Vec::new(),
        working_dir: String::new(),
        user: String::new(),
        privileged: false,
        tty: false,
        attach_stdin: false,
        attach_stdout: true,
        attach_stderr: true,
        detach_keys: None,
        console_size: None,
    };
    let timeout = if check.timeout.is_zero() { PROBE_TIMEOUT } else { check.timeout };
    let exec = ExecWorkload {
        exec: probe_id(run, health.probes),
        run,
        spec: Arc::new(spec),
        container: container.spec.clone(),
        hostname: container.hostname(),
        size: None,
    };
    Some(Step::Probe { exec, number: health.probes, timeout })
}

/// Makes the identity of a probe of a run.
fn probe_id(run: RunId, number: u32) -> ExecId {
    let mut bytes = *run.container.as_bytes();
    let tail: [u8; 8] = ((u64::from(run.incarnation) << 32) | u64::from(number)).to_be_bytes();
    // The container's own bytes are random; those that its execs have are others.
    for (byte, mixed) in bytes.iter_mut().zip(tail) {
        *byte ^= mixed ^ 0xff;
    }
    ExecId::from_bytes(bytes)
}

fn exec_step(state: &State, exec: &Exec) -> Option<Step> {
    let run = RunId { container: exec.container, incarnation: exec.incarnation };
    match exec.phase {
        ExecPhase::Starting { .. } => {
            let container = state.container(&exec.container)?;
            Some(Step::StartExec(ExecWorkload {
                exec: exec.id,
                run,
                spec: exec.spec.clone(),
                container: container.spec.clone(),
                hostname: container.hostname(),
                size: exec.size,
            }))
        }
        ExecPhase::Running { .. } if exec.pending_resize => {
            exec.size.map(|size| Step::ResizeExec { run, exec: exec.id, size })
        }
        ExecPhase::Created
        | ExecPhase::Running { .. }
        | ExecPhase::Failed { .. }
        | ExecPhase::Exited { .. } => None,
    }
}

fn image_step(state: &State, limits: &Limits) -> Option<Step> {
    let digests: Vec<_> = state.work().unreferenced().copied().take(limits.layers_max).collect();
    (!digests.is_empty()).then_some(Step::DropUnreferenced(digests))
}

// === impl Limits ===

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps_max: 64,
            backoff_first: Duration::from_millis(100),
            backoff_max: Duration::from_secs(30),
            layers_max: 64,
        }
    }
}

impl Limits {
    /// Gives how long a step waits after so many failures: doubled each time, and spread over the upper half, so that
    /// what failed together does not come back together.
    fn pause(&self, key: StepKey, tries: u32) -> Duration {
        let doubled = self.backoff_first.saturating_mul(1 << tries.min(16).saturating_sub(1));
        let half = doubled.min(self.backoff_max) / 2;
        half + half * u32::from(spread(key, tries)) / u32::from(u8::MAX)
    }
}

/// Gives a number that differs from step to step and from try to try, and is always the same for one.
fn spread(key: StepKey, tries: u32) -> u8 {
    /// FNV-1a, 32 bits.
    const BASIS: u32 = 0x811c_9dc5;
    const PRIME: u32 = 0x0100_0193;
    let volume;
    let id: &[u8] = match &key {
        StepKey::Container(id) | StepKey::Probe(id) => id.as_bytes(),
        StepKey::Exec(id) => id.as_bytes(),
        StepKey::Network(id) => id.as_bytes(),
        StepKey::Images => &[],
        StepKey::Volume(key) => {
            volume = key.0.to_le_bytes();
            &volume
        }
    };
    let bytes = id.iter().copied().chain(tries.to_le_bytes());
    let hash = bytes.fold(BASIS, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(PRIME));
    (hash >> 24) as u8
}

// === impl Progress ===

impl Progress {
    fn is_free(&self, key: StepKey, now: Instant) -> bool {
        (!self.under_way.contains(&key) || journal_log::planted!("start-planned-twice"))
            && self.failures.get(&key).is_none_or(|failure| failure.not_before <= now)
    }

    /// Notes that a step is under way.
    pub fn begin(&mut self, key: StepKey) {
        self.under_way.insert(key);
    }

    /// Notes that a step is done, and its outcome on record.
    pub fn succeed(&mut self, key: StepKey) {
        self.under_way.remove(&key);
        self.failures.remove(&key);
    }

    /// Notes that a step failed, why, and when it may be tried again.
    pub fn fail(&mut self, key: StepKey, reason: &str, now: Instant, limits: &Limits) -> Failed {
        self.under_way.remove(&key);
        let failure = self.failures.entry(key).or_insert(Failure {
            tries: 0,
            not_before: now,
            reason: String::new(),
        });
        let is_news = failure.tries == 0 || failure.reason != reason;
        failure.reason = reason.to_owned();
        failure.tries += 1;
        failure.not_before = now + limits.pause(key, failure.tries);
        Failed { tries: failure.tries, is_news }
    }

    /// Tells whether a step is under way.
    pub(crate) fn is_under_way(&self, key: StepKey) -> bool {
        self.under_way.contains(&key)
    }

    /// Gives when the next failed step may be tried again, after `now`.
    ///
    /// One that is due and not begun waits for room or for its own end, and either comes by itself.
    pub fn next_try(&self, now: Instant) -> Option<Instant> {
        let waiting = self.failures.iter().filter(|(key, _)| !self.under_way.contains(key));
        waiting.map(|(_, failure)| failure.not_before).filter(|at| *at > now).min()
    }

    /// Forgets failures of what needs nothing any more.
    pub fn forget_settled(&mut self, state: &State) {
        self.failures.retain(|key, _| match key {
            StepKey::Container(id) | StepKey::Probe(id) => {
                state.container(id).is_some_and(|found| found.has_work())
            }
            StepKey::Exec(id) => state.exec(id).is_some_and(|found| found.has_work()),
            StepKey::Images => state.work().unreferenced().next().is_some(),
            StepKey::Network(id) => state.networks().get(id).is_some_and(|kept| kept.has_work()),
            StepKey::Volume(key) => {
                state.work().volumes().any(|kept| kept.volume.name.key() == *key)
            }
        });
    }
}

#[cfg(test)]
mod tests;
