//! What one client knows of its containers: what was acknowledged, and the one call that may have been cut off.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use anyhow::{Result, ensure};

/// Something that a worker and the checker use in turn.
pub(crate) type Shared<T> = Arc<Mutex<T>>;

/// What a program that is stopped ends with: of the first signal, or of the second.
const STOPPED: [i64; 2] = [143, 137];

/// What a client's containers run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// Sleeps for longer than any run.
    Endless,
    /// Ends at once with this code.
    Ends(i64),
}

/// How far a container has come, as far as it was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Created, never started.
    Created,
    /// A start was cut off: it may have happened or not.
    StartUnsure,
    /// Started; where it is endless, with this process as soon as it was seen.
    Started { pid: Option<u64> },
    /// A wait told its exit code.
    Ended,
    /// A stop was cut off: it may have happened or not.
    StopUnsure,
    /// Stopped.
    Stopped,
    /// A removal was cut off: it may have happened or not.
    RemovalUnsure,
}

/// One container as its client knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) phase: Phase,
}

/// A call that was sent and not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pending {
    Create {
        key: String,
        name: String,
        program: Program,
    },
    Start {
        key: String,
    },
    Stop {
        key: String,
    },
    /// It changes nothing that is looked at afterwards.
    Exec,
    Rename {
        key: String,
        to: String,
    },
    Remove {
        key: String,
    },
}

/// What the server says of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) exit_code: i64,
    pub(crate) pid: u64,
}

/// All that one client knows. A container's key is a label that it keeps through every rename.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) number: usize,
    pub(crate) made: u32,
    pub(crate) objects: BTreeMap<String, Object>,
    pub(crate) pending: Option<Pending>,
}

impl Model {
    /// An empty model for the client with this number.
    pub(crate) fn shared(number: usize) -> Shared<Self> {
        Arc::new(Mutex::new(Self { number, ..Self::default() }))
    }

    /// A key and a name that were never used.
    pub(crate) fn fresh(&mut self) -> String {
        self.made += 1;
        format!("w{}-{}", self.number, self.made)
    }

    /// Settles the call that was cut off by what the server says now: it happened whole, or not at all.
    pub(crate) fn settle(&mut self, seen: &BTreeMap<String, Seen>) -> Result<()> {
        let Some(pending) = self.pending.take() else { return Ok(()) };
        match pending {
            Pending::Create { key, name, program } => {
                if let Some(found) = seen.get(&key) {
                    ensure!(found.name == name, "half of a create: {found:?} instead of {name}");
                    let (id, phase) = (found.id.clone(), Phase::Created);
                    self.objects.insert(key, Object { id, name, program, phase });
                }
            }
            Pending::Start { key } => self.set_phase(&key, Phase::StartUnsure),
            Pending::Stop { key } => self.set_phase(&key, Phase::StopUnsure),
            Pending::Exec => {}
            Pending::Remove { key } => self.set_phase(&key, Phase::RemovalUnsure),
            Pending::Rename { key, to } => {
                if let (Some(object), Some(found)) = (self.objects.get_mut(&key), seen.get(&key)) {
                    let one_of = found.name == to || found.name == object.name;
                    ensure!(one_of, "half of a rename of {} to {to}: {found:?}", object.name);
                    object.name.clone_from(&found.name);
                }
            }
        }
        Ok(())
    }

    /// Compares everything that was acknowledged with what the server says.
    pub(crate) fn check(&mut self, seen: &BTreeMap<String, Seen>) -> Result<()> {
        let mut gone = Vec::new();
        for (key, object) in &mut self.objects {
            match seen.get(key) {
                Some(found) => object.check(found)?,
                None => {
                    ensure!(object.phase == Phase::RemovalUnsure, "{object:?} is lost");
                    gone.push(key.clone());
                }
            }
        }
        for key in gone {
            self.objects.remove(&key);
        }
        let prefix = format!("w{}-", self.number);
        for (key, found) in seen.iter().filter(|(key, _)| key.starts_with(&prefix)) {
            ensure!(self.objects.contains_key(key), "{found:?} should not be there");
        }
        Ok(())
    }

    /// Notes how far a container has come.
    pub(crate) fn set_phase(&mut self, key: &str, phase: Phase) {
        if let Some(object) = self.objects.get_mut(key) {
            object.phase = phase;
        }
    }
}

