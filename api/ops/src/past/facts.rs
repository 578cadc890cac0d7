//! What the state knows of one object.

use journal_domain::Image;
use projector_containers::{Container, Exec, ExecPhase, KeptNetwork, Phase, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::{self, Fields};

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A container.
    Container,
    /// A process beside a container's own.
    Exec,
    /// An image.
    Image,
    /// A network.
    Network,
}

/// What the state knows of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// Its whole id.
    pub id: String,
    /// Its name; empty where it has none.
    pub name: String,
    /// What is known of it.
    pub fields: Fields,
}

// === impl Kind ===

impl Kind {
    /// Gives the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Exec => "exec",
            Self::Image => "image",
            Self::Network => "network",
        }
    }
}

// === impl Facts ===

impl Facts {
    /// Tells of a container.
    pub fn of_container(container: &Container) -> Self {
        let mut fields = Fields::new();
        let mut add = |name: &str, value: Value| fields::add(&mut fields, name, value);
        add("name", container.name.to_string().into());
        add("created", container.created.to_string().into());
        add("status", status(&container.phase).into());
        add("run", container.incarnation.into());
        add("removing", container.removing.into());
        add("restart_asked", container.restart.is_some().into());
        add("restarts", container.restarts.count.into());
        if let Some(due) = container.restarts.due {
            add("restart_due", due.to_string().into());
        }
        add("signals_pending", container.pending_signals.len().into());
        if let Some(delay) = &container.delay {
            add("delayed", delay.reason.as_str().into());
        }
        if let Some(address) = container.leases().find_map(|lease| lease.addresses().next()) {
            add("address", address.to_string().into());
        }
        if let Some(running) = container.running() {
            add("pid", running.pid.into());
            add("started", running.started_at.to_string().into());
            add("paused", running.paused.into());
            add("pause_failure", running.freeze_failure.as_deref().into());
        }
        if let Some(deadline) = container.stopping().map(|stopping| stopping.deadline) {
            let never = || "never".to_owned();
            add("killed_at", deadline.map_or_else(never, |at| at.to_string()).into());
        }
        if let Some(report) = &container.last_exit {
            add("exit.run", report.incarnation.into());
            add("exit.finished", report.finished_at.to_string().into());
            add("exit.error", report.error.as_str().into());
            add("exit.oom_killed", report.oom_killed.into());
            // Zero says something here.
            fields.insert("exit.code".into(), report.exit_code.into());
        }
        if let Some(health) = &container.health {
            fields::add(&mut fields, "health.status", health.status);
            fields::add(&mut fields, "health.failing_streak", health.failing_streak);
        }
        if let Some(failure) = container.start_failure() {
            fields::add(&mut fields, "start_failure", failure);
        }
        let ports = container.bound_ports().iter();
        let ports: Vec<String> =
            ports.map(|bound| format!("{}->{}", bound.host, bound.port)).collect();
        fields::add(&mut fields, "ports", ports);
        for endpoint in &container.endpoints {
            let addresses = endpoint.lease.iter().flat_map(|lease| lease.addresses());
            let addresses: Vec<String> = addresses.map(|address| address.to_string()).collect();
            fields::add(&mut fields, &format!("networks.{}", endpoint.network()), addresses);
        }
        fields::add(&mut fields, "spec", &*container.spec);
        fields::add(&mut fields, "options", &container.options);
        Self {
            kind: Kind::Container,
            id: container.id.to_string(),
            name: container.name.to_string(),
            fields,
        }
    }

    /// Tells of an exec.
    pub fn of_exec(exec: &Exec) -> Self {
        let mut fields = Fields::new();
        let (status, more) = match &exec.phase {
            ExecPhase::Created => ("created", None),
            ExecPhase::Starting { .. } => ("starting", None),
            ExecPhase::Running { pid } => ("running", Some(("pid", Value::from(*pid)))),
            ExecPhase::Failed { message, .. } => {
                ("failed", Some(("error", message.as_str().into())))
            }
            ExecPhase::Exited { error, .. } => ("exited", Some(("error", error.as_str().into()))),
        };
        fields::add(&mut fields, "status", status);
        if let Some((name, value)) = more {
            fields::add(&mut fields, name, value);
        }
        if let Some(code) = exec.exit_code() {
            fields.insert("exit_code".into(), code.into());
        }
        if let Some(at) = exec.ended_at() {
            fields::add(&mut fields, "ended", at.to_string());
        }
        fields::add(&mut fields, "container", exec.container.to_string());
        fields::add(&mut fields, "run", exec.incarnation);
        fields::add(&mut fields, "spec", &*exec.spec);
        Self { kind: Kind::Exec, id: exec.id.to_string(), name: String::new(), fields }
    }

    /// Tells of an image.
    pub fn of_image(state: &State, image: &Image) -> Self {
        let mut fields = Fields::new();
        let names = state.images().names(&image.id);
        let names: Vec<&str> = names.iter().map(|name| name.familiar()).collect();
        let name = names.first().copied().unwrap_or_default().to_owned();
        fields::add(&mut fields, "names", names);
        let sources = state.images().sources(&image.id).iter();
        let digests: Vec<&str> = sources.map(|source| source.name.familiar()).collect();
        fields::add(&mut fields, "digests", digests);
        fields::add(&mut fields, "created", &image.created);
        fields::add(&mut fields, "platform", format!("{}/{}", image.os, image.architecture));
        fields::add(&mut fields, "size_bytes", image.size_bytes);
        fields::add(&mut fields, "layers", image.layers.len());
        fields::add(&mut fields, "config", &image.config);
        Self { kind: Kind::Image, id: image.id.to_string(), name, fields }
    }

    /// Tells of a network.
    pub fn of_network(kept: &KeptNetwork) -> Self {
        let mut fields = Fields::new();
        let network = &*kept.network;
        fields::add(&mut fields, "driver", network.driver.as_str());
        fields::add(&mut fields, "interface", &network.interface);
        fields::add(&mut fields, "internal", network.internal);
        fields::add(&mut fields, "removing", kept.removing);
        if kept.configured_pools().is_some() {
            fields::add(&mut fields, "configuration_only", true);
        }
        if let Some(from) = kept.configured_from() {
            fields::add(&mut fields, "configuration_from", from);
        }
        for (pool, name) in network.pools.iter().zip(["subnet", "subnet_more"]) {
            fields::add(&mut fields, name, pool.subnet.to_string());
        }
        fields::add(&mut fields, "options", &network.options);
        fields::add(&mut fields, "labels", &network.labels);
        for (address, holder) in kept.addresses.iter() {
            fields::add(&mut fields, &format!("addresses.{address}"), holder.short());
        }
        let (kind, id, name) = (Kind::Network, network.id.to_string(), network.name.clone());
        Self { kind, id, name, fields }
    }

    /// Gives a field's text, empty where there is none.
    pub(super) fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Gives the name, or the beginning of the id where there is none.
    pub(super) fn title(&self) -> String {
        let id = self.id.strip_prefix("sha256:").unwrap_or(&self.id);
        let short = &id[..id.len().min(journal_log::id::SHORT_DIGITS)];
        match self.name.as_str() {
            "" => short.to_owned(),
            name => format!("{name} ({short})"),
        }
    }
}

const fn status(phase: &Phase) -> &'static str {
    match phase {
        Phase::Created(_) => "created",
        Phase::Starting(_) => "starting",
        Phase::Running(_) => "running",
        Phase::Exited(_) => "exited",
    }
}
