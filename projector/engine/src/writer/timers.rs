//! When the earliest timer of the state is due.

use std::time::Duration;

use journal_log::{Actor, RequestId, Tagged, Timestamp, Wire};
use projector_machine::{Machine, Source};

use crate::inbox::Pending;

/// The longest sleep while a timer is set: the host's clock may be set forward meanwhile, or the host suspended.
const SLEEP_MAX: Duration = Duration::from_secs(10);

/// How long a timer is held back whose command has not moved it.
///
/// Such a timer is a fault of the machine; without a pause it would fill the log.
const HOLD: Duration = Duration::from_secs(1);

/// Who stands in the record of a timer.
const TIMER_PRINCIPAL: &str = "timer";

/// Watches the earliest timer.
#[derive(Debug, Default)]
pub(super) struct Timers {
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    timer: Fired,
    until: Timestamp,
}

/// A timer, by what tells it from others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fired {
    at: Timestamp,
    tagged: Tagged,
}

/// A timer that is due.
pub(super) struct Due<C> {
    at: Timestamp,
    command: C,
    tagged: Tagged,
}

impl Timers {
    /// Returns how long there is nothing to ring; `None` where no timer is set.
    pub(super) fn wait<M: Machine>(&self, state: &M::State, now: Timestamp) -> Option<Duration> {
        let (at, command) = M::next_timer(state)?;
        let due = match &self.held {
            Some(held) if held.timer.at == at && held.timer.tagged == tagged(&command) => {
                held.until
            }
            Some(_) | None => at,
        };
        Some(due.saturating_since(now).min(SLEEP_MAX))
    }

    /// Returns the earliest timer where it is due and not held back.
    pub(super) fn due<M: Machine>(
        &self,
        state: &M::State,
        now: Timestamp,
    ) -> Option<Due<M::Command>> {
        let (at, command) = M::next_timer(state).filter(|(at, _)| *at <= now)?;
        let due = Due { at, tagged: tagged(&command), command };
        let is_held =
            self.held.as_ref().is_some_and(|held| held.until > now && held.timer == due.fired());
        (!is_held).then_some(due)
    }

    /// Holds `fired` back where it is still the earliest timer of `state`.
    pub(super) fn hold_if_still_due<M: Machine>(
        &mut self,
        fired: Fired,
        state: &M::State,
        now: Timestamp,
    ) {
        let is_still_due = M::next_timer(state)
            .is_some_and(|(at, command)| at == fired.at && tagged(&command) == fired.tagged);
        self.held = is_still_due.then(|| {
            tracing::error!(at = %fired.at, kind = fired.tagged.kind, "a timer has not moved");
            Held { timer: fired, until: now.saturating_add(HOLD) }
        });
    }
}

impl<C> Due<C> {
    pub(super) fn fired(&self) -> Fired {
        Fired { at: self.at, tagged: self.tagged.clone() }
    }

    pub(super) fn into_pending<M: Machine<Command = C>>(self) -> Pending<M> {
        Pending {
            actor: Actor { principal: TIMER_PRINCIPAL.to_owned(), ..Actor::default() },
            request: RequestId::NONE,
            cause: None,
            source: Source::Timer,
            command: self.command,
            tagged: self.tagged,
            check: None,
            answer: None,
        }
    }
}

/// Puts a timer's command into the shape in which it is journaled.
fn tagged(command: &impl Wire) -> Tagged {
    command.to_tagged().expect("a timer names an object and a number, which fit a record")
}