impl Object {
    fn check(&mut self, found: &Seen) -> Result<()> {
        ensure!(found.id == self.id && found.name == self.name, "{found:?} instead of {self:?}");
        let ended = |code| found.status == "exited" && found.exit_code == code;
        let stopped = STOPPED.iter().any(|code| ended(*code));
        // A start that the log holds is carried out after the restart; the server may be at it.
        let on_its_way = ["created", "running", "restarting"].contains(&&*found.status);
        let fits = match (&mut self.phase, self.program) {
            (Phase::Created, _) => found.status == "created",
            // One that was stopped before may still be so.
            (Phase::StartUnsure, Program::Endless) => on_its_way || stopped,
            (Phase::StartUnsure, Program::Ends(code)) => on_its_way || ended(code),
            (Phase::Started { pid }, Program::Endless) => {
                let known = *pid.get_or_insert(found.pid);
                found.status == "running" && found.pid == known
            }
            (Phase::Started { .. }, Program::Ends(code)) => {
                found.status == "running" || ended(code)
            }
            (Phase::Ended, Program::Ends(code)) => ended(code),
            (Phase::Ended, Program::Endless) => false,
            (Phase::StopUnsure, _) => found.status == "running" || stopped,
            (Phase::Stopped, _) => stopped,
            (Phase::RemovalUnsure, _) => true,
        };
        ensure!(fits, "{found:?} does not fit {self:?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(key: &str, name: &str, status: &str, exit_code: i64) -> BTreeMap<String, Seen> {
        let (id, name) = (format!("id-{key}"), name.to_owned());
        [(key.to_owned(), Seen { id, name, status: status.to_owned(), exit_code, pid: 7 })].into()
    }

    fn model(phase: Phase, program: Program) -> Model {
        let object = Object { id: "id-w0-1".into(), name: "a".into(), program, phase };
        Model { objects: [("w0-1".to_owned(), object)].into(), ..Model::default() }
    }

    #[test]
    fn a_lost_container_is_found_out() {
        let mut model = model(Phase::Created, Program::Endless);
        assert!(model.check(&seen("w0-1", "a", "created", 0)).is_ok());
        assert!(model.check(&BTreeMap::new()).unwrap_err().to_string().contains("is lost"));
    }

    #[test]
    fn a_container_that_nobody_made_is_found_out() {
        let mut empty = Model::default();
        assert!(empty.check(&seen("w0-9", "x", "created", 0)).is_err());
        assert!(empty.check(&seen("w1-9", "x", "created", 0)).is_ok());
    }

    #[test]
    fn another_process_or_exit_code_is_found_out() {
        let mut running = model(Phase::Started { pid: Some(6) }, Program::Endless);
        assert!(running.check(&seen("w0-1", "a", "running", 0)).is_err());
        let mut ended = model(Phase::Ended, Program::Ends(3));
        assert!(ended.check(&seen("w0-1", "a", "exited", 4)).is_err());
        assert!(ended.check(&seen("w0-1", "a", "exited", 3)).is_ok());
    }

    #[test]
    fn a_stopped_container_that_runs_is_found_out() {
        let mut stopped = model(Phase::Stopped, Program::Endless);
        assert!(stopped.check(&seen("w0-1", "a", "running", 0)).is_err());
        assert!(stopped.check(&seen("w0-1", "a", "exited", 0)).is_err());
        assert!(stopped.check(&seen("w0-1", "a", "exited", 137)).is_ok());
        stopped.pending = Some(Pending::Stop { key: "w0-1".into() });
        stopped.settle(&BTreeMap::new()).unwrap();
        assert!(stopped.check(&seen("w0-1", "a", "running", 0)).is_ok());
    }

    #[test]
    fn a_cut_off_create_is_whole_or_absent() {
        let create =
            || Pending::Create { key: "w0-1".into(), name: "a".into(), program: Program::Endless };
        let mut model = Model { pending: Some(create()), ..Model::default() };
        model.settle(&BTreeMap::new()).unwrap();
        assert!(model.objects.is_empty());
        model.pending = Some(create());
        model.settle(&seen("w0-1", "a", "created", 0)).unwrap();
        assert_eq!(model.objects.len(), 1);
        model.pending = Some(create());
        assert!(model.settle(&seen("w0-1", "other", "created", 0)).is_err());
    }

    #[test]
    fn a_cut_off_removal_may_have_happened() {
        let mut model = model(Phase::Created, Program::Endless);
        model.pending = Some(Pending::Remove { key: "w0-1".into() });
        model.settle(&BTreeMap::new()).unwrap();
        model.check(&BTreeMap::new()).unwrap();
        assert!(model.objects.is_empty());
    }
}
