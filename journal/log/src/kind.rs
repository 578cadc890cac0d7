//! The frozen registry of record kinds.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $number:literal, $text:literal;)+) => {
        /// What a record is. Numbers are never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u16)]
        #[serde(rename_all = "snake_case")]
        pub enum RecordKind {
            $($(#[$meta])* $name = $number,)+
        }

        impl RecordKind {
            /// Every kind, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Finds the kind with `number`; `None` where this release knows no such kind.
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)+
                    _ => None,
                }
            }

            /// Returns the kind's name as tools print it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

kinds! {
    /// A client's or the system's command, its outcome and its events.
    Command = 1, "command";
    /// An effect that shall be caused outside, with its frozen request.
    Intent = 2, "intent";
    /// What became of an intent.
    EffectResult = 3, "effect_result";
    /// A fact reported from outside.
    Observation = 4, "observation";
    /// A command that a timer of the state fired.
    Timer = 5, "timer";
    /// The journal was opened for writing.
    Epoch = 6, "epoch";
    /// The state's hash at a point.
    StateHash = 7, "state_hash";
    /// A snapshot was written.
    SnapshotRef = 8, "snapshot_ref";
    /// A segment was sealed and signed.
    Seal = 9, "seal";
    /// Records below a point were given up.
    Trim = 10, "trim";
    /// What follows needs a release not older than it names.
    VersionBarrier = 11, "version_barrier";
    /// An operator passed over damaged records.
    Skip = 12, "skip";
    /// An actor was given a number.
    ActorDefined = 13, "actor_defined";
    /// A data key was made or destroyed.
    KeyEvent = 14, "key_event";
    /// Audit-only reads were left out.
    Drop = 15, "drop";
}

impl RecordKind {
    /// Returns the number in the header.
    pub const fn number(self) -> u16 {
        self as u16
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
