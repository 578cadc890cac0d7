//! What changed between two points.

use std::collections::BTreeSet;
use std::fmt;

use projector_containers::{Containers, State};
use projector_engine::World;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Facts, Kind, PointView, fields::shown};

/// What changed between two points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// The point that is compared with.
    pub from: PointView,
    /// The point that is compared.
    pub to: PointView,
    /// The objects that differ: containers, execs, images, networks; of each kind those that are new, gone, changed.
    pub changes: Vec<Change>,
}

/// An object that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// How it differs.
    pub change: ChangeKind,
    /// What is known of it: at the second point, or where it is gone, at the first.
    #[serde(flatten)]
    pub facts: Facts,
    /// The fields that are not the same; none where it is new or gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<FieldChange>,
}

/// How an object differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is there at the second point only.
    Added,
    /// It is there at the first point only.
    Removed,
    /// It is there at both, and not the same.
    Changed,
}

/// A field that is not the same at both points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// Its value at the first point, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// Its value at the second point, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// Compares the state at two points.
pub fn diff(from: &World<Containers>, to: &World<Containers>) -> Diff {
    let (old, new) = (&from.state, &to.state);
    let mut changes = containers(old, new);
    changes.extend(execs(old, new));
    changes.extend(images(old, new));
    changes.extend(networks(old, new));
    // What was collected in the order of creation stays so within its kind.
    changes.sort_by_key(|change| (change.facts.kind, change.change));
    Diff { from: PointView::of(from), to: PointView::of(to), changes }
}

fn networks(old: &State, new: &State) -> Vec<Change> {
    let of =
        |state: &State| state.networks().iter().map(|kept| kept.network.id).collect::<Vec<_>>();
    let ids: BTreeSet<_> = of(old).into_iter().chain(of(new)).collect();
    let facts = |state: &State, id| state.networks().get(id).map(|kept| Facts::of_network(kept));
    ids.iter().filter_map(|id| change(facts(old, id), facts(new, id))).collect()
}

fn containers(old: &State, new: &State) -> Vec<Change> {
    let mut changes = Vec::new();
    for container in new.newest_first() {
        let before = old.container(&container.id);
        if before != Some(container) {
            let before = before.map(|before| Facts::of_container(before));
            changes.extend(change(before, Some(Facts::of_container(container))));
        }
    }
    let gone = old.newest_first().filter(|container| new.container(&container.id).is_none());
    changes.extend(gone.filter_map(|gone| change(Some(Facts::of_container(gone)), None)));
    changes.reverse();
    changes
}

fn execs(old: &State, new: &State) -> Vec<Change> {
    let of = |state: &State| {
        let containers: Vec<_> = state.newest_first().cloned().collect();
        containers.into_iter().rev().flat_map(|container| container.execs.clone())
    };
    let mut seen = BTreeSet::new();
    let both = of(old).chain(of(new)).filter(|id| seen.insert(*id));
    both.filter_map(|id| {
        let (before, after) = (old.exec(&id), new.exec(&id));
        if before == after {
            return None;
        }
        change(before.map(|exec| Facts::of_exec(exec)), after.map(|exec| Facts::of_exec(exec)))
    })
    .collect()
}

fn images(old: &State, new: &State) -> Vec<Change> {
    let mut changes = Vec::new();
    for image in new.images().iter() {
        let before = old.images().get(&image.id).map(|image| Facts::of_image(old, image));
        changes.extend(change(before, Some(Facts::of_image(new, image))));
    }
    let gone = old.images().iter().filter(|image| new.images().get(&image.id).is_none());
    changes.extend(gone.filter_map(|image| change(Some(Facts::of_image(old, image)), None)));
    changes
}

/// Compares what is known of one object; nothing where it is the same.
fn change(old: Option<Facts>, new: Option<Facts>) -> Option<Change> {
    let (change, facts, changed) = match (old, new) {
        (None, None) => return None,
        (None, Some(new)) => (ChangeKind::Added, new, Vec::new()),
        (Some(old), None) => (ChangeKind::Removed, old, Vec::new()),
        (Some(old), Some(new)) => {
            let changed = changed(&old, &new);
            if changed.is_empty() {
                return None;
            }
            (ChangeKind::Changed, new, changed)
        }
    };
    Some(Change { change, facts, changed })
}

fn changed(old: &Facts, new: &Facts) -> Vec<FieldChange> {
    let names: BTreeSet<&String> = old.fields.keys().chain(new.fields.keys()).collect();
    let both = names.into_iter().map(|field| FieldChange {
        field: field.clone(),
        old: old.fields.get(field).cloned(),
        new: new.fields.get(field).cloned(),
    });
    both.filter(|field| field.old != field.new).collect()
}

// === impl Diff ===

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "from {}\nto   {}", self.from, self.to)?;
        if self.changes.is_empty() {
            return writeln!(f, "nothing differs");
        }
        self.changes.iter().try_for_each(|change| write!(f, "{change}"))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.change {
            ChangeKind::Added => '+',
            ChangeKind::Removed => '-',
            ChangeKind::Changed => '~',
        };
        write!(f, "{sign} {} {}", self.facts.kind.as_str(), self.facts.title())?;
        if self.change != ChangeKind::Changed {
            let of = match self.facts.kind {
                Kind::Container => self.facts.text("spec.image").to_owned(),
                Kind::Exec => self.facts.fields.get("spec.cmd").map(shown).unwrap_or_default(),
                Kind::Image => self.facts.text("platform").to_owned(),
                Kind::Network => self.facts.text("subnet").to_owned(),
            };
            let status = self.facts.text("status");
            let blank = if status.is_empty() { "" } else { ", " };
            write!(f, ": {of}{blank}{status}")?;
        }
        writeln!(f)?;
        self.changed.iter().try_for_each(|field| writeln!(f, "    {field}"))
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), shown);
        write!(f, "{}: {} -> {}", self.field, value(&self.old), value(&self.new))
    }
}
