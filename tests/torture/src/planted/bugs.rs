//! The bugs, and the suite that has to catch each.

/// A bug that can be planted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bug {
    /// Its name in the sources.
    pub(super) name: &'static str,
    /// Where it is.
    pub(super) layer: &'static str,
    /// What is wrong.
    pub(super) what: &'static str,
    /// The suite that has to catch it.
    pub(super) place: Place,
    /// Which of its tests are run; all where this is empty.
    pub(super) tests: &'static str,
}

/// A suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Log,
    Rocks,
    RocksUnits,
    Damage,
    Engine,
    Containers,
    Reconcile,
    Images,
    Sim,
}

/// All of them, from the disk upwards.
pub(super) const BUGS: &[Bug] = &[
    // The journal on disk.
    rocks("ack-before-sync", "an append returns before RocksDB's log is synced", "power::"),
    rocks("witness-unsynced", "the witness is written and not synced", "power::"),
    rocks("failed-sync-ignored", "an append that has failed goes on", "calls::"),
    rocks("witness-misses-groups", "one group in some is not written to the witness", "witness::"),
    rocks(
        "witness-overwrites-unflushed",
        "the witness does not wait for the flush of what it overwrites",
        "kill::",
    ),
    rocks(
        "witness-not-asked",
        "an opening does not take back what only the witness has",
        "damage::",
    ),
    rocks(
        "witness-uncompared",
        "an opening does not compare the journal with its witness",
        "witness::",
    ),
    rocks(
        "acked-through-nothing",
        "a frame does not say what was acknowledged before it",
        "read_only:: witness::",
    ),
    Bug {
        place: Place::RocksUnits,
        ..rocks(
            "log-types-unchecked",
            "record types over which RocksDB loops pass the look through its log",
            "wal::",
        )
    },
    Bug {
        place: Place::Damage,
        ..rocks(
            "log-checksums-unchecked",
            "checksums of RocksDB's log are not looked at before it is opened",
            "",
        )
    },
    rocks("no-lock", "a second process may own the journal", "contract::"),
    Bug {
        place: Place::RocksUnits,
        ..rocks(
            "snapshot-bytes-unchecked",
            "a snapshot is loaded without a look at its hash",
            "snapshots::",
        )
    },
    // Records and their chain.
    log("chain-links-elsewhere", "records link to the first one and not to the one before"),
    log("checksum-over-too-little", "checksums cover half of a body"),
    log("checksums-unchecked", "the checksum of a body is not looked at"),
    log("links-unchecked", "a record that links to another passes"),
    log("epochs-unchecked", "an epoch that goes back passes"),
    log("groups-unfinished", "a group without its end passes"),
    // The engine.
    engine("answer-before-append", "answers are given before their records are appended"),
    engine("refusals-unrecorded", "a refusal is told and not recorded"),
    engine("clock-goes-back", "records follow a clock that is set back"),
    engine("timer-fires-twice", "a timer that is due rings twice"),
    engine("replay-applies-twice", "a replay applies each event twice"),
    engine("replay-skips-one", "a replay leaves out the first record after its beginning"),
    engine("snapshot-one-ahead", "a snapshot says it is one record newer than it is"),
    engine("snapshot-hash-unchecked", "a snapshot is taken without a look at its state's hash"),
    engine("snapshot-of-another-log", "a snapshot of another log is taken"),
    // Containers.
    containers("names-not-unique", "two containers may have one name"),
    containers("old-name-kept", "a renamed container keeps its old name as well"),
    containers("address-given-twice", "the lowest address is given to everybody"),
    containers("address-never-freed", "an address is not given back"),
    containers("run-not-counted", "a new run has the number of the last one"),
    containers("exit-of-any-run", "the end of an earlier run ends the present one"),
    containers("exit-code-lost", "the exit code of a run is forgotten"),
    containers("clock-in-apply", "apply reads a clock"),
    containers("streams-left-open", "streams of a server that is gone stay open"),
    // Reconciliation.
    reconcile("start-planned-twice", "a step that is under way is begun again"),
    reconcile("removal-not-planned", "what is to be removed is not"),
    reconcile("wake-up-lost", "a change wakes nobody"),
    reconcile("adoption-forgets-run", "a run that began unseen is not taken over"),
    reconcile("adoption-forgets-exit", "an end that nobody saw is not reported"),
    reconcile("orphan-not-removed", "what is left of an unknown container stays"),
    // What only the whole of it under faults shows.
    sim("transfers-left-open", "containers", "builds of a server that is gone stay open"),
    sim(
        "leaves-while-it-comes",
        "containers",
        "an interface may be told to go while it is on its way in",
    ),
    sim("key-not-kept", "containers", "a key of a client's stands for nothing"),
    sim(
        "start-asks-for-else",
        "reconciliation",
        "another try of a start asks for what the container is by then",
    ),
    sim("missing-is-lost", "reconciliation", "what one list misses is taken for gone"),
    // Images.
    images("layer-dropped-while-leased", "a layer is dropped while a transfer holds it"),
    images("layer-dropped-after-lease", "a layer is dropped that a transfer has just referred to"),
];

const fn rocks(name: &'static str, what: &'static str, tests: &'static str) -> Bug {
    Bug { name, layer: "journal on disk", what, place: Place::Rocks, tests }
}

const fn log(name: &'static str, what: &'static str) -> Bug {
    Bug { name, layer: "records", what, place: Place::Log, tests: "" }
}

const fn engine(name: &'static str, what: &'static str) -> Bug {
    Bug { name, layer: "engine", what, place: Place::Engine, tests: "" }
}

const fn containers(name: &'static str, what: &'static str) -> Bug {
    Bug { name, layer: "containers", what, place: Place::Containers, tests: "" }
}

const fn reconcile(name: &'static str, what: &'static str) -> Bug {
    Bug { name, layer: "reconciliation", what, place: Place::Reconcile, tests: "" }
}

const fn sim(name: &'static str, layer: &'static str, what: &'static str) -> Bug {
    Bug { name, layer, what, place: Place::Sim, tests: "nothing_is_lost" }
}

const fn images(name: &'static str, what: &'static str) -> Bug {
    Bug {
        name,
        layer: "images",
        what,
        place: Place::Images,
        tests: "lease layers content intake store",
    }
}

impl Place {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Log => "journal-log",
            Self::Rocks => "journal-rocks",
            Self::RocksUnits => "journal-rocks-units",
            Self::Damage => "damage",
            Self::Engine => "engine",
            Self::Containers => "containers",
            Self::Reconcile => "reconcile",
            Self::Images => "images",
            Self::Sim => "sim",
        }
    }

    /// Tells whether it writes to a disk.
    pub(super) const fn is_heavy(self) -> bool {
        matches!(self, Self::Rocks | Self::RocksUnits | Self::Damage)
    }

    /// The arguments of cargo that build it: one test program.
    pub(super) const fn cargo(self) -> &'static str {
        match self {
            Self::Log => "test -p journal-log --lib",
            Self::Rocks => "test --release -p journal-rocks --test suite",
            Self::RocksUnits => "test --release -p journal-rocks --lib",
            Self::Damage => "test --release -p tests-damage --test damage",
            Self::Engine => "test -p projector-engine --test suite",
            Self::Containers => "test -p projector-containers --test containers",
            Self::Reconcile => "test -p backends-reconcile --lib",
            Self::Images => "test -p backends-images --lib",
            Self::Sim => "test -p tests-sim --test suite",
        }
    }
}
