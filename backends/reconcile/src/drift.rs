//! What is wanted, what was found, and what would be done: the plan for people, which does nothing.

use std::{collections::HashMap, fmt, time::Duration};

use backends_core::{EndpointWork, Found, FoundRun, Observation, WireChange};
use journal_domain::ContainerId;
use projector_containers::{Container, Phase, State};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{Limits, Look, Progress, Sightings, Step, StepKey, Stray, plan, sweep};

/// One object that is wanted or was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// What it is: `container`, `exec` or `images`.
    pub kind: String,
    /// Its whole id; empty for the images.
    pub id: String,
    /// Its name; empty where it has none.
    pub name: String,
    /// What the log wants of it.
    pub wanted: String,
    /// What was found of it.
    pub found: String,
    /// What would be done and put on record, in order; nothing where the two agree.
    pub steps: Vec<String>,
}

/// Compares what the log wants with what was found, and tells what a reconciler would do.
///
/// It is the first look of a reconciler that takes `found` for the whole truth, without waiting whether what is missing,
/// or too much, is so again later. Steps that are under way in a running one are told as if they were still to be begun.
pub fn drift(state: &State, found: &[Found], now: Instant) -> Vec<Drift> {
    let by_container: HashMap<ContainerId, &Found> =
        found.iter().map(|found| (found.container, found)).collect();
    let mut lines: Vec<Drift> = state
        .newest_first()
        .map(|container| {
            let found = by_container.get(&container.id);
            Drift {
                kind: "container".into(),
                id: container.id.to_string(),
                name: container.name.to_string(),
                wanted: wanted(container),
                found: found_text(found.and_then(|found| found.run.as_ref()), found.is_some()),
                steps: Vec::new(),
            }
        })
        .collect();
    let progress = Progress::default();
    let look = Look { before: state, progress: &progress, now, grace: Duration::ZERO };
    let swept = sweep(&look, state, found, &mut Sightings::default());
    for report in swept.reports {
        let (kind, id, step) = reported(&report);
        line(&mut lines, kind, id).steps.push(step);
    }
    let limits = Limits { steps_max: usize::MAX, ..Limits::default() };
    for step in plan(state, &progress, now, &limits) {
        let (kind, id) = match (&step, step.key()) {
            (Step::MakeVolume(work), _) => ("volume", work.volume.name.to_string()),
            (Step::RemoveVolume(name), _) => ("volume", name.to_string()),
            (_, StepKey::Network(id)) => ("network", id.to_string()),
            (_, StepKey::Container(id) | StepKey::Probe(id)) => ("container", id.to_string()),
            (_, StepKey::Exec(id)) => ("exec", id.to_string()),
            (_, StepKey::Images) => ("images", String::new()),
            (_, StepKey::Volume(_)) => ("volume", String::new()),
        };
        let line = line(&mut lines, kind, id);
        // Once what was found is on record, the state wants something else.
        if line.steps.is_empty() {
            line.steps.push(step_text(&step));
        }
    }
    let mut excess = |container: ContainerId, step: String| {
        let line = line(&mut lines, "container", container.to_string());
        if let (true, Some(found)) = (line.found.is_empty(), by_container.get(&container)) {
            line.found = found_text(found.run.as_ref(), true);
        }
        line.steps.push(step);
    };
    for Stray { container, running, is_unknown } in swept.strays {
        if let Some(run) = running {
            excess(container, format!("end run {}, which is over for the log", run.incarnation));
        }
        if is_unknown {
            excess(container, "remove what is left of it".into());
        }
    }
    for run in swept.strangers {
        let number = run.incarnation;
        excess(run.container, format!("leave run {number} alone: it may be another log's"));
    }
    lines
}

/// Finds the line of an object, or adds one of an object that is not a container of the state.
fn line<'l>(lines: &'l mut Vec<Drift>, kind: &str, id: String) -> &'l mut Drift {
    let known = lines.iter().position(|line| line.kind == kind && line.id == id);
    let index = known.unwrap_or_else(|| {
        let wanted = if kind == "container" { "nothing" } else { "" }.to_owned();
        let (kind, name, found) = (kind.to_owned(), String::new(), String::new());
        lines.push(Drift { kind, id, name, wanted, found, steps: Vec::new() });
        lines.len() - 1
    });
    &mut lines[index]
}

