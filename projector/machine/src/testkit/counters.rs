//! A small machine: named counters with a limit, timers that add to them, and ways to break it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journal_log::{DecodeError, EncodeError, Payload, Release, Tagged, Timestamp, Wire, codec};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Machine, Since, Source, Stamp, StateHasher};

/// The most that a counter holds; more is refused.
const COUNT_MAX: u64 = 1_000_000_000;

const COMMAND_KIND: u16 = 0x7f01;
const EVENT_KIND: u16 = 0x7f02;

/// The machine of counters.
#[derive(Debug, Clone, Copy)]
pub struct Counters;

/// What counters can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CounterCommand {
    /// Adds to a counter, which comes to be by it. Adding nothing is refused, and so is too much.
    Add {
        /// The counter.
        name: String,
        /// How much.
        by: u64,
    },
    /// Reports the value that a counter is seen to have outside.
    Observe {
        /// The counter.
        name: String,
        /// Its value.
        value: u64,
    },
    /// Sets a timer that adds one when it is due.
    Arm {
        /// The counter.
        name: String,
        /// When.
        at: Timestamp,
        /// Whether the timer's command will be refused, so that it comes up again and again.
        is_jammed: bool,
    },
    /// What a timer that is due asks.
    Ring {
        /// The timer.
        timer: CounterTimer,
    },
    /// Panics while it is decided.
    BreakDecide,
    /// Panics when its event is applied, after two other events were.
    BreakApply,
    /// Makes one event of that many bytes.
    Swell {
        /// Bytes of the event.
        size_bytes: u32,
    },
    /// Sets a counter to zero, which only [`Counters::LATER`] and newer releases know.
    Reset {
        /// The counter.
        name: String,
    },
}

/// What has happened to counters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CounterEvent {
    /// A counter grew.
    Added {
        /// The counter.
        name: String,
        /// How much.
        by: u64,
    },
    /// A counter was found to have a value.
    Observed {
        /// The counter.
        name: String,
        /// Its value.
        value: u64,
    },
    /// A timer was set.
    Armed {
        /// The timer.
        timer: CounterTimer,
    },
    /// A timer rang, which added one.
    Rung {
        /// The timer.
        timer: CounterTimer,
    },
    /// Panics where it is applied.
    Broken,
    /// Was large.
    Swollen {
        /// Bytes without a meaning.
        filling: Vec<u8>,
    },
    /// A counter went back to zero. Only [`Counters::LATER`] and newer releases read it.
    WasReset {
        /// The counter.
        name: String,
    },
}

/// Why a counter stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CounterRefusal {
    /// Nothing was to be added.
    #[error("nothing to add")]
    Nothing,
    /// The counter would be too large.
    #[error("a counter holds at most {COUNT_MAX}")]
    Full,
    /// The timer does not ring.
    #[error("the timer is jammed")]
    Jammed,
}

/// A timer of the machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CounterTimer {
    /// When it is due.
    pub at: Timestamp,
    /// The counter that it adds to.
    pub name: String,
    /// Whether its command is refused.
    pub is_jammed: bool,
}

/// The counters and the timers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterState {
    counts: Arc<BTreeMap<String, Count>>,
    timers: Arc<BTreeSet<CounterTimer>>,
    swollen: Swollen,
}

/// Bytes without a meaning that came in. The first schema did not count them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Swollen {
    #[serde(with = "Since::<2>")]
    size_bytes: u64,
}

/// One counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How much it holds.
    pub value: u64,
    /// The record that changed it last.
    pub changed: Stamp,
}

impl CounterState {
    /// Returns what the counter `name` holds; zero where there is no such counter.
    pub fn value(&self, name: &str) -> u64 {
        self.counts.get(name).map_or(0, |count| count.value)
    }

    /// Returns the counters in the order of their names.
    pub fn counts(&self) -> impl Iterator<Item = (&str, &Count)> {
        self.counts.iter().map(|(name, count)| (name.as_str(), count))
    }

    fn set(&mut self, name: &str, value: u64, changed: Stamp) {
        Arc::make_mut(&mut self.counts).insert(name.to_owned(), Count { value, changed });
    }
}

impl Counters {
    /// The release that brought the newest of the events.
    pub const LATER: Release = Release::new(1, 2, 0);
}

impl Machine for Counters {
    type Command = CounterCommand;
    type Event = CounterEvent;
    type Key = String;
    type Refusal = CounterRefusal;
    type State = CounterState;

    const SCHEMA: u32 = 2;
    const SCHEMA_OLDEST: u32 = 1;

