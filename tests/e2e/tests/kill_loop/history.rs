//! Every call of every client, with its times and its answer, and the check that the answers tell one order.
//!
//! A call has a name that no other has. It goes along as the user agent and is in the record, so that the log tells what
//! became of a call that nobody answered.

use anyhow::{Context as _, Result, ensure};
use tests_conformance::Reply;
use tokio::time::Instant;

/// How the names of calls begin.
pub(crate) const CALL: &str = "kill-loop-";

/// A call that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) call: String,
    pub(crate) command: &'static str,
    pub(crate) asked: Instant,
    /// None where the call was cut off.
    pub(crate) answer: Option<Answer>,
}

/// What a change was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) answered: Instant,
    pub(crate) seq: u64,
    pub(crate) request: String,
    /// The identity of what was made, where the answer has one.
    pub(crate) made: Option<String>,
}

/// What was read of a container, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
    pub(crate) as_of: u64,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) pid: u64,
    pub(crate) exit_code: i64,
}

/// How often a container's program had begun when it was asked for the last time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) id: String,
    pub(crate) times: u64,
}

/// All calls of all clients.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) changes: Vec<Change>,
    pub(crate) looks: Vec<Look>,
    pub(crate) begun: Vec<Begun>,
}

/// A point of the order: when it was asked for and answered, and what it was given.
struct Point<'a> {
    asked: Instant,
    answered: Instant,
    seq: u64,
    /// A change has a number of its own; any number of looks may have the same.
    changes: bool,
    what: &'a str,
}

impl History {
    /// Notes a change that is asked for now; returns its number here and its name.
    pub(crate) fn ask(&mut self, command: &'static str) -> (usize, String) {
        let number = self.changes.len();
        let call = format!("{CALL}{number}");
        let asked = Instant::now();
        self.changes.push(Change { call: call.clone(), command, asked, answer: None });
        (number, call)
    }

    /// Notes what a change was answered just now.
    pub(crate) fn answered(&mut self, number: usize, reply: &Reply) -> Result<()> {
        let seq = reply.header("x-sockerless-seq").parse();
        let seq = seq.with_context(|| format!("no X-Sockerless-Seq: {}", reply.text()))?;
        let request = reply.header("x-request-id").to_owned();
        let made = reply.json().ok().and_then(|body| body["Id"].as_str().map(str::to_owned));
        let answered = Instant::now();
        self.changes[number].answer = Some(Answer { answered, seq, request, made });
        Ok(())
    }

    /// Checks that whatever was answered before something else was asked for has the lower number, and that no
    /// change shares its number. Returns how many changes were acknowledged.
    pub(crate) fn check_order(&self) -> Result<usize> {
        let points = self.points();
        let mut by_answer: Vec<&Point<'_>> = points.iter().collect();
        let mut by_question = by_answer.clone();
        by_answer.sort_by_key(|point| point.answered);
        by_question.sort_by_key(|point| point.asked);
        let mut answered = by_answer.into_iter().peekable();
        let mut floor: Option<&Point<'_>> = None;
        for point in by_question {
            while let Some(before) = answered.next_if(|before| before.answered < point.asked) {
                if floor.is_none_or(|floor| floor.seq < before.seq) {
                    floor = Some(before);
                }
            }
            if let Some(floor) = floor {
                // A change comes after everything that was seen; a look may see the same again.
                let fits = floor.seq < point.seq || (!point.changes && floor.seq == point.seq);
                let (what, seq) = (point.what, point.seq);
                ensure!(
                    fits,
                    "{what} at {seq} was asked for after {} at {}",
                    floor.what,
                    floor.seq
                );
            }
        }
        let mut numbers: Vec<u64> =
            points.iter().filter(|point| point.changes).map(|point| point.seq).collect();
        numbers.sort_unstable();
        for pair in numbers.windows(2) {
            ensure!(pair[0] < pair[1], "two changes have the number {}", pair[0]);
        }
        Ok(numbers.len())
    }

    fn points(&self) -> Vec<Point<'_>> {
        let changes = self.changes.iter().filter_map(|change| {
            let Answer { answered, seq, .. } = change.answer.as_ref()?;
            let (answered, seq, what) = (*answered, *seq, change.call.as_str());
            Some(Point { asked: change.asked, answered, seq, changes: true, what })
        });
        let looks = self.looks.iter().map(|look| {
            let Look { asked, answered, as_of, id, .. } = look;
            Point { asked: *asked, answered: *answered, seq: *as_of, changes: false, what: id }
        });
        changes.chain(looks).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A history of changes, or of looks, given as (asked, answered, number).
    fn history(changes: &[(u64, u64, u64)], looks: &[(u64, u64, u64)]) -> History {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut history = History::default();
        for &(asked, answered, seq) in changes {
            let (number, _) = history.ask("container.create");
            let (request, made, answered) = (String::new(), None, at(answered));
            history.changes[number].asked = at(asked);
            history.changes[number].answer = Some(Answer { answered, seq, request, made });
        }
        for &(asked, answered, as_of) in looks {
            let (asked, answered) = (at(asked), at(answered));
            let [id, name, status] = [(); 3].map(|()| String::new());
            let (pid, exit_code) = (0, 0);
            history.looks.push(Look { asked, answered, as_of, id, name, status, pid, exit_code });
        }
        history
    }

    #[test]
    fn overlapping_changes_may_have_any_order() {
        assert_eq!(history(&[(0, 10, 2), (5, 12, 1), (20, 21, 3)], &[]).check_order().unwrap(), 3);
    }

    #[test]
    fn a_later_change_with_a_lower_number_is_found_out() {
        assert!(history(&[(0, 10, 2), (11, 12, 1)], &[]).check_order().is_err());
    }

    #[test]
    fn a_number_that_stands_twice_is_found_out() {
        assert!(history(&[(0, 10, 2), (5, 12, 2)], &[]).check_order().is_err());
    }

    #[test]
    fn a_look_that_misses_an_acknowledged_change_is_found_out() {
        assert!(history(&[(0, 10, 2)], &[(11, 12, 2), (13, 14, 2)]).check_order().is_ok());
        assert!(history(&[(0, 10, 2)], &[(11, 12, 1)]).check_order().is_err());
        assert!(history(&[(5, 10, 2)], &[(0, 6, 1)]).check_order().is_ok());
    }

    #[test]
    fn a_change_that_is_older_than_what_was_seen_before_it_is_found_out() {
        assert!(history(&[(20, 30, 7)], &[(0, 10, 7)]).check_order().is_err());
        assert!(history(&[(20, 30, 8)], &[(0, 10, 7)]).check_order().is_ok());
    }
}