fn wanted(container: &Container) -> String {
    let run = container.incarnation;
    match &container.phase {
        Phase::Created(_) | Phase::Exited(_) if container.removing => "gone".into(),
        Phase::Created(_) => "not started".into(),
        Phase::Starting(_) => format!("run {run} to be started"),
        Phase::Running(_) => format!("run {run} running"),
        Phase::Exited(_) => format!("run {run} ended"),
    }
}

fn found_text(run: Option<&FoundRun>, has_traces: bool) -> String {
    match run {
        Some(FoundRun::Running { incarnation, pid, .. }) => {
            format!("run {incarnation} running as process {pid}")
        }
        Some(FoundRun::Ended { incarnation, report }) => match report {
            Observation::Exited { exit_code, .. } => {
                format!("run {incarnation} ended with {exit_code}")
            }
            Observation::StartFailed { .. } => format!("run {incarnation} that could not start"),
            Observation::Lost { .. }
            | Observation::Started { .. }
            | Observation::ExecStarted { .. }
            | Observation::ExecStartFailed { .. }
            | Observation::ExecExited { .. } => format!("run {incarnation} gone without a word"),
        },
        None if has_traces => "files, and no run".into(),
        None => "nothing".into(),
    }
}

fn reported(report: &Observation) -> (&'static str, String, String) {
    let container = |id: ContainerId, text: String| ("container", id.to_string(), text);
    match report {
        Observation::Started { run, pid, .. } => {
            container(run.container, format!("record that it runs as process {pid}"))
        }
        Observation::StartFailed { run, error } => {
            container(run.container, format!("record that it could not start: {}", error.message))
        }
        Observation::Exited { run, exit_code, .. } => {
            container(run.container, format!("record its end with {exit_code}"))
        }
        Observation::Lost { run, reason } => {
            container(run.container, format!("record its loss: {reason}"))
        }
        Observation::ExecStarted { exec, pid } => {
            ("exec", exec.to_string(), format!("record that it runs as process {pid}"))
        }
        Observation::ExecStartFailed { exec, error } => {
            ("exec", exec.to_string(), format!("record that it could not start: {}", error.message))
        }
        Observation::ExecExited { exec, exit_code, .. } => {
            ("exec", exec.to_string(), format!("record its end with {exit_code}"))
        }
    }
}

fn step_text(step: &Step) -> String {
    match step {
        Step::Start(workload) => format!("start run {}", workload.run.incarnation),
        Step::Signal { number, signal, .. } => format!("send signal {signal} (number {number})"),
        Step::Resize { size, .. } | Step::ResizeExec { size, .. } => {
            format!("set the terminal to {} rows and {} columns", size.rows, size.columns)
        }
        Step::Freeze { frozen: true, .. } => "pause it".into(),
        Step::Freeze { frozen: false, .. } => "let it go on".into(),
        Step::Update { .. } => "change its limits".into(),
        Step::Probe { number, .. } => format!("look at its health (number {number})"),
        Step::Remove(_) | Step::RemoveVolume(_) | Step::RemoveNetwork(_) => "remove it".into(),
        Step::MakeNetwork(network) => format!("make it, as interface {}", network.interface),
        Step::Wire(work) => {
            let EndpointWork { network, lease } = work.change.endpoint();
            let (name, interface) = (&network.name, lease.interface());
            match work.change {
                WireChange::Come(_) => format!("give it {interface} in network {name}"),
                WireChange::Go(_) => format!("take {interface} in network {name} from it"),
            }
        }
        Step::MakeVolume(work) => format!("make it, with {} copies", work.copies.len()),
        Step::StartExec(_) => "start it".into(),
        Step::DropUnreferenced(digests) => {
            format!("drop {} layers and configurations that nothing refers to", digests.len())
        }
    }
}

// === impl Drift ===

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = &self.id[..self.id.len().min(journal_log::id::SHORT_DIGITS)];
        let sign = if self.steps.is_empty() { '=' } else { '~' };
        let words = [self.kind.as_str(), &self.name, short];
        let title: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        write!(f, "{sign} {}", title.join(" "))?;
        if self.kind == "container" {
            write!(f, ": wanted {}, found {}", self.wanted, self.found)?;
        }
        writeln!(f)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "    {step}"))
    }
}

#[cfg(test)]
mod tests;