    fn decide(
        state: &CounterState,
        command: &CounterCommand,
        _now: Timestamp,
    ) -> Result<Vec<CounterEvent>, CounterRefusal> {
        match command {
            CounterCommand::Add { by: 0, .. } => Err(CounterRefusal::Nothing),
            CounterCommand::Add { name, by } if *by > COUNT_MAX - state.value(name) => {
                Err(CounterRefusal::Full)
            }
            CounterCommand::Add { name, by } => {
                Ok(vec![CounterEvent::Added { name: name.clone(), by: *by }])
            }
            CounterCommand::Observe { value, .. } if *value > COUNT_MAX => {
                Err(CounterRefusal::Full)
            }
            CounterCommand::Observe { name, value } => {
                Ok(vec![CounterEvent::Observed { name: name.clone(), value: *value }])
            }
            CounterCommand::Arm { name, at, is_jammed } => {
                let timer = CounterTimer { at: *at, name: name.clone(), is_jammed: *is_jammed };
                Ok(vec![CounterEvent::Armed { timer }])
            }
            CounterCommand::Ring { timer } if timer.is_jammed => Err(CounterRefusal::Jammed),
            CounterCommand::Ring { timer } => Ok(vec![CounterEvent::Rung { timer: timer.clone() }]),
            CounterCommand::BreakDecide => panic!("decide is made to break"),
            CounterCommand::BreakApply => {
                let added = CounterEvent::Added { name: "broken".to_owned(), by: 1 };
                Ok(vec![added.clone(), added, CounterEvent::Broken])
            }
            CounterCommand::Swell { size_bytes } => {
                Ok(vec![CounterEvent::Swollen { filling: vec![7; *size_bytes as usize] }])
            }
            CounterCommand::Reset { name } => {
                Ok(vec![CounterEvent::WasReset { name: name.clone() }])
            }
        }
    }

    fn apply(state: &mut CounterState, event: &CounterEvent, stamp: Stamp) {
        match event {
            CounterEvent::Added { name, by } => {
                state.set(name, state.value(name).saturating_add(*by), stamp);
            }
            CounterEvent::Observed { name, value } => state.set(name, *value, stamp),
            CounterEvent::Armed { timer } => {
                Arc::make_mut(&mut state.timers).insert(timer.clone());
            }
            CounterEvent::Rung { timer } => {
                Arc::make_mut(&mut state.timers).remove(timer);
                state.set(&timer.name, state.value(&timer.name).saturating_add(1), stamp);
            }
            CounterEvent::Broken => panic!("apply is made to break"),
            CounterEvent::Swollen { filling } => state.swollen.size_bytes += filling.len() as u64,
            CounterEvent::WasReset { name } => state.set(name, 0, stamp),
        }
    }

    fn keys(event: &CounterEvent, out: &mut Vec<String>) {
        match event {
            CounterEvent::Added { name, .. }
            | CounterEvent::Observed { name, .. }
            | CounterEvent::WasReset { name } => {
                out.push(name.clone());
            }
            CounterEvent::Rung { timer } => out.push(timer.name.clone()),
            CounterEvent::Armed { .. } | CounterEvent::Broken | CounterEvent::Swollen { .. } => {}
        }
    }

    fn next_timer(state: &CounterState) -> Option<(Timestamp, CounterCommand)> {
        let timer = state.timers.first()?;
        Some((timer.at, CounterCommand::Ring { timer: timer.clone() }))
    }

    fn source(command: &CounterCommand) -> Source {
        match command {
            CounterCommand::Observe { .. } => Source::Observation,
            CounterCommand::Ring { .. } => Source::Timer,
            CounterCommand::Add { .. }
            | CounterCommand::Arm { .. }
            | CounterCommand::BreakDecide
            | CounterCommand::BreakApply
            | CounterCommand::Swell { .. }
            | CounterCommand::Reset { .. } => Source::Client,
        }
    }

    fn refusal_code(refusal: &CounterRefusal) -> u16 {
        match refusal {
            CounterRefusal::Nothing => 1,
            CounterRefusal::Full => 2,
            CounterRefusal::Jammed => 3,
        }
    }

    fn state_hash(state: &CounterState) -> [u8; 32] {
        let mut hasher = StateHasher::new();
        let parts = [
            hasher.ordered("counts", state.counts.iter()),
            hasher.ordered("timers", state.timers.iter()),
            hasher.value("swollen", &state.swollen),
        ];
        parts.into_iter().collect::<Result<(), _>>().expect("names are short");
        hasher.finish()
    }
}

impl Wire for CounterCommand {
    fn to_tagged(&self) -> Result<Tagged, EncodeError> {
        tag(COMMAND_KIND, self)
    }

    fn from_payload(payload: Payload<'_>) -> Result<Self, DecodeError> {
        untag(COMMAND_KIND, payload)
    }
}

impl Wire for CounterEvent {
    fn to_tagged(&self) -> Result<Tagged, EncodeError> {
        tag(EVENT_KIND, self)
    }

    fn since(&self) -> Release {
        match self {
            Self::WasReset { .. } => Counters::LATER,
            Self::Added { .. }
            | Self::Observed { .. }
            | Self::Armed { .. }
            | Self::Rung { .. }
            | Self::Broken
            | Self::Swollen { .. } => Release::FIRST,
        }
    }

    fn from_payload(payload: Payload<'_>) -> Result<Self, DecodeError> {
        untag(EVENT_KIND, payload)
    }
}

fn tag<T: Serialize>(kind: u16, value: &T) -> Result<Tagged, EncodeError> {
    Ok(Tagged { kind, version: 1, bytes: codec::encode(value)? })
}

fn untag<T: DeserializeOwned>(kind: u16, payload: Payload<'_>) -> Result<T, DecodeError> {
    if (payload.kind, payload.version) != (kind, 1) {
        return Err(DecodeError::UnknownKind { kind: payload.kind, version: payload.version });
    }
    codec::decode(payload.bytes)
}
