//! One measured figure.

use std::cmp::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::subject::Kind;

/// What was measured of one subject.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    /// What was done, as in the table of goals.
    pub(crate) what: &'static str,
    /// Who did it; none for the machine itself.
    pub(crate) subject: Option<Kind>,
    /// The figure itself; none where the subject does not do such a thing.
    pub(crate) value: Option<f64>,
    /// What the subject said instead, where it answered 501.
    pub(crate) refusal: Option<String>,
    /// What the figure counts.
    pub(crate) unit: Unit,
    /// How the single requests were spread, where there were many.
    pub(crate) spread: Option<Spread>,
    /// CPU time of the server for each request.
    pub(crate) cpu: Option<Duration>,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Requests, cycles or records in a second.
    PerSecond,
    /// Milliseconds.
    Milliseconds,
    /// Megabytes of a million bytes in a second.
    MegabytesPerSecond,
    /// Megabytes of 1,048,576 bytes.
    Mebibytes,
    /// Hundredths of a processor.
    PercentOfCore,
}

/// How long single requests took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spread {
    /// Half of them were faster.
    pub(crate) p50: Duration,
    /// All but a hundredth were faster.
    pub(crate) p99: Duration,
}

impl Spread {
    /// The spread of `samples`, which are put in order; none where there are none.
    pub(crate) fn of(samples: &mut [Duration]) -> Option<Self> {
        samples.sort_unstable();
        let at = |percent: usize| {
            samples.get((samples.len() * percent / 100).min(samples.len().saturating_sub(1)))
        };
        Some(Self { p50: *at(50)?, p99: *at(99)? })
    }
}

impl Figure {
    /// Makes a figure without spread and CPU time.
    pub(crate) fn plain(what: &'static str, subject: Kind, value: f64, unit: Unit) -> Self {
        let value = Some(value);
        Self { what, subject: Some(subject), value, refusal: None, unit, spread: None, cpu: None }
    }

    /// A subject that answered 501, with what it said.
    pub(crate) fn unsupported(what: &'static str, subject: Kind, unit: Unit, why: String) -> Self {
        let figure = Self::plain(what, subject, 0.0, unit);
        Self { value: None, refusal: Some(why), ..figure }
    }

    /// The middle one of the figures of each subject and thing done, in the order in which they first came.
    ///
    /// Of an even number it is the lower one. A subject that does not do such a thing has said so each time.
    pub(crate) fn medians(figures: Vec<Self>) -> Vec<Self> {
        let mut groups: Vec<Vec<Self>> = Vec::new();
        for figure in figures {
            let is_same = |group: &&mut Vec<Self>| {
                group.first().is_some_and(|first| {
                    (first.what, first.subject) == (figure.what, figure.subject)
                })
            };
            match groups.iter_mut().find(is_same) {
                Some(group) => group.push(figure),
                None => groups.push(vec![figure]),
            }
        }
        let median = |mut group: Vec<Self>| {
            group.sort_by(|a, b| a.value.partial_cmp(&b.value).unwrap_or(Ordering::Equal));
            group.swap_remove((group.len() - 1) / 2)
        };
        groups.into_iter().map(median).collect()
    }

    /// The figure as JSON.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "what": self.what,
            "subject": self.subject.map(Kind::name),
            "value": self.value,
            "unsupported": self.refusal,
            "unit": self.unit.name(),
            "p50_ms": self.spread.map(|spread| milliseconds(spread.p50)),
            "p99_ms": self.spread.map(|spread| milliseconds(spread.p99)),
            "cpu_us": self.cpu.map(|cpu| milliseconds(cpu) * 1000.0),
        })
    }
}

impl Unit {
    /// How the unit is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::Milliseconds => "ms",
            Self::MegabytesPerSecond => "MB/s",
            Self::Mebibytes => "MiB",
            Self::PercentOfCore => "% of a core",
        }
    }
}

/// A duration in milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests;
