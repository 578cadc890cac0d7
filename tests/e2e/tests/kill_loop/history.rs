//! Every acknowledged change with its time and its sequence number, and the check that the numbers tell one order.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::time::Instant;

/// One acknowledged change.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Acknowledged {
    what: String,
    command: &'static str,
    asked: Instant,
    answered: Instant,
    seq: u64,
}

/// All acknowledged changes of all clients.
#[derive(Debug, Default)]
pub(crate) struct History {
    changes: Vec<Acknowledged>,
}

impl History {
    /// Notes a change that was answered just now.
    pub(crate) fn note(&mut self, command: &'static str, what: String, asked: Instant, seq: u64) {
        self.changes.push(Acknowledged { what, command, asked, answered: Instant::now(), seq });
    }

    /// Checks that a change which was answered before another was asked for has the lower number, and that no
    /// number stands twice. Returns how many changes there are.
    pub(crate) fn check(&self) -> Result<usize> {
        let mut by_seq: BTreeMap<u64, &Acknowledged> = BTreeMap::new();
        let mut by_answer: Vec<&Acknowledged> = self.changes.iter().collect();
        let mut by_question = by_answer.clone();
        by_answer.sort_by_key(|change| change.answered);
        by_question.sort_by_key(|change| change.asked);
        let mut answered = by_answer.into_iter().peekable();
        let mut floor: Option<&Acknowledged> = None;
        for change in by_question {
            while let Some(before) = answered.next_if(|before| before.answered < change.asked) {
                if floor.is_none_or(|floor| floor.seq < before.seq) {
                    floor = Some(before);
                }
            }
            if let Some(floor) = floor {
                ensure!(floor.seq < change.seq, "{change:?} was asked for after {floor:?}");
            }
            if let Some(other) = by_seq.insert(change.seq, change) {
                anyhow::bail!("{change:?} and {other:?} have one number");
            }
        }
        Ok(self.changes.len())
    }

    /// Checks that each change is in the log under its number. `log` is the output of `journal ls --json`.
    pub(crate) fn check_against_log(&self, log: &str) -> Result<()> {
        let mut commands = BTreeMap::new();
        for line in log.lines() {
            let record: Value = serde_json::from_str(line).context("a line of the log")?;
            let seq = record["seq"].as_u64().context("seq")?;
            commands.insert(seq, record["command"].as_str().unwrap_or_default().to_owned());
        }
        for change in &self.changes {
            let found = commands.get(&change.seq).map_or("nothing", String::as_str);
            ensure!(found == change.command, "record {} is {found}, not {change:?}", change.seq);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A history of changes given as (asked, answered, number).
    fn history(changes: &[(u64, u64, u64)]) -> History {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let changes = changes.iter().map(|&(asked, answered, seq)| Acknowledged {
            what: String::new(),
            command: "container.create",
            asked: at(asked),
            answered: at(answered),
            seq,
        });
        History { changes: changes.collect() }
    }

    #[test]
    fn overlapping_changes_may_have_any_order() {
        assert_eq!(history(&[(0, 10, 2), (5, 12, 1), (20, 21, 3)]).check().unwrap(), 3);
    }

    #[test]
    fn a_later_change_with_a_lower_number_is_found_out() {
        assert!(history(&[(0, 10, 2), (11, 12, 1)]).check().is_err());
    }

    #[test]
    fn a_number_that_stands_twice_is_found_out() {
        assert!(history(&[(0, 10, 2), (5, 12, 2)]).check().is_err());
    }

    #[test]
    fn a_change_that_is_not_in_the_log_is_found_out() {
        let log = "{\"seq\":1,\"command\":\"container.create\"}\n{\"seq\":2,\"command\":\"container.start\"}\n";
        assert!(history(&[(0, 1, 1)]).check_against_log(log).is_ok());
        assert!(history(&[(0, 1, 2)]).check_against_log(log).is_err());
        assert!(history(&[(0, 1, 3)]).check_against_log(log).is_err());
    }
}
