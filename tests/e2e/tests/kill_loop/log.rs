//! The log as the server gives it, folded by a model of a few lines, and every answer compared with it.
//!
//! Each acknowledged change is there once, under its number and its request; each that was cut off once at most;
//! nothing is there that nobody asked for. What was made, and what was seen at a point, is what the fold says.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::history::{CALL, Change, History, Look};

/// A record of a command.
#[derive(Debug)]
struct Entry {
    command: String,
    request: String,
    call: String,
    /// Whatever its events are about.
    ids: Vec<String>,
}

/// What the fold says of a container from one record on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    name: String,
    run: Run,
    /// The last of its runs that was started, and that was asked for: not every wish comes to a start.
    started: u64,
    asked: u64,
    /// A wish is there that an answer may or may not show: to start, to stop, to go.
    is_wished: bool,
    /// The last of these, which nothing settles but the end.
    is_going: bool,
    is_gone: bool,
}

/// How a container's program stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Run {
    #[default]
    Never,
    Runs(u64),
    Ended(i64),
}

/// The log, folded.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: BTreeMap<u64, Entry>,
    calls: HashMap<String, Vec<u64>>,
    containers: HashMap<String, Vec<(u64, State)>>,
    starts: u64,
}

impl Log {
    /// Folds the output of `journal ls --json`.
    pub(crate) fn fold(text: &str) -> Result<Self> {
        let mut log = Self::default();
        for (line, wanted) in text.lines().zip(1_u64..) {
            let record: Value = serde_json::from_str(line).context("a line of the log")?;
            let seq = record["seq"].as_u64().context("seq")?;
            ensure!(seq == wanted, "record {seq} stands where {wanted} should");
            for event in record["events"].as_array().into_iter().flatten() {
                log.apply(seq, event).with_context(|| format!("record {seq}: {event}"))?;
            }
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let call = word(&record["actor"]["agent"]);
            if call.starts_with(CALL) {
                log.calls.entry(call.clone()).or_default().push(seq);
            }
            let events = record["events"].as_array().into_iter().flatten();
            let ids = events.filter_map(|event| event["id"].as_str().map(str::to_owned)).collect();
            let (command, request) = (word(&record["command"]), word(&record["request"]));
            log.entries.insert(seq, Entry { command, request, call, ids });
        }
        Ok(log)
    }

    /// How often a program was started, in all.
    pub(crate) fn starts(&self) -> u64 {
        self.starts
    }

    fn apply(&mut self, seq: u64, event: &Value) -> Result<()> {
        let Some(what) = event["event"].as_str().and_then(|name| name.strip_prefix("container."))
        else {
            return Ok(());
        };
        let id = event["id"].as_str().context("id")?.to_owned();
        let states = self.containers.entry(id).or_default();
        let mut state = states.last().map(|(_, state)| state.clone()).unwrap_or_default();
        state.asked = state.asked.max(event["incarnation"].as_u64().unwrap_or(0));
        match what {
            "created" | "renamed" => {
                event["name"].as_str().context("name")?.clone_into(&mut state.name);
            }
            "start_requested" | "stop_requested" | "signal_requested" => state.is_wished = true,
            "removal_requested" => (state.is_wished, state.is_going) = (true, true),
            "started" => {
                let run = event["incarnation"].as_u64().context("incarnation")?;
                ensure!(run > state.started, "run {run} follows run {}", state.started);
                state.started = run;
                self.starts += 1;
                state.run = Run::Runs(event["pid"].as_u64().context("pid")?);
                state.is_wished = state.is_going;
            }
            "exited" => {
                state.run = Run::Ended(event["exit_code"].as_i64().context("exit_code")?);
                state.is_wished = state.is_going;
            }
            "removed" => state.is_gone = true,
            _ => {}
        }
        states.push((seq, state));
        Ok(())
    }

    /// What a container was when the log ended with `seq`.
    fn at(&self, id: &str, seq: u64) -> Option<&State> {
        let states = self.containers.get(id)?;
        let after = states.partition_point(|(at, _)| *at <= seq);
        states[..after].last().map(|(_, state)| state).filter(|state| !state.is_gone)
    }

    /// Compares every answer with the log.
    pub(crate) fn check(&self, history: &History) -> Result<()> {
        history.changes.iter().try_for_each(|change| self.check_change(change))?;
        history.looks.iter().try_for_each(|look| self.check_look(look))?;
        for begun in &history.begun {
            let last = self.containers.get(&begun.id).and_then(|states| states.last());
            let asked = last.map_or(0, |(_, state)| state.asked);
            ensure!(begun.times <= asked, "{begun:?}, and {asked} runs were asked for");
        }
        for (call, seqs) in &self.calls {
            let number = call.strip_prefix(CALL).and_then(|number| number.parse::<usize>().ok());
            let is_known = number.is_some_and(|number| number < history.changes.len());
            ensure!(is_known, "{call} at {seqs:?} was asked for by nobody");
        }
        Ok(())
    }

    fn check_change(&self, change: &Change) -> Result<()> {
        let seqs = self.calls.get(&change.call).map_or(&[][..], Vec::as_slice);
        let Some(answer) = &change.answer else {
            ensure!(seqs.len() <= 1, "{change:?} was cut off and is there at {seqs:?}");
            return Ok(());
        };
        ensure!(seqs == [answer.seq], "{change:?} is there at {seqs:?}");
        let entry = &self.entries[&answer.seq];
        let fits = entry.command == change.command && entry.request == answer.request;
        ensure!(fits && entry.call == change.call, "{change:?} is there as {entry:?}");
        if let Some(made) = &answer.made {
            ensure!(entry.ids.contains(made), "{change:?} is about {:?}", entry.ids);
        }
        Ok(())
    }

    fn check_look(&self, look: &Look) -> Result<()> {
        let Some(state) = self.at(&look.id, look.as_of) else {
            bail!("{look:?} shows what is not there");
        };
        ensure!(state.name == look.name, "{look:?} shows another name than {state:?}");
        if state.is_wished {
            return Ok(());
        }
        let fits = match state.run {
            Run::Never => look.status == "created",
            Run::Runs(pid) => look.status == "running" && look.pid == pid,
            Run::Ended(code) => look.status == "exited" && look.exit_code == code,
        };
        ensure!(fits, "{look:?} shows something else than {state:?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests;
