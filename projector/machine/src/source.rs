//! Where commands come from.

use journal_log::RecordKind;

/// Who is behind a command: it tells the kind of the record, and the lane to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A client asked.
    Client,
    /// The outside world is seen to be so.
    Observation,
    /// A timer of the state was due.
    Timer,
    /// The server itself asks, as at its start.
    System,
}

impl Source {
    /// Returns the kind of the record that such a command is journaled in.
    pub const fn record_kind(self) -> RecordKind {
        match self {
            Self::Client | Self::System => RecordKind::Command,
            Self::Observation => RecordKind::Observation,
            Self::Timer => RecordKind::Timer,
        }
    }
}
